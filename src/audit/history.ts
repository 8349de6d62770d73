import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { ConfigError } from '../config.ts'
import type { Checkpoint } from '../domain/audit/checkpoint.ts'
import { chainKeys, signersOf } from '../domain/audit/keys.ts'
import { mongoChain } from '../mongo/audit.ts'
import { mongoNamed } from '../mongo/named.ts'
import { beginningOf } from '../operations/chain-base.ts'
import type { Said } from '../who/open.ts'
import { at, onOneLine, why } from '../who/words.ts'
import { cellsOf } from './cells.ts'
import { byIndex, byWalk, type HistoryAsked, type Told, type Walked } from './history-of.ts'
import { instantOf } from './instant.ts'
import { onRecord } from './open.ts'
import { whomOf } from './whom.ts'
import { withoutKey } from './without-key.ts'

export const historyUsage = `curfew history <person>   all that the record says of somebody (an e-mail, a Slack id, a part of a name)
  --since, --until INSTANT  of that time alone (2026-01-05T09:00Z)
  --thorough              walk through the whole record, not by the index of who is named where
  --json                  as JSON`

/** Throws `ConfigError` for what cannot be asked; exit code 1 where the record does not bear out all of it. */
export async function history(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  out: Writable = process.stdout,
): Promise<Said> {
  const { person, ...options } = asked(words)
  return onRecord(environment, `history ${person}`, async (connection, keys) => {
    const [chain, named] = [mongoChain(connection), mongoNamed(connection)]
    const whom = await whomOf(connection, named, person)
    const { after: begins, base } = await beginningOf(chain, signersOf(keys))
    const from = { chain, named, keys: chainKeys(keys), begins, whom: whom.keys }
    const found = await written(from, out, options)
    const upTo = await named.upTo()
    const isBehind = !options.isThorough && (await chain.after(upTo, 1)).length > 0
    const isCut = base !== null && (options.since === null || options.since <= new Date(base.at))
    const besides = [...(isBehind ? [behind(upTo)] : []), ...(isCut ? [removedWords(base)] : [])]
    if (options.isJson) return { text: '', exitCode: exitCodeOf(found), errors: besides.join('\n') }
    return { text: [...summary(whom.name, found), ...besides].join('\n'), exitCode: exitCodeOf(found) }
  })
}

interface Options {
  readonly since: Date | null
  readonly until: Date | null
  readonly isThorough: boolean
  readonly isJson: boolean
}

interface Found extends Walked {
  entries: number
  unproven: number
  /** Of so many it cannot be told, as these keys of the record are not there. */
  untold: number
  readonly lacksKeys: Set<string>
}

function asked(words: readonly string[]): Options & { person: string } {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      since: { type: 'string' },
      until: { type: 'string' },
      thorough: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const person = positionals.join(' ').trim()
  const [since, until] = [values.since, values.until].map((text) =>
    text === undefined ? null : instantOf(text),
  )
  const isWrong =
    (values.since !== undefined && since === null) || (values.until !== undefined && until === null)
  if (person === '' || isWrong || since === undefined || until === undefined)
    throw new ConfigError(historyUsage)
  return { person, since, until, isThorough: values.thorough, isJson: values.json }
}

/** As it is read, however much it is. */
async function written(from: HistoryAsked, out: Writable, options: Options): Promise<Found> {
  const found: Found = { entries: 0, unproven: 0, untold: 0, lacksKeys: new Set(), faults: 0, unindexed: 0 }
  const { since, until, isJson } = options
  async function* lines(): AsyncGenerator<string> {
    if (isJson) yield '['
    for await (const told of options.isThorough ? byWalk(from, found) : byIndex(from)) {
      const when = told.link?.at
      // What cannot be read may be of any time.
      if (when !== undefined && ((since && when < since) || (until && when >= until))) continue
      if (told.lacksKey !== null) {
        found.untold++
        found.lacksKeys.add(told.lacksKey)
      } else if (!told.isProven) found.unproven++
      if (isJson) yield `${found.entries === 0 ? '' : ','}\n${JSON.stringify(asJson(told))}`
      else yield `${line(told)}\n`
      found.entries++
    }
    if (isJson) yield '\n]\n'
  }
  await pipeline(Readable.from(lines()), out, { end: false })
  return found
}

function line({ number, link, entry, parts, isProven, lacksKey }: Told): string {
  const mark = isProven ? '' : lacksKey === null ? '  NOT AS RECORDED' : '  CANNOT BE TOLD'
  if (link === null) return `#${number}  nothing that can be read stands there any more${mark}`
  if (entry === null) return `${at(link.at)}  #${number}  what stands there cannot be read${mark}`
  const { what, outcome, by, about, subject, resource, entitlement, reason } = cellsOf(link, entry)
  const words = [
    at(link.at),
    `#${number}`,
    [what.replaceAll('-', ' '), ...(outcome === '' || outcome === 'done' ? [] : [outcome])].join(', '),
    about === '' ? `${resource} ${entitlement}, for ${subject}` : about,
    `by ${by === '' ? 'Curfew' : by}`,
    ...(reason === '' ? [] : [why(reason)]),
    parts.length === 0 ? 'does not name them' : `(${parts.join(', ')})`,
  ]
  return `${words.map(onOneLine).join('  ')}${mark}`
}

const asJson = ({ number, link, entry, parts, isProven }: Told) => ({
  ...(link === null || entry === null ? { number: String(number) } : cellsOf(link, entry)),
  number,
  parts,
  isProven,
})

const exitCodeOf = ({ unproven, untold, faults, unindexed }: Found): number =>
  unproven + untold + faults + unindexed === 0 ? 0 : 1

const behind = (upTo: number): string =>
  `What comes after entry ${upTo} is not in the index yet: ask again in a moment, or --thorough`

const removedWords = ({ number, at: until }: Checkpoint): string =>
  `Entries up to ${number}, of ${at(new Date(until))} and before, were removed, as they were too old.`

function summary(name: string, { entries, unproven, untold, lacksKeys, faults, unindexed }: Found): string[] {
  const lines =
    entries === 0 ? [`Nothing of ${name} stands in the record.`] : ['', `${entries} entries of ${name}.`]
  if (unproven > 0)
    lines.push(`Of ${unproven} the record says something else, or was changed: curfew audit verify`)
  else if (entries > 0 && untold === 0) lines.push('All of it stands in the record as it was written.')
  if (untold > 0) lines.push(withoutKey(untold, [...lacksKeys]))
  if (faults > 0) lines.push(`The record was changed at ${faults} places: curfew audit verify`)
  if (unindexed > 0)
    lines.push(`${unindexed} of these somebody removed from the index of who is named where.`)
  return lines
}
