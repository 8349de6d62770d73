import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import mongoose from 'mongoose'
import { z } from 'zod'
import { grantSchema, type Grant } from '../../src/domain/grant.ts'
import type { Hold } from '../../src/domain/hold.ts'
import { buildApp } from '../build-app.ts'
import type { Diary, Span } from './diary.ts'
import { noCpu } from './hunger.ts'
import { rules } from './rules.ts'
import type { Seen } from './seen.ts'
import type { Town } from './town.ts'
import type { Answer, Evidence, RecordSeen, Said } from './evidence.ts'

const run = promisify(execFile)

/** What of Curfew's database is not settled yet; empty once all is quiet. */
export async function unsettled({ environment }: Town): Promise<string[]> {
  const connection = await mongoose.createConnection(environment['MONGODB_URI'] ?? '').asPromise()
  try {
    const grants = connection.collection('grants')
    const open = { $in: ['pending', 'waiting', 'granting', 'active', 'revoking'] }
    const counts = {
      'grants are open': await grants.countDocuments({
        isOpen: true,
        status: open,
        $nor: [{ isStanding: true, status: 'active' }],
      }),
      'grants are not shown': await grants.countDocuments({ unshown: true }),
      'grants are not recorded': await grants.countDocuments({ unrecorded: true }),
      // An alert, which is of no request, stands as long as what it says.
      'requests are not looked at': await grants.countDocuments({
        requestId: { $in: await connection.collection('shown').distinct('_id', { needsLook: true }) },
      }),
      'acts are not recorded': await connection.collection('acts').countDocuments({ outcome: { $ne: null } }),
      'holds are busy': await connection.collection('holds').countDocuments({ dueAt: { $ne: null } }),
    }
    return Object.entries(counts).flatMap(([what, count]) => (count > 0 ? `${count} ${what}` : []))
  } finally {
    await connection.close()
  }
}

export async function gather(
  town: Town,
  { diary, seenFile, lasted }: { diary: Diary; seenFile: string; lasted: Span },
): Promise<Evidence & { readonly doubled: number }> {
  const connection = await mongoose.createConnection(town.environment['MONGODB_URI'] ?? '').asPromise()
  try {
    const documents = await connection.collection('grants').find({}).toArray()
    const grants = documents.map(({ _id, ...grant }) => grantSchema.parse({ ...grant, id: String(_id) }))
    const holds = (await connection.collection('holds').find({}).toArray()) as unknown as Hold[]
    const lines = (await readFile(seenFile, 'utf8')).trim().split('\n')
    const shown = shownDocuments.parse(await connection.collection('shown').find({}).toArray())
    const requestOf = new Map(
      shown.flatMap(({ _id, surfaces }) => surfaces.map(({ channel, ts }) => [`${channel} ${ts}`, _id])),
    )
    // A message of a series tells of its windows as well, and one of several lines of them all.
    const byRequest = new Map(
      grants
        .filter(({ pattern, window }) => pattern === null && window === null)
        .map((one) => [one.requestId, one]),
    )
    const grantOf = (channel: string, ts: string) => byRequest.get(requestOf.get(`${channel} ${ts}`) ?? '')
    const messages = told(town, grantOf)
    return {
      seen: lines.map((line) => JSON.parse(line) as Seen),
      heldBefore: town.heldBefore,
      troubles: [
        ...diary.troubles,
        ...(await town.systems.starved()).map((span) => ({ where: 'machine', what: 'no time', ...span })),
        ...town.hunger.all.map((span) => ({ where: 'replicas', what: noCpu, ...span })),
      ],
      barred: diary.barred,
      grounds: diary.grounds,
      deeds: diary.deeds,
      words: diary.words,
      onCall: diary.onCall,
      rules,
      replicas: town.replicas.map(({ name }) => name),
      lasted,
      grants,
      holds,
      said: saidOf(messages),
      answers: answersOf(messages),
      stale: staleIn(town, grantOf),
      record: await recordOf(town, grants, await begunActs(connection)),
      doubled: doubledIn(town),
    }
  } finally {
    await connection.close()
  }
}

const shownDocuments = z.array(
  z.object({
    _id: z.string(),
    surfaces: z.array(z.object({ channel: z.string().nullable(), ts: z.string().nullable() })),
  }),
)

type GrantOf = (channel: string, ts: string) => Grant | undefined

/** Words of which the systems know better. */
const ofHeld = {
  gone: /Checked: gone|checked, it is gone|Checked: nothing held/,
  'nothing-given': /Nothing was given/,
  before: /Held before Curfew/,
} as const

