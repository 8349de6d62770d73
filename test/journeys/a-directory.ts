import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { anIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts'
import { scimAccessTo } from './a-company.ts'
import { aGate, type Gate } from './a-gate.ts'
import { eventually, listenToLog, patient } from './acts.ts'

/** From the write to the door. */
export const atOnce = { withinMs: 5_000 }

/** A gate that the catalog opens to whom a directory names, and that directory. */
export interface Directed {
  readonly stage: Stage
  readonly gate: Gate
  readonly okta: IdentityProvider
  /** Another source, with a token of its own. */
  connects(source: string): Promise<IdentityProvider>
}

export async function aDirectedStage(
  catalog: (cast: Cast) => string,
  { patienceMs }: { patienceMs?: number } = {},
): Promise<Directed> {
  const gate = await aGate()
  const patience = patienceMs === undefined ? {} : { patienceMs }
  const stage = await aStage({ transport: 'http', catalog, env: gate.env, ...patience })
  listenToLog(stage.app.world.log)
  const connects = async (source: string) => anIdentityProvider(await scimAccessTo(stage, source))
  return { stage, gate, okta: await connects('okta'), connects }
}

/** Puts the catalog's rules about people before the rest of it. */
export const withPeople = (text: string, lines: string): string =>
  text.replace('\ndefaults:', `\npeople: { ${lines} }\n\ndefaults:`)

/** Once exactly these hold it: their names, sorted. */
export const heldBy = (gate: Gate, names: string, { withinMs } = patient) =>
  eventually(
    async () => [...gate.holders].sort().join(),
    (now) => now === names,
    withinMs,
  )

/** As the local Slack has them. */
export const whoIs = ({ account }: { account: { name: string; email: string | null } }) => ({
  name: account.name,
  email: account.email ?? '',
})
