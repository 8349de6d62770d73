import type { Surface } from '../../domain/ports/surfaces.ts'
import type { Alert } from '../publish/picture.ts'
import type { Message } from '../words/blocks.ts'
import { saidAgain, settledMark, settledMessage } from './late-words.ts'

/*
 * The keys of what is said of what is late: `alert:resource:channel` is a place; with `:since` an episode there, with
 * `:since:step` a message of it, and that with `:settled` its last word. A DM is `place:by-dm:since:person`.
 */

/** After how long what is late still is said again, as a new message. */
const againAfterMs = [5, 30, 120].map((minutes) => minutes * 60_000)

/**
 * From the first that is late at a place until nothing is. Its newest message that stands is kept true, whatever the clock
 * says, and whether or not it can be said again.
 */
export interface Episode {
  readonly place: string
  readonly sinceMs: number
  /** Its message, and each time that it was said again or was to be: the first first. */
  readonly said: readonly Surface[]
  readonly lastWord: Surface | null
}

export const placeOfKey = (key: string): string => key.split(':').slice(0, 3).join(':')

export const isDm = (key: string): boolean => key.split(':')[3] === 'by-dm'

export const sinceMsOf = (key: string): number => Number(key.split(':')[isDm(key) ? 4 : 3])

export const episodeId = (place: string, sinceMs: number): string => `${place}:${sinceMs}`

export const dmsId = (place: string, sinceMs: number): string => `${place}:by-dm:${sinceMs}`

export const personOf = ({ key }: Surface): string => whereTo(key)

const isLastWord = ({ key }: Surface): boolean => key.endsWith(':settled')

const stepOf = ({ key }: Surface): number => Number(key.split(':')[4])

/** A channel, or a person. */
const whereTo = (key: string): string => key.split(':')[isDm(key) ? 5 : 2] ?? ''

export function episodeOf(place: string, sinceMs: number, rows: readonly Surface[]): Episode {
  const said = rows.filter((row) => !isLastWord(row)).toSorted((one, other) => stepOf(one) - stepOf(other))
  return { place, sinceMs, said, lastWord: rows.find(isLastWord) ?? null }
}

/** That nothing is late was said, in its message or in its last word: what is late anew is said anew. */
export const isOver = ({ said, lastWord }: Episode): boolean => lastWord?.ts != null || said.some(isSettled)

export const isSettled = ({ shows }: Surface): boolean => shows === settledMark

/** Its newest message that stands. */
export const newestOf = ({ said }: Episode): Surface | null => said.findLast(({ ts }) => ts !== null) ?? null

/** What of it is looked after could not be shown in its channel. */
export const isRefused = ({ said }: Episode): boolean =>
  said.some(({ needsLook, failure }) => needsLook && failure !== null)

export function whileLate(episode: Episode, message: Message, now: Date): Alert[] {
  const { place, sinceMs, said } = episode
  const dueStep = againAfterMs.filter((ms) => now.getTime() - sinceMs >= ms).length
  const step = Math.max(dueStep, ...said.map(stepOf))
  const key = `${episodeId(place, sinceMs)}:${step}`
  const newest = newestOf(episode)
  return [
    picture(episode, { key, row: said.find((row) => row.key === key) }, message, { needsLook: true }),
    ...said
      .filter((row) => row.key !== key)
      // Until it is said below, what stands says how it is.
      .map((row) =>
        row === newest ? edit(row, message, { needsLook: true }) : edit(row, saidAgain, { needsLook: false }),
      ),
  ]
}

/** Looked at until its last word stands in its thread, or cannot. */
export function onceSettled(episode: Episode): Alert[] {
  const { said, lastWord } = episode
  const newest = newestOf(episode)
  if (newest?.ts == null) return allSay(episode, settledMessage)
  const isSaid = lastWord !== null && (lastWord.ts !== null || lastWord.failure !== null)
  const word = { key: lastWord?.key ?? `${newest.key}:settled`, row: lastWord ?? undefined }
  return [
    ...(isSaid ? [] : [picture(episode, word, settledMessage, { needsLook: false, threadTs: newest.ts })]),
    ...said.map((row) => edit(row, settledMessage, { needsLook: row === newest && !isSaid })),
  ]
}

/** Nothing more is said of it. */
export const allSay = ({ said }: Episode, message: Message): Alert[] =>
  said.map((row) => edit(row, message, { needsLook: false }))

/** What stands there says this from now on; where it stands no more nobody waits for it. */
export const edit = (row: Surface, message: Message, { needsLook }: { needsLook: boolean }): Alert => ({
  key: row.key,
  row,
  requestId: row.requestId,
  lane: 'alert',
  isWanted: false,
  needsLook,
  to: { channel: row.channel ?? whereTo(row.key) },
  draw: () => Promise.resolve(message),
})

const picture = (
  { place, sinceMs }: Episode,
  { key, row }: { key: string; row: Surface | undefined },
  message: Message,
  { needsLook, threadTs }: { needsLook: boolean; threadTs?: string },
): Alert => ({
  key,
  row,
  requestId: episodeId(place, sinceMs),
  lane: 'alert',
  isWanted: true,
  needsLook,
  to: { channel: whereTo(key), ...(threadTs === undefined ? {} : { threadTs }) },
  draw: () => Promise.resolve(message),
})
