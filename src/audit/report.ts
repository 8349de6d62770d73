import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import type { Connection } from 'mongoose'
import { ConfigError } from '../config.ts'
import { chainKeys, signersOf } from '../domain/audit/keys.ts'
import type { RingKeys } from '../domain/ring-keys.ts'
import { mongoChain, mongoUnrecorded } from '../mongo/audit.ts'
import { mongoClock } from '../mongo/clock.ts'
import { mongoHoldings } from '../mongo/holdings.ts'
import { havingSecrets } from '../mongo/secrets-made.ts'
import type { Said } from '../who/open.ts'
import { accessReview, recordState } from './access-review.ts'
import { onRecord } from './open.ts'
import { acceptedIn } from './review-accepted.ts'
import { reviewCsv } from './review-csv.ts'
import { reviewHtml } from './review-html.ts'
import type { ReviewRow } from './review-row.ts'
import type { ReviewFormat, ReviewHead, ReviewTotals } from './review-words.ts'
import { quarterOf, spanOf, type Span } from './span.ts'

export const reportUsage = `curfew report access-review --quarter 2026-Q4   who held what in that time, by whose word, why, how long
  --from, --to DAY        in place of a quarter: from one day (2026-10-01), or instant, to right before another
  --format csv|html       for spreadsheets, or as a page to print and sign (html); to the standard output`

const formats: Readonly<Record<string, () => ReviewFormat>> = { csv: () => reviewCsv, html: reviewHtml }

/** Throws `ConfigError` for what cannot be asked; exit code 1 where the record does not bear out all of it. */
export async function report(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  out: Writable = process.stdout,
): Promise<Said> {
  const { span, format } = asked(words)
  return onRecord(environment, `report access-review, ${span.name}`, (connection, keys) =>
    written(connection, keys, { span, format: format() }, out),
  )
}

function asked(words: readonly string[]): { span: Span; format: () => ReviewFormat } {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      quarter: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      format: { type: 'string', default: 'html' },
    },
  })
  const format = Object.hasOwn(formats, values.format) ? formats[values.format] : undefined
  const span =
    values.quarter === undefined
      ? spanOf(values.from ?? '', values.to ?? '')
      : values.from === undefined && values.to === undefined
        ? quarterOf(values.quarter)
        : null
  if (positionals.join(' ') !== 'access-review' || span === null || format === undefined)
    throw new ConfigError(reportUsage)
  return { span, format }
}

async function written(
  connection: Connection,
  keys: RingKeys,
  { span, format }: { span: Span; format: ReviewFormat },
  out: Writable,
): Promise<Said> {
  const clock = mongoClock(connection)
  await clock.sample()
  const madeAt = clock.now()
  if (madeAt <= span.from) throw new ConfigError('that time has not begun yet')
  const within = { first: span.from, last: madeAt < span.to ? madeAt : span.to }
  const from = {
    chain: mongoChain(connection),
    holdings: mongoHoldings(connection),
    havingSecrets: (ids: readonly string[]) => havingSecrets(connection, ids),
    keys: chainKeys(keys),
    signers: signersOf(keys),
    unnoted: mongoUnrecorded(connection),
  }
  const head: ReviewHead = { span, madeAt, state: await recordState(from) }
  const totals = {
    rows: 0,
    unproven: 0,
    unreadable: 0,
    isCut: false,
    unheld: [] as ReviewTotals['unheld'][number][],
  }
  async function* parts(): AsyncGenerator<string> {
    yield await format.head(head)
    for await (const one of accessReview(from, within)) {
      totals.rows += one.count
      totals.unreadable += one.unreadable
      totals.isCut ||= one.isCut
      if (one.count === 0) totals.unheld.push(one)
      for (const part of format.entitlement({ ...one, rows: counted(one.rows, totals) })) yield await part
    }
    const { accepted, unreadable } = await acceptedIn(connection, head.state, within)
    totals.unreadable += unreadable
    for (const one of accepted) {
      totals.rows++
      if (one.bornOut === 'no') totals.unproven++
      yield await format.accepted(one)
    }
    yield await format.end(totals)
  }
  await pipeline(Readable.from(parts()), out, { end: false })
  const isRight =
    head.state.faultCount === 0 && head.state.misindexed === 0 && totals.unproven + totals.unreadable === 0
  return { text: '', exitCode: isRight ? 0 : 1 }
}

function* counted(rows: Iterable<ReviewRow>, totals: { unproven: number }): Generator<ReviewRow> {
  for (const row of rows) {
    totals.unproven += row.unproven
    yield row
  }
}
