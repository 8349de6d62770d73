import { z } from 'zod'
import { openIdKinds, presets, type Asked, type Required } from './openid-presets.ts'

const word = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be printable ASCII without spaces')
const words = z.array(word).max(20)

const issuer = z
  .string()
  .refine(isIssuer, 'must be https (http only for this very machine), without a query, user or password')
  .refine(
    (text) => !/\/\/login\.microsoftonline\.com\/(common|organizations|consumers)\b/i.test(text),
    'must name the one tenant by its id: in common, organizations and consumers everybody may sign in',
  )

const settings = z.strictObject({
  kind: z.enum(openIdKinds).default('other'),
  /** As the provider itself writes it, to the last slash: it is part of who somebody is. */
  issuer,
  clientId: word,
  /** The text of it: whoever reads the catalog has looked it up. */
  clientSecret: z.string().min(1),
  /** How the client says who it is at the token endpoint. */
  clientAuthentication: z.enum(['post', 'basic']).default('post'),
  /** By what an account there is taken for somebody here, the first time. */
  subject: z.enum(['email', 'externalId']).default('email'),
  /** Whose externalIds: the name of a source of SCIM. Two sources may mean two people by one id. */
  source: word.optional(),
  ask: z
    .strictObject({
      /** Seconds; asked of the provider where a confirmation may be older than that. */
      maxAge: z
        .int()
        .min(1, 'must be 1 second at least: 0 is not heard by some providers')
        .max(86_400)
        .optional(),
      prompt: z.enum(['login', 'select_account']).nullable().optional(),
      acrValues: words.optional(),
      claims: z.record(z.string(), z.unknown()).nullable().optional(),
    })
    .default({}),
  require: z
    .strictObject({ acr: words.optional(), acrs: words.optional(), amr: words.optional() })
    .default({}),
})

const complete = settings.refine(
  ({ subject, source }) => (subject === 'externalId') === (source !== undefined),
  {
    path: ['source'],
    error: 'goes with subject: externalId, and must name the source of SCIM then',
  },
)

/** An identity provider, as the catalog has it. What is written of `ask` and `require` stands instead of its kind's. */
export const openIdSettings = complete.transform(({ ask, require, ...rest }): OpenIdSettings => {
  const preset = presets[rest.kind]
  const required = {
    acr: require.acr ?? preset.require.acr,
    acrs: require.acrs ?? preset.require.acrs,
    amr: require.amr ?? preset.require.amr,
  }
  const claims = ask.claims === undefined ? preset.ask.claims : ask.claims
  return {
    ...rest,
    ask: {
      maxAgeSeconds: ask.maxAge ?? null,
      prompt: ask.prompt === undefined ? preset.ask.prompt : ask.prompt,
      acrValues: ask.acrValues ?? preset.ask.acrValues,
      claims: ask.claims === undefined && required.acrs.length > 0 ? askingFor(required.acrs) : claims,
    },
    require: required,
    authTimeSetting: preset.authTimeSetting,
  }
})

export interface OpenIdSettings extends Omit<z.output<typeof settings>, 'ask' | 'require'> {
  readonly ask: Asked & { readonly maxAgeSeconds: number | null }
  readonly require: Required
  /** Where to switch on that `auth_time` is said. */
  readonly authTimeSetting: string
}

/** Entra ID gives an authentication context only where the `claims` parameter asks for it. */
const askingFor = (acrs: readonly string[]): Asked['claims'] => ({
  id_token: { acrs: { essential: true, values: acrs } },
})

function isIssuer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.username || url.password || url.search || url.hash) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
