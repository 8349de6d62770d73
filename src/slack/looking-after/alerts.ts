import type { LateThere } from '../../domain/ports/grant-records.ts'
import type { Surface } from '../../domain/ports/surfaces.ts'
import { adminIds } from '../../operations/admins.ts'
import type { Parts } from '../parts.ts'
import type { Alert } from '../publish/picture.ts'
import type { Message } from '../words/blocks.ts'
import { lateMessage, mostListed, saidAgain, settledMark, settledMessage } from './late-words.ts'

/** After how long an alert that stands is said again, as a new message. */
const againAfterMs = [5, 30, 120].map((minutes) => minutes * 60_000)
const mostOpen = 1_000

/**
 * What is late, said in the channel of each resource: one message, edited as debts come and go, again after 5, 30 and
 * 120 minutes, and a last word in its thread when nothing is late any more. A thousand late debts are one message.
 */
export async function pictureAlerts(parts: Parts): Promise<Alert[]> {
  const { surfaces, records, log } = parts
  const late = new Map((await records.late()).map((one) => [`alert:${one.resourceId}:${one.channel}`, one]))
  const open = await surfaces.needingLook(mostOpen, 'alert:')
  const places = new Set([...late.keys(), ...open.map(({ key }) => placeIn(key))])
  const pictures: Alert[] = []
  for (const place of places) {
    const rows = open.filter(({ key }) => placeIn(key) === place)
    try {
      pictures.push(...(await picturesAt(parts, { place, rows, late: late.get(place) ?? null })))
    } catch (error) {
      log.warn('could not find out now what is said of what is late', { place, error })
    }
  }
  return pictures
}

async function picturesAt(
  parts: Parts,
  { place, rows, late }: { place: string; rows: readonly Surface[]; late: LateThere | null },
): Promise<Alert[]> {
  const { world } = parts
  const [dms, said] = [rows.filter(isDm), rows.filter((row) => !isDm(row))]
  if (late === null) return [...(await settledAt(parts, said)), ...dms.map(settledDm)]
  const message = await messageOf(parts, late)
  if (message === null) return []
  // What says already that nothing is late stays so: what is late anew is said anew.
  const [over, open] = [said.filter(isSettled), said.filter((row) => !isSettled(row))]
  const pictures = alertsAt(place, { late, message, open, said, now: world.clock.now() })
  const isAgain = ({ key }: Surface): boolean => pictures.some((one) => one.key === key)
  const isUnreachable = open.some(({ failure }) => failure !== null)
  return [
    ...pictures,
    ...over.filter((row) => !isAgain(row)).map((row) => edit(row, settledMessage, { needsLook: false })),
    ...(isUnreachable ? await toAdmins(parts, { place, late, message }) : []),
  ]
}

/** Null: it was settled since. */
async function messageOf({ world, records }: Parts, late: LateThere): Promise<Message | null> {
  const { grants, unreadable } = await records.firstLate(late, mostListed)
  const isAll = grants.length < mostListed
  const count = isAll ? grants.length + unreadable : late.count
  if (count === 0) return null
  const resource =
    grants[0]?.resource.name ?? world.catalog().resources.get(late.resourceId)?.name ?? late.resourceId
  return lateMessage({ resource, count, grants, unreadable: isAll ? unreadable : 0 })
}

/** Where the channel cannot be reached, its admins hear by DM, once: a debt is never said nowhere. */
async function toAdmins(
  { world, surfaces }: Parts,
  { place, late, message }: { place: string; late: LateThere; message: Message },
): Promise<Alert[]> {
  const { resourceId, entitlements, sinceAt } = late
  const found = await Promise.all(
    entitlements.map((id) => adminIds(world, { resource: { id: resourceId }, entitlement: { id } })),
  )
  const admins = new Set(found.flatMap(({ userIds }) => userIds))
  const requestId = `${place}:by-dm:${sinceAt.getTime()}`
  const { surfaces: rows } = await surfaces.of(requestId)
  return [...admins].map((userId) => {
    const key = `${requestId}:${userId}`
    const row = rows.find((other) => other.key === key)
    const draw = () => Promise.resolve(message)
    return {
      key,
      row,
      requestId,
      lane: 'alert',
      isWanted: true,
      needsLook: true,
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

/** What stands there says this from now on; where it stands no more nobody waits for it. */
const edit = (row: Surface, message: Message, { needsLook }: { needsLook: boolean }): Alert =>
  picture({ key: row.key, row }, message, { needsLook, isWanted: false })

const isSettled = ({ shows }: Surface): boolean => shows === settledMark

const isDm = ({ key }: Surface): boolean => key.includes(':by-dm:')

const settledDm = (row: Surface): Alert => ({
  ...edit(row, settledMessage, { needsLook: false }),
  requestId: row.requestId,
  to: { channel: row.channel ?? '' },
})

const newestOf = (rows: readonly Surface[]): Surface | undefined =>
  rows.reduce<Surface | undefined>(
    (a, b) => (a && isLater(episode(a.key), episode(b.key)) ? a : b),
    undefined,
  )

const isLater = (one: Episode, other: Episode): boolean =>
  one.sinceMs === other.sinceMs ? one.step > other.step : one.sinceMs > other.sinceMs

/** The newest is looked at until its last word stands in its thread, or cannot. */
async function settledAt({ surfaces }: Parts, rows: readonly Surface[]): Promise<Alert[]> {
  const newest = newestOf(rows)
  const key = `${newest?.key ?? ''}:settled`
  const { surfaces: beside } = newest?.ts ? await surfaces.of(newest.requestId) : { surfaces: [] }
  const word = beside.find((row) => row.key === key)
  const isSaid = !newest?.ts || (word !== undefined && (word.ts !== null || word.failure !== null))
  return [
    ...rows.map((row) => edit(row, settledMessage, { needsLook: row === newest && !isSaid })),
    ...(isSaid
      ? []
      : [picture({ key, row: word, threadTs: newest.ts }, settledMessage, { needsLook: false })]),
  ]
}

function alertsAt(
  place: string,
  {
    late,
    message,
    open,
    said,
    now,
  }: {
    late: LateThere
    message: Message
    open: readonly Surface[]
    said: readonly Surface[]
    now: Date
  },
): Alert[] {
  const newest = newestOf(open)
  const sinceMs = newest ? episode(newest.key).sinceMs : late.sinceAt.getTime()
  const step = againAfterMs.filter((ms) => now.getTime() - sinceMs >= ms).length
  const key = `${place}:${sinceMs}:${step}`
  const current = said.find((row) => row.key === key)
  // Until it is said below they say what they did.
  const older = current?.ts ? open.filter((row) => row.key !== key) : []
  return [
    picture({ key, row: current }, message, { needsLook: true }),
    ...older.map((row) => edit(row, saidAgain, { needsLook: false })),
  ]
}

/** An alert's key: `alert`, the resource, the channel, when the episode began, and how often it was said again. */
const placeIn = (key: string): string => key.split(':').slice(0, 3).join(':')
const episodeIn = (key: string): string => key.split(':').slice(0, 4).join(':')

function whereIs(key: string): { resourceId: string; channel: string } {
  const [, resourceId = '', channel = ''] = key.split(':')
  return { resourceId, channel }
}

interface Episode {
  readonly sinceMs: number
  readonly step: number
}

function episode(key: string): Episode {
  const [sinceMs, step] = key.split(':').slice(3).map(Number)
  return { sinceMs: sinceMs ?? 0, step: step ?? 0 }
}
