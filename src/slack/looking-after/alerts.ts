import type { Grant } from '../../domain/grant.ts'
import type { Surface } from '../../domain/ports/surfaces.ts'
import { adminIds } from '../../operations/admins.ts'
import { section, type Message } from '../words/blocks.ts'
import { clockTime, plainWords, wholeLines } from '../words/mrkdwn.ts'
import type { Parts } from '../parts.ts'
import { named } from '../words/who.ts'
import type { Alert } from '../publish/picture.ts'
import { mayAppear } from '../words/status.ts'

/** After how long an alert that stands is said again, as a new message. */
const againAfterMs = [5, 30, 120].map((minutes) => minutes * 60_000)
const mostListed = 15
const mostOpen = 1_000

/**
 * What is late, said in the channel of each resource: one message, edited as debts come and go, again after 5, 30 and
 * 120 minutes, and a last word in its thread when nothing is late any more. A thousand late debts are one message.
 */
export async function pictureAlerts(parts: Parts): Promise<Alert[]> {
  const { world, surfaces, records, log } = parts
  const late = new Map<string, Grant[]>()
  for (const grant of await records.late()) {
    const place = `alert:${grant.resource.id}:${grant.channel}`
    late.set(place, [...(late.get(place) ?? []), grant])
  }
  const open = await surfaces.needingLook(mostOpen, 'alert:')
  const places = new Set([...late.keys(), ...open.map(({ key }) => placeIn(key))])
  const pictures: Alert[] = []
  for (const place of places) {
    const rows = open.filter(({ key }) => placeIn(key) === place)
    const here = late.get(place) ?? []
    try {
      if (here.length > 0) pictures.push(...alertsAt(place, here, rows, world.clock.now()))
      else if (!(await records.isAnyLate(whereIs(place)))) pictures.push(...(await settledAt(parts, rows)))
      if (rows.some(({ failure }) => failure !== null)) pictures.push(...(await toAdmins(parts, place, here)))
    } catch (error) {
      log.warn('could not find out now what is said of what is late', { place, error })
    }
  }
  return pictures
}

/** Where the channel cannot be reached, its admins hear by DM, once: a debt is never said nowhere. */
async function toAdmins({ world, surfaces }: Parts, place: string, late: readonly Grant[]): Promise<Alert[]> {
  const [first] = late
  if (!first) return []
  const kinds = new Map(late.map((grant) => [grant.entitlement.id, grant]))
  const found = await Promise.all([...kinds.values()].map((one) => adminIds(world, one)))
  const admins = new Set(found.flatMap(({ userIds }) => userIds))
  const requestId = `${place}:by-dm:${alertedMs(first, world.clock.now())}`
  const { surfaces: rows } = await surfaces.of(requestId)
  return [...admins].map((userId) => {
    const key = `${requestId}:${userId}`
    const row = rows.find((other) => other.key === key)
    const draw = () => Promise.resolve(lateMessage(late))
    return {
      key,
      row,
      requestId,
      lane: 'alert',
      isWanted: true,
      needsLook: false,
      to: { channel: userId },
      draw,
    }
  })
}

const picture = (
  { key, row, threadTs }: { key: string; row: Surface | undefined; threadTs?: string },
  message: Message,
  { needsLook, isWanted = true }: { needsLook: boolean; isWanted?: boolean },
): Alert => ({
  key,
  row,
  requestId: episodeIn(key),
  lane: 'alert',
  isWanted,
  needsLook,
  to: { channel: whereIs(key).channel, ...(threadTs ? { threadTs } : {}) },
  draw: () => Promise.resolve(message),
})

const newestOf = (rows: readonly Surface[]): Surface | undefined =>
  rows.reduce<Surface | undefined>(
    (a, b) => (a && episode(a.key).step > episode(b.key).step ? a : b),
    undefined,
  )

