import { isSetIn } from '../config.ts'
import { checkProvider } from '../confirming/openid/check-provider.ts'
import { relyingParty } from '../confirming/relying-party.ts'
import type { Catalog } from '../domain/catalog.ts'
import { lacksToConfirm, methodsAskedFor } from '../domain/confirming/asked-for.ts'
import { mongoPasskeys } from '../mongo/confirming/passkeys.ts'
import type { Check } from './check.ts'
import { right, unknown, wrong, type Found } from './finding.ts'
import type { Installation } from './installation.ts'

const area = 'Confirming'

/** Whether what confirming needs is set, where the catalog asks for confirming. */
export const confirmingCheck: Check = {
  area,
  about: 'confirming',
  withinMs: 1_000,
  ask: async (installation) => {
    const catalog = await installation.catalog()
    const methods = methodsAskedFor(catalog)
    if (methods.length === 0) return [right('confirming', 'the catalog asks nobody to confirm who they are')]
    const lacks = lacksToConfirm(catalog, isSetIn(installation.parts))
    if (lacks.length > 0) return lacks.map((lack) => wrong('confirming', lack, setIt))
    return [right('confirming', `all is set for ${methods.join(', ')}`)]
  },
}

const setIt =
  'Set it, and start Curfew anew: curfew keys new prints a key for CURFEW_KEYS; PUBLIC_URL is the https address of PORT.'

/** Whether browsers make passkeys at PUBLIC_URL, and those that were made are of it. */
export const passkeysCheck: Check = {
  area,
  about: 'passkeys',
  withinMs: 10_000,
  ask: async (installation) => {
    const { publicUrl } = installation.parts
    if (!methodsAskedFor(await installation.catalog()).includes('passkey') || publicUrl === null) return []
    const rp = relyingParty(publicUrl)
    if ('unusable' in rp)
      return [
        wrong(
          'passkeys',
          `browsers make none for ${publicUrl} (${rp.unusable})`,
          'Name an https address with a name.',
        ),
      ]
    const others = await mongoPasskeys(await installation.database()).countOfOthers(rp.id)
    if (others === 0) return [right('passkeys', `made for ${rp.id}`)]
    return [
      wrong(
        'passkeys',
        `${others} are of another host than ${rp.id}, and confirm nothing there`,
        'Set PUBLIC_URL to that host again, or have their people add new ones.',
      ),
    ]
  },
}

/** Whether people can sign in to confirm, as far as the identity provider announces it. */
export const providerCheck: Check = {
  area,
  about: 'identity provider',
  withinMs: 20_000,
  ask: async (installation) => {
    const catalog = await installation.catalog()
    return catalog.openId === null ? [] : announced(catalog.openId, installation)
  },
}

async function announced(
  openId: NonNullable<Catalog['openId']>,
  { parts: { proxies } }: Installation,
): Promise<Found[]> {
  const about = 'identity provider'
  const { refusal, lacks } = await checkProvider(openId, { proxies })
  if (refusal?.refused === 'unreachable') return [unknown(about, `does not answer: ${refusal.why}`, reachIt)]
  if (refusal !== null) return [wrong(about, `${refusal.refused}: ${refusal.why}`, reachIt)]
  if (lacks.length === 0) return [right(about, `${openId.issuer} answers, and nothing is missing`)]
  return lacks.map(({ what, remedy }) => wrong(about, what, remedy ?? reachIt))
}

const reachIt = 'Look at confirm.oidc in the catalog, and let Curfew reach the issuer: docs/confirming/.'
