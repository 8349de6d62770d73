import type { LateThere } from '../../domain/ports/grant-records.ts'
import type { Surface } from '../../domain/ports/surfaces.ts'
import type { Parts } from '../parts.ts'
import type { Alert } from '../publish/picture.ts'
import type { Message } from '../words/blocks.ts'
import { settledDm, whileLateByDm } from './late-dms.ts'
import {
  allSay,
  episodeId,
  dmsId,
  episodeOf,
  isDm,
  isOver,
  isSettled,
  newestOf,
  onceSettled,
  placeOfKey,
  sinceMsOf,
  whileLate,
  type Episode,
} from './late-episode.ts'
import { lateMessage, mostListed, saidAgain, settledMessage } from './late-words.ts'

const mostOpen = 1_000

/**
 * What is late, said in the channel of each resource: one message, edited as debts come and go, again after 5, 30 and
 * 120 minutes, and a last word in its thread when nothing is late any more. A thousand late debts are one message.
 */
export async function pictureAlerts(parts: Parts): Promise<Alert[]> {
  const { surfaces, records, log } = parts
  const late = new Map((await records.late()).map((one) => [`alert:${one.resourceId}:${one.channel}`, one]))
  const open = await surfaces.needingLook(mostOpen, 'alert:')
  const places = new Set([...late.keys(), ...open.map(({ key }) => placeOfKey(key))])
  const pictures: Alert[] = []
  for (const place of places) {
    const rows = open.filter(({ key }) => placeOfKey(key) === place)
    try {
      const there = await lookAt(parts, place, rows)
      const one = late.get(place)
      pictures.push(...(one === undefined ? settledAt(there) : await lateAt(parts, there, one)))
    } catch (error) {
      log.warn('could not find out now what is said of what is late', { place, error })
    }
  }
  return pictures
}

/** What is said at a place and still looked after. */
interface Place {
  readonly place: string
  /** The newest last: only that may go on. */
  readonly episodes: readonly Episode[]
  readonly dms: readonly Surface[]
}

async function lookAt({ surfaces }: Parts, place: string, open: readonly Surface[]): Promise<Place> {
  const [dms, said] = [open.filter(({ key }) => isDm(key)), open.filter(({ key }) => !isDm(key))]
  const begun = [...new Set(said.map(({ key }) => sinceMsOf(key)))].sort((one, other) => one - other)
  const episodes: Episode[] = []
  for (const sinceMs of begun) {
    const rows = said.filter(({ key }) => sinceMsOf(key) === sinceMs)
    episodes.push(await readEpisode(surfaces, { place, sinceMs }, rows))
  }
  return { place, episodes, dms }
}

async function readEpisode(
  surfaces: Parts['surfaces'],
  { place, sinceMs }: Pick<Episode, 'place' | 'sinceMs'>,
  open: readonly Surface[] = [],
): Promise<Episode> {
  const noted = await surfaces.of(episodeId(place, sinceMs))
  const rows = new Map([...open, ...noted.surfaces].map((row) => [row.key, row]))
  return episodeOf(place, sinceMs, [...rows.values()])
}

function settledAt({ episodes, dms }: Place): Alert[] {
  const newest = episodes.at(-1)
  return [
    ...episodes.flatMap((one) => (one === newest ? onceSettled(one) : allSay(one, settledMessage))),
    ...dms.map(settledDm),
  ]
}

async function lateAt(parts: Parts, there: Place, late: LateThere): Promise<Alert[]> {
  const message = await messageOf(parts, late)
  if (message === null) return []
  const episode = await currentAt(parts, there, late)
  const stands = newestOf(episode) !== null
  const before = there.episodes.filter(({ sinceMs }) => sinceMs !== episode.sinceMs)
  const byDm = await whileLateByDm(parts, { episode, late, message }, there.dms).catch((error: unknown) => {
    parts.log.warn('could not find out now who is told by DM of what is late', { place: there.place, error })
    return []
  })
  return [
    ...whileLate(episode, message, parts.world.clock.now()),
    ...before.flatMap((one) => {
      if (isOver(one)) return allSay(one, settledMessage)
      // Two replicas began one each.
      return stands ? allSay(one, saidAgain) : []
    }),
    ...byDm,
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

/** The one that goes on; else another, after all that were. */
async function currentAt(
  { surfaces, log }: Parts,
  { place, episodes, dms }: Place,
  late: LateThere,
): Promise<Episode> {
  const newest = episodes.at(-1)
  if (newest !== undefined && !(await hasEnded(newest))) return newest
  const before = [...episodes.map(({ sinceMs }) => sinceMs), ...dms.map(({ key }) => sinceMsOf(key))]
  for (let sinceMs = Math.max(late.sinceAt.getTime(), ...before.map((ms) => ms + 1)); ; sinceMs++) {
    const begun = await readEpisode(surfaces, { place, sinceMs })
    if (!(await hasEnded(begun))) return begun
  }

  /** Where nothing stands in the channel, its admins were told by DM. */
  async function hasEnded(one: Episode): Promise<boolean> {
    if (isOver(one) || newestOf(one) !== null) return isOver(one)
    try {
      return (await surfaces.of(dmsId(place, one.sinceMs))).surfaces.some(isSettled)
    } catch (error) {
      log.warn('could not find out now what admins were told of what is late', { place, error })
      return false
    }
  }
}
