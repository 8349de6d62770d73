import { parseArgs } from 'node:util'
import { table } from './catalog/table.ts'
import { ConfigError, readPlaces } from './config.ts'
import { formatDuration } from './domain/duration.ts'
import { plainlyNamed } from './domain/person.ts'
import { replay, type Replayed } from './domain/replay.ts'
import { mongoClock } from './mongo/clock.ts'
import { connect } from './mongo/connection.ts'
import { mongoGrantRecords } from './mongo/grant-records.ts'
import { readCatalog } from './read-catalog.ts'

/** `curfew simulate`: what people asked for lately, asked again of a changed catalog. Reads the database, writes nothing. */

export const simulateUsage = `curfew simulate [path] [--days 30] [--old path] [--json]
                          what a changed catalog (path; default: CATALOG) would have said to the requests of the last
                          days, beside the one in force (--old; default: CATALOG)`

const DAY_MS = 24 * 60 * 60_000
const mostRows = 100_000
const mostShown = 50

interface Change {
  readonly before: Replayed
  readonly after: Replayed
}

export async function simulateCatalog(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      days: { type: 'string', default: '30' },
      old: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const days = Number(values.days)
  if (!Number.isInteger(days) || days < 1 || days > 366)
    throw new ConfigError('--days is a number from 1 to 366')
  const { catalogPath, mongodbUri: uri } = readPlaces(env)
  const inForce = values.old ?? catalogPath
  const changed = positionals[0] ?? catalogPath
  if (inForce === undefined || changed === undefined)
    throw new ConfigError('Which catalog? Name a path, or set CATALOG.')
  if (uri === undefined) throw new ConfigError('MONGODB_URI is not set')
  // No system is reached.
  const [{ catalog: before }, { catalog: after }] = [
    await readCatalog(inForce, env, { isOnlyRead: true }),
    await readCatalog(changed, env, { isOnlyRead: true }),
  ]
  const connection = await connect(uri)
  try {
    const clock = mongoClock(connection)
    await clock.sample()
    const since = new Date(clock.now().getTime() - days * DAY_MS)
    const rows = await mongoGrantRecords(connection, clock).askedSince(since, mostRows)
    const asked = { before: replay(rows, before), after: replay(rows, after) }
    const changes = asked.before.flatMap((one, i): Change[] => {
      const other = asked.after[i]
      return other && (one.answer !== other.answer || one.why !== other.why)
        ? [{ before: one, after: other }]
        : []
    })
    return values.json ? asJson(asked, changes) : asText(days, asked, changes)
  } finally {
    await connection.close()
  }
}

const answers = ['approved', 'reviewed', 'refused'] as const

interface Asked {
  readonly before: readonly Replayed[]
  readonly after: readonly Replayed[]
}

const keyOf = ({ row }: Replayed): string => `${row.resource.id} ${row.entitlement.id}`

function countsOf({ before, after }: Asked) {
  const keys = [...new Set(before.map(keyOf))].sort()
  const count = (all: readonly Replayed[], answer: Replayed['answer'], key: string | null) =>
    all.filter((one) => one.answer === answer && (key === null || keyOf(one) === key)).length
  const line = (entitlement: string, key: string | null) => ({
    entitlement,
    approved: [count(before, 'approved', key), count(after, 'approved', key)],
    reviewed: [count(before, 'reviewed', key), count(after, 'reviewed', key)],
    refused: [count(before, 'refused', key), count(after, 'refused', key)],
  })
  return [...keys.map((key) => line(key, key)), line('all', null)]
}

function asText(days: number, asked: Asked, changes: readonly Change[]): string {
  const total = asked.before.length
  const heads = ['ENTITLEMENT', 'BY A RULE', 'BY PEOPLE', 'REFUSED']
  const rows = countsOf(asked).map((counts) => [
    counts.entitlement,
    ...answers.map((answer) => counts[answer].join(' → ')),
  ])
  const shown = changes.slice(0, mostShown).map(describe)
  const more = changes.length > mostShown ? [`…and ${changes.length - mostShown} more`] : []
  return [
    `${total} requests of the last ${days} days, old → new`,
    '',
    table(heads, rows),
    '',
    changes.length === 0 ? 'No answer changes.' : `${changes.length} answers change:`,
    ...shown,
    ...more,
  ].join('\n')
}

function describe({ before, after }: Change): string {
  const { subject, requestedAt, askedMs } = before.row
  const when = requestedAt.toISOString().slice(0, 16).replace('T', ' ')
  const said = ({ answer, why }: Replayed) => (why === '' ? answer : `${answer} (${why})`)
  return `${when}  ${plainlyNamed(subject)}, ${keyOf(before)}, ${formatDuration(askedMs)}: ${said(before)} → ${said(after)}`
}

function asJson(asked: Asked, changes: readonly Change[]): string {
  const said = ({ answer, why }: Replayed) => ({ answer, why })
  return JSON.stringify({
    requests: asked.before.length,
    counts: countsOf(asked),
    changes: changes.map(({ before, after }) => ({
      grantId: before.row.id,
      subject: before.row.subject.name,
      subjectEmail: before.row.subject.email,
      resource: before.row.resource.id,
      entitlement: before.row.entitlement.id,
      requestedAt: before.row.requestedAt,
      before: said(before),
      after: said(after),
    })),
  })
}
