import { parseArgs } from 'node:util'
import { table } from '../catalog/table.ts'
import { ConfigError } from '../config.ts'
import { isAsWritten, isLink, type ChainKey } from '../domain/audit/chain.ts'
import type { Holding } from '../domain/audit/holding.ts'
import { chainKeys } from '../domain/audit/keys.ts'
import { isOfGrant, readRecorded, type RecordedOfGrant } from '../domain/audit/recorded.ts'
import type { ChainStore } from '../domain/ports/audit.ts'
import { mongoChain } from '../mongo/audit.ts'
import { mongoHoldings } from '../mongo/holdings.ts'
import type { Said } from '../who/open.ts'
import { instantOf } from './instant.ts'
import { onRecord } from './open.ts'
import { asJson, at, named, onOneLine, several, why } from '../who/words.ts'

export const whoHeldUsage = `curfew who-held <resource> <entitlement> --at INSTANT   who held it then (2026-01-05T09:00Z), by whose word and why, by the record
  --json                  as JSON`

interface Held extends Holding {
  readonly reason: string
  readonly approvedBy: readonly string[]
  /** What the record says of it stands there as it was written. */
  readonly isProven: boolean
}

/** Throws `ConfigError` for what cannot be asked; exit code 1 where the record does not bear out all of it. */
export async function whoHeld(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const { resource, entitlement, instant, isJson } = asked(words)
  const asking = `who-held ${resource} ${entitlement} --at ${instant.toISOString()}`
  return onRecord(environment, asking, async (connection, keys) => {
    const chain = mongoChain(connection)
    const holdings = await mongoHoldings(connection).at({ resource, entitlement }, instant)
    const held: Held[] = []
    for (const one of holdings) held.push(await proven(chain, chainKeys(keys), one))
    return {
      text: isJson ? JSON.stringify(held.map(heldAsJson), null, 2) : asText(held, instant),
      exitCode: held.every(({ isProven }) => isProven) ? 0 : 1,
    }
  })
}

function asked(words: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { at: { type: 'string' }, json: { type: 'boolean', default: false } },
  })
  const [resource, entitlement, ...more] = positionals.join(' ').replace('/', ' ').split(' ')
  const instant = instantOf(values.at ?? '')
  if (!resource || !entitlement || more.length > 0 || instant === null) throw new ConfigError(whoHeldUsage)
  return { resource, entitlement, instant, isJson: values.json }
}

/** What was drawn from the record beside the record itself. */
async function proven(
  chain: Pick<ChainStore, 'ofGrant'>,
  keys: readonly ChainKey[],
  holding: Holding,
): Promise<Held> {
  const links = await chain.ofGrant(holding.grantId)
  const right = links.flatMap(({ link, before }) =>
    isLink(link) && isAsWritten(link, before, keys) === true ? [link] : [],
  )
  // Only what is as it was written is read.
  const entries = right.flatMap((link) => readRecorded(link) ?? []).filter(isOfGrant)
  return {
    ...holding,
    reason: entries[0]?.reason ?? '',
    approvedBy: entries.flatMap(wordOf),
    isProven: entries.length === links.length && isBorneOut(holding, entries),
  }
}

/** All of it follows from entries of the record. */
function isBorneOut(holding: Holding, entries: readonly RecordedOfGrant[]): boolean {
  const given = entries.find(({ happened }) => happened.type === 'given')
  const taken = entries.find(({ happened }) => happened.type === 'taken')
  return (
    given !== undefined &&
    given.happened.at.getTime() === holding.from.getTime() &&
    given.subject.id === holding.subject.id &&
    given.resource.id === holding.resource.id &&
    given.entitlement.id === holding.entitlement.id &&
    given.principal === holding.principal &&
    (taken?.happened.at.getTime() ?? null) === (holding.until?.getTime() ?? null)
  )
}

function wordOf({ happened }: RecordedOfGrant): string[] {
  switch (happened.type) {
    case 'approved':
      return [named(happened.by)]
    case 'approved-by-rule':
      return [`a rule: ${why(happened.because)}`]
    case 'matched-rule':
      return ['the rule of the entitlement']
    case 'broke-glass':
      return ['nobody: glass was broken']
    case 'confirmed':
      return [`${named(happened.by)}, confirmed`]
    default:
      return []
  }
}

function asText(held: readonly Held[], instant: Date): string {
  if (held.length === 0) return `Nobody held it at ${at(instant)}, by the record.`
  const rows = held.map((one) => [
    named(one.subject),
    onOneLine(one.principal ?? ''),
    at(one.from),
    one.until === null ? 'held still' : at(one.until),
    several([...new Set(one.approvedBy)], 3),
    why(one.reason),
    one.isProven ? '' : 'NOT AS RECORDED',
  ])
  const wrong = held.filter(({ isProven }) => !isProven).length
  return [
    table(['WHO', 'AS', 'FROM', 'UNTIL', 'BY WHOSE WORD', 'WHY', ''], rows),
    '',
    wrong === 0
      ? 'All of it stands in the record as it was written.'
      : `Of ${wrong} the record says something else, or was changed: curfew audit verify`,
  ].join('\n')
}

const heldAsJson = ({ subject, resource, entitlement, isProven, ...one }: Held) => ({
  ...one,
  resource: resource.id,
  entitlement: entitlement.id,
  subject: asJson(subject),
  isProven,
})