/** Words that say that somebody did something: what of it the record must say, and who it was, where they are named. */
const ofDeeds: readonly (readonly [RegExp, readonly string[]])[] = [
  [/Approved by [^(<"]+ \(([^)]+@[^)]+)\)/, ['approved', 'more-time-approved']],
  [/Denied by [^(<"]+ \(([^)]+@[^)]+)\)/, ['denied']],
  [/Withdrawn by [^(<"]+ \(([^)]+@[^)]+)\)/, ['withdrawn']],
  [/extended this by/, ['extended']],
  [/\(returned\)/, ['end']],
  [/\(ended by [^(<"]+ \(([^)]+@[^)]+)\)\)/, ['end']],
]

/** Each message that Slack took, with the grant that it was about. */
function told({ workspace }: Town, grantOf: GrantOf) {
  return workspace.calls.flatMap(({ method, args, response, at, status }) => {
    if (method !== 'chat.update' && method !== 'chat.postMessage') return []
    if (status !== 200 && status !== 'dropped') return []
    const [channel, ts] = [
      String(response['channel'] ?? args['channel']),
      String(response['ts'] ?? args['ts']),
    ]
    const grant = grantOf(channel, ts)
    const { blocks } = args
    const words = typeof blocks === 'string' ? blocks : JSON.stringify(blocks ?? '')
    return grant === undefined ? [] : { grantId: grant.id, at: at.getTime(), words }
  })
}

type Told = ReturnType<typeof told>[number]

const saidOf = (all: readonly Told[]): Said[] =>
  all.flatMap(({ words, ...one }) =>
    kindsSaid.flatMap((what) => {
      const [found] = ofHeld[what].exec(words) ?? []
      return found === undefined ? [] : { ...one, what, words: found }
    }),
  )
const kindsSaid = Object.keys(ofHeld) as (keyof typeof ofHeld)[]

const answersOf = (all: readonly Told[]): Answer[] =>
  all.flatMap(({ grantId, words }) =>
    ofDeeds.flatMap(([pattern, types]) => {
      const [found, by] = pattern.exec(words) ?? []
      return found === undefined ? [] : { grantId, types, by: by ?? null, words: found }
    }),
  )

/** What can still be pressed, or reads as open, of what is over. Messages posted twice, of which Curfew knows one, aside. */
function staleIn({ workspace, channels, citizens, approvers }: Town, grantOf: GrantOf): Evidence['stale'] {
  const all = [
    ...channels.flatMap((one) => workspace.messages(one)),
    ...[...citizens, ...approvers].flatMap(({ person }) => person.dms),
  ]
  return all.flatMap((message) => {
    const grant = grantOf(message.channel, message.ts)
    if (grant === undefined || message.threadTs !== undefined) return []
    const isOver = ['denied', 'withdrawn', 'lapsed', 'ended'].includes(grant.status)
    const live = /^Approve|^Deny|^End now$|^I'm done$|^Withdraw$|^Extend|^Try now$/
    const pressable = message.buttons.find((words) => live.test(words))
    if (isOver && pressable !== undefined)
      return { grantId: grant.id, words: `[${pressable}] ${message.plain}` }
    if (isOver && /Taking access back|STILL HELD|Giving access|Active until/.test(message.plain))
      return { grantId: grant.id, words: message.plain }
    return []
  })
}

/** The same words to the same place within seconds: a reply was lost, or a process died before it noted that it had sent. */
function doubledIn({ workspace }: Town): number {
  const last = new Map<string, number>()
  let doubled = 0
  for (const { method, args, status, at } of workspace.calls) {
    if (method !== 'chat.postMessage' || (status !== 200 && status !== 'dropped')) continue
    const key = JSON.stringify([args['channel'], args['thread_ts'], args['text'], args['blocks']])
    if (at.getTime() - (last.get(key) ?? -Infinity) < 60_000) doubled += 1
    last.set(key, at.getTime())
  }
  return doubled
}

const exported = z.object({ source: z.string(), text: z.string() })
const person = z.object({ email: z.string() })
const entryOfGrant = z.object({
  what: z.literal('grant'),
  grantId: z.string(),
  reason: z.string(),
  happened: z.object({ type: z.string(), by: person.nullish(), cause: z.string().nullish() }),
})
const entryOfAct = z.object({
  what: z.literal('act'),
  type: z.string(),
  about: z.object({ id: z.string() }),
  outcome: z.string(),
})

const begun = z.array(z.object({ _id: z.string(), type: z.string(), about: z.object({ id: z.string() }) }))

/** Whoever was about to do these died: the record says so once that is sure. */
async function begunActs(connection: mongoose.Connection): Promise<RecordSeen['acts']> {
  const acts = begun.parse(
    await connection.collection('acts').find({ outcome: null, isSaid: false }).toArray(),
  )
  return acts.map(({ _id, type, about }) => ({
    source: `act/${_id}/unknown`,
    type,
    about: about.id,
    outcome: 'unknown',
  }))
}

async function recordOf(
  { environment }: Town,
  grants: readonly Grant[],
  begun: RecordSeen['acts'],
): Promise<RecordSeen> {
  const cli = await buildApp()
  const options = { env: { PATH: process.env['PATH'] ?? '', ...environment }, maxBuffer: 1_000_000_000 }
  const verified = await run(process.execPath, [cli, 'audit', 'verify'], options).then(
    () => [],
    (error: unknown) => [error instanceof Object && 'stdout' in error ? String(error.stdout) : String(error)],
  )
  const { stdout } = await run(process.execPath, [cli, 'audit', 'export', '--format', 'jsonl'], options)
  const known = new Set(grants.map(({ id }) => id))
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => exported.parse(JSON.parse(line)))
  return {
    faults: verified,
    entries: lines.flatMap(({ source, text }) => {
      const entry = entryOfGrant.safeParse(JSON.parse(text)).data
      if (entry === undefined || !known.has(entry.grantId)) return []
      const { grantId, reason, happened } = entry
      const { type, by, cause } = happened
      return { source, grantId, reason, type, by: by?.email ?? null, cause: cause ?? null }
    }),
    acts: [
      ...begun.filter(({ source }) => lines.every((line) => line.source !== source)),
      ...lines.flatMap(({ source, text }) => {
        const act = entryOfAct.safeParse(JSON.parse(text)).data
        return act === undefined ? [] : { source, type: act.type, about: act.about.id, outcome: act.outcome }
      }),
    ],
  }
}
