import { parseArgs } from 'node:util'
import { table } from '../catalog/table.ts'
import { ConfigError } from '../config.ts'
import { chainKeys, signersOf } from '../domain/audit/keys.ts'
import type { ChainStore, HoldingStore } from '../domain/ports/audit.ts'
import { mongoChain, mongoUnrecorded } from '../mongo/audit.ts'
import { mongoHoldings } from '../mongo/holdings.ts'
import { beginningOf } from '../operations/chain-base.ts'
import type { Said } from '../who/open.ts'
import { instantOf } from './instant.ts'
import { onRecord } from './open.ts'
import { newsOf } from './news-of.ts'
import { isWrong, proven, type Held } from './proven.ts'
import { asJson, at, named, onOneLine, several, why } from '../who/words.ts'
import { withoutKey } from './without-key.ts'

export const whoHeldUsage = `curfew who-held <resource> <entitlement> --at INSTANT   who held it then (2026-01-05T09:00Z), by whose word and why, by the record
  --json                  as JSON`

/** Throws `ConfigError` for what cannot be asked; exit code 1 where the record does not bear out all of it. */
export async function whoHeld(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const { resource, entitlement, instant, isJson } = asked(words)
  const asking = `who-held ${resource} ${entitlement} --at ${instant.toISOString()}`
  return onRecord(environment, asking, async (connection, keys) => {
    const [chain, holdings] = [mongoChain(connection), mongoHoldings(connection)]
    const by = {
      keys: chainKeys(keys),
      signers: signersOf(keys),
      since: instant,
      unnoted: mongoUnrecorded(connection),
    }
    const found = async () => {
      const { those, unreadable } = await holdings.at({ resource, entitlement }, instant)
      return { held: await proven(chain, by, those), unreadable }
    }
    const first = await found()
    // What was just recorded is noted a moment later.
    const { held, unreadable } = first.held.some(isWrong) ? await found() : first
    // Read last: what was not found may have been removed meanwhile.
    const { base } = await beginningOf(chain, by.signers)
    const besides = [
      ...((await isBehind(chain, holdings))
        ? ['What was recorded last is not in the index yet: ask again in a moment.']
        : []),
      ...(unreadable === 0 ? [] : [`Of ${unreadable} more nothing can be read: somebody put them there.`]),
      ...(base === null || instant > new Date(base.at)
        ? []
        : [
            `Who else held it then cannot be told: entries up to ${base.number}, of ${at(new Date(base.at))} and before, were removed, as they were too old.`,
          ]),
    ]
    return {
      text: isJson ? JSON.stringify(held.map(heldAsJson), null, 2) : asText(held, instant, besides),
      errors: isJson ? besides.join('\n') : '',
      exitCode: unreadable === 0 && !held.some(isWrong) ? 0 : 1,
    }
  })
}

/** Whoever records notes at once what was recorded, unless they die between the two. */
const mostUnnoted = 500

async function isBehind(
  chain: Pick<ChainStore, 'end' | 'after'>,
  holdings: Pick<HoldingStore, 'differing'>,
): Promise<boolean> {
  const end = await chain.end().catch(() => null)
  if (end === null) return false
  const last = await chain.after(Math.max(0, end.number - mostUnnoted), mostUnnoted)
  const { otherwise } = await holdings.differing(last.flatMap(newsOf).map(({ one }) => one))
  return otherwise.length > 0
}

function asked(words: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { at: { type: 'string' }, json: { type: 'boolean', default: false } },
  })
  const [resource, entitlement, ...more] = positionals.join(' ').replace('/', ' ').split(' ')
  const instant = instantOf(values.at ?? '')
  if (!resource || !entitlement || more.length > 0 || instant === null || instant > new Date())
    throw new ConfigError(whoHeldUsage)
  return { resource, entitlement, instant, isJson: values.json }
}

function asText(held: readonly Held[], instant: Date, besides: readonly string[]): string {
  if (held.length === 0)
    return besides.length === 0
      ? `Nobody held it at ${at(instant)}, by the record.`
      : ['Nobody is found.', ...besides].join('\n')
  const rows = held.map((one) => [
    named(one.subject),
    onOneLine(one.principal ?? ''),
    at(one.from),
    one.until === null ? 'held still' : at(one.until),
    several([...new Set(one.approvedBy)], 3),
    why(one.reason),
    stateOf(one),
  ])
  const untold = held.filter((one) => isWrong(one) && one.lacksKeys.length > 0)
  const wrong = held.filter(isWrong).length - untold.length
  const older = held.filter(({ isProven, isOfBefore }) => !isProven && isOfBefore).length
  return [
    table(['WHO', 'AS', 'FROM', 'UNTIL', 'BY WHOSE WORD', 'WHY', ''], rows),
    '',
    wrong === 0
      ? `${older + untold.length === 0 ? 'All of it' : 'All else'} stands in the record as it was written.`
      : `Of ${wrong} the record says something else, or was changed: curfew audit verify`,
    ...(untold.length === 0
      ? []
      : [
          withoutKey(
            untold.length,
            untold.flatMap(({ lacksKeys }) => lacksKeys),
          ),
        ]),
    ...(older === 0
      ? []
      : [`Of ${older} it cannot be told: what was recorded then was removed, as it was too old.`]),
    ...besides,
  ].join('\n')
}

function stateOf({ isProven, isOfBefore, lacksKeys }: Held): string {
  if (isProven) return ''
  if (isOfBefore) return 'since before the record begins'
  return lacksKeys.length > 0 ? 'CANNOT BE TOLD' : 'NOT AS RECORDED'
}

const heldAsJson = ({
  subject,
  resource,
  entitlement,
  isProven,
  entries: _e,
  origins: _o,
  ...one
}: Held) => ({
  ...one,
  resource: resource.id,
  entitlement: entitlement.id,
  subject: asJson(subject),
  isProven,
})