/** The newest is looked at until its last word stands in its thread, or cannot. */
async function settledAt({ surfaces }: Parts, rows: readonly Surface[]): Promise<Alert[]> {
  const newest = newestOf(rows)
  const key = `${newest?.key ?? ''}:settled`
  const { surfaces: beside } = newest?.ts ? await surfaces.of(newest.requestId) : { surfaces: [] }
  const word = beside.find((row) => row.key === key)
  const isSaid = !newest?.ts || (word !== undefined && (word.ts !== null || word.failure !== null))
  return [
    ...rows.map((row) =>
      // Where it stands no more nobody waits for this.
      picture({ key: row.key, row }, settledMessage, {
        needsLook: row === newest && !isSaid,
        isWanted: false,
      }),
    ),
    ...(isSaid
      ? []
      : [picture({ key, row: word, threadTs: newest.ts }, settledMessage, { needsLook: false })]),
  ]
}

function alertsAt(place: string, late: readonly Grant[], rows: readonly Surface[], now: Date): Alert[] {
  const newest = newestOf(rows)
  const sinceMs = newest
    ? episode(newest.key).sinceMs
    : Math.min(...late.map((grant) => alertedMs(grant, now)))
  const step = againAfterMs.filter((ms) => now.getTime() - sinceMs >= ms).length
  const key = `${place}:${sinceMs}:${step}`
  const current = rows.find((row) => row.key === key)
  const older = rows.filter((row) => row.key !== key)
  return [
    picture({ key, row: current }, lateMessage(late), { needsLook: true }),
    ...older.map((row) => picture({ key: row.key, row }, saidAgain, { needsLook: false, isWanted: false })),
  ]
}

/** An alert's key: `alert`, the resource, the channel, when the episode began, and how often it was said again. */
const placeIn = (key: string): string => key.split(':').slice(0, 3).join(':')
const episodeIn = (key: string): string => key.split(':').slice(0, 4).join(':')

function whereIs(key: string): { resourceId: string; channel: string } {
  const [, resourceId = '', channel = ''] = key.split(':')
  return { resourceId, channel }
}

function episode(key: string): { sinceMs: number; step: number } {
  const [sinceMs, step] = key.split(':').slice(3).map(Number)
  return { sinceMs: sinceMs ?? 0, step: step ?? 0 }
}

const alertedMs = (grant: Grant, now: Date): number =>
  'alertedAt' in grant && grant.alertedAt !== null ? grant.alertedAt.getTime() : now.getTime()

function lateMessage(late: readonly Grant[]): Message {
  const resource = late[0]?.resource.name ?? ''
  const lines = late.slice(0, mostListed).map((grant) => {
    const what = `${named(grant.subject)}, ${plainWords(grant.entitlement.name, 60)}`
    if (grant.status === 'revoking') {
      if (grant.mayAppearUntil !== null)
        return `• *not certain yet* ${what}: due ${clockTime(grant.takeAt)}. ${mayAppear(grant.mayAppearUntil)}`
      const last = grant.lastError === null ? '' : `; last: ${plainWords(grant.lastError, 150)}`
      return `• *STILL HELD* ${what}: due ${clockTime(grant.takeAt)}, ${grant.tries} tries${last}`
    }
    const last =
      'lastError' in grant && grant.lastError !== null ? `; last: ${plainWords(grant.lastError, 150)}` : ''
    return `• not given yet: ${what}${last}`
  })
  const title = `:warning: *${plainWords(resource, 60)}*: ${late.length} late`
  return {
    text: `${resource}: ${late.length} late`,
    blocks: [section(wholeLines(title, lines, { atMost: mostListed }))],
  }
}

const settledMessage: Message = {
  text: 'Settled: nothing is late here any more',
  blocks: [section('Settled: nothing is late here any more. Each card says how it ended.')],
}

const saidAgain: Message = {
  text: 'Still late; said again below',
  blocks: [section('Still late; said again below.')],
}
