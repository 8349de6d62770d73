/** What is sent to an identity provider, beside what each sign-in has anyway. */
export interface Asked {
  /** `login`: sign in anew, whatever session is there; null: the provider knows no such word. */
  readonly prompt: 'login' | 'select_account' | null
  readonly acrValues: readonly string[]
  /** The `claims` parameter (OpenID Connect Core, 5.5); null: it is not sent. */
  readonly claims: Readonly<Record<string, unknown>> | null
}

/** What must come back in the ID token: of each list that is not empty one value at least. */
export interface Required {
  readonly acr: readonly string[]
  /** Authentication contexts of Entra ID. */
  readonly acrs: readonly string[]
  readonly amr: readonly string[]
}

export interface Preset {
  readonly ask: Asked
  readonly require: Required
  /** Where to switch on that `auth_time` is said. */
  readonly authTimeSetting: string
}

export const openIdKinds = ['okta', 'entra', 'google', 'keycloak', 'authentik', 'other'] as const
export type OpenIdKind = (typeof openIdKinds)[number]

const anew: Asked = { prompt: 'login', acrValues: [], claims: null }
const nothing: Required = { acr: [], acrs: [], amr: [] }

/**
 * Parameters pass through the browser and can be taken out there, and some providers do as they like with them: what is
 * sent asks, what must come back decides. Sources, and which of it was tried: docs/confirming/oidc.md.
 */
export const presets: Readonly<Record<OpenIdKind, Preset>> = {
  okta: {
    ask: { prompt: 'login', acrValues: ['urn:okta:loa:2fa:any'], claims: null },
    // Phishing-resistant factors are more than any two.
    require: { acr: ['urn:okta:loa:2fa:any', 'phr', 'phrh'], acrs: [], amr: [] },
    authTimeSetting: 'none: Okta says auth_time whenever max_age is sent; look whether a proxy strips it',
  },
  entra: {
    ask: anew,
    require: { acr: [], acrs: ['c1'], amr: [] },
    authTimeSetting:
      'App registrations › the app › Token configuration › Add optional claim › ID › auth_time',
  },
  google: {
    // Google refuses prompt=login.
    ask: {
      prompt: 'select_account',
      acrValues: [],
      claims: { id_token: { auth_time: { essential: true } } },
    },
    require: nothing,
    authTimeSetting:
      'Google Auth Platform › Settings › Advanced settings › Session age claims (the app must be verified)',
  },
  keycloak: {
    ask: { prompt: 'login', acrValues: ['2'], claims: null },
    require: { acr: ['2'], acrs: [], amr: [] },
    authTimeSetting:
      'Clients › the client › Client scopes › basic (its mapper auth_time), as a default scope',
  },
  authentik: {
    ask: anew,
    require: { acr: [], acrs: [], amr: ['mfa'] },
    authTimeSetting:
      'none: authentik says auth_time in each ID token; look for a property mapping that overwrites it',
  },
  other: {
    ask: anew,
    require: nothing,
    authTimeSetting: "the client's require_auth_time, or its claims in the ID token: auth_time",
  },
}
