import { isDeepStrictEqual } from 'node:util'
import { isAsWritten, isLink, type ChainKey } from '../domain/audit/chain.ts'
import type { Holding } from '../domain/audit/holding.ts'
import { isOfGrant, readRecorded, type RecordedOfGrant } from '../domain/audit/recorded.ts'
import type { Happened } from '../domain/happened.ts'
import type { ChainStore, WithBefore } from '../domain/ports/audit.ts'
import { beginningOf, removedUntil, type Signer } from '../operations/chain-base.ts'
import { named, why } from '../who/words.ts'

export interface Held extends Holding {
  readonly reason: string
  readonly approvedBy: readonly string[]
  /** What the record says of it stands there as it was written. */
  readonly isProven: boolean
  /** It began before the record does now: of that nobody can say more. What the record does say of it, it does not deny. */
  readonly isOfBefore: boolean
  /** By which of the record's keys something of it is marked that are not there: then nobody can tell. */
  readonly lacksKeys: readonly string[]
  /** What of it is as it was written, in order. */
  readonly entries: readonly RecordedOfGrant[]
  /** What it goes on from, as far as that is as it was written: the series of a window, what was cut before. */
  readonly origins: readonly RecordedOfGrant[]
}

export interface ProvenBy {
  readonly keys: readonly ChainKey[]
  readonly signers: readonly Signer[]
  /** For whatever was held then or later. */
  readonly since: Date
  /** Of which of these grants something may not be noted yet: of their end the record itself is asked. Left out: of none. */
  readonly unnoted?: (grantIds: readonly string[]) => Promise<ReadonlySet<string>>
}

/** What goes on after a cut points to what went on before it: a laptop may be unfit and fit again all day. */
const mostOrigins = 1_000

/** What was drawn from the record beside the record itself, all of it by a few questions. */
export async function proven(
  chain: Pick<ChainStore, 'ofGrants' | 'base'>,
  { keys, signers, since, unnoted = () => Promise.resolve(new Set<string>()) }: ProvenBy,
  holdings: readonly Holding[],
): Promise<Held[]> {
  const known = new Map<string, OfGrant>()
  let wanted: readonly string[] = holdings.map(({ grantId }) => grantId)
  for (let i = 0; i < mostOrigins && wanted.length > 0; i++) {
    for (const [id, one] of await ofGrants(chain, keys, wanted)) known.set(id, one)
    const origins = wanted.flatMap((id) => known.get(id)?.entries.flatMap(originOf) ?? [])
    wanted = [...new Set(origins)].filter((id) => !known.has(id))
  }
  // Read after them: what was not there any more had been removed by then.
  const { base } = await beginningOf(chain, signers)
  const by = { removedUntil: removedUntil(base), since }
  const first = holdings.map((holding) => provenOne(holding, known, by))
  const wrong = first.flatMap((one) => (isWrong(one) ? [one.grantId] : []))
  if (wrong.length === 0) return first
  const behind = await unnoted(wrong)
  return first
    .map((one, i) => {
      const noted = holdings[i]
      if (noted === undefined || !behind.has(one.grantId) || !isWrong(one)) return one
      const again = provenOne({ ...noted, until: takenIn(one.entries)?.at ?? null }, known, by)
      return isWrong(again) ? one : again
    })
    .filter(({ until }) => until === null || until > since)
}

/** Neither borne out by the record nor older than it. */
export const isWrong = ({ isProven, isOfBefore }: Pick<Held, 'isProven' | 'isOfBefore'>): boolean =>
  !isProven && !isOfBefore

interface OfGrant {
  readonly links: readonly WithBefore[]
  /** Only what is as it was written is read. */
  readonly entries: readonly RecordedOfGrant[]
  /** None where something was changed, whatever cannot be told beside it. */
  readonly lacksKeys: readonly string[]
}

const nothing: OfGrant = { links: [], entries: [], lacksKeys: [] }

async function ofGrants(
  chain: Pick<ChainStore, 'ofGrants'>,
  keys: readonly ChainKey[],
  grantIds: readonly string[],
): Promise<Map<string, OfGrant>> {
  const byGrant = new Map<string, WithBefore[]>(grantIds.map((id) => [id, []]))
  for (const one of await chain.ofGrants(grantIds)) byGrant.get(grantOf(one.link.source))?.push(one)
  return new Map(
    [...byGrant].map(([id, links]) => {
      const judged = links.map(({ link, before }) => ({
        link,
        isRight: isLink(link) && isAsWritten(link, before, keys),
      }))
      const right = judged.flatMap(({ link, isRight }) => (isLink(link) && isRight === true ? [link] : []))
      const unmarked = judged.flatMap(({ link, isRight }) => (isLink(link) && isRight === null ? [link] : []))
      const isChanged = judged.some(({ isRight }) => isRight === false)
      return [
        id,
        {
          links,
          entries: right.flatMap((link) => readRecorded(link) ?? []).filter(isOfGrant),
          lacksKeys: isChanged ? [] : [...new Set(unmarked.map(({ keyId }) => keyId))],
        },
      ]
    }),
  )
}

/** `grant/g1/0`, or `grant/g1/0/…` of what happened otherwise once grants were restored: of g1. */
const grantOf = (source: string | null): string => source?.split('/')[1] ?? ''

function originOf({ happened }: RecordedOfGrant): string[] {
  if (happened.type === 'window') return happened.seriesId === undefined ? [] : [happened.seriesId]
  if (happened.type === 'resumed') return happened.resumes === undefined ? [] : [happened.resumes]
  return []
}

function provenOne(
  noted: Holding,
  known: ReadonlyMap<string, OfGrant>,
  { removedUntil, since }: { removedUntil: Date | null; since: Date },
): Held {
  const { links, entries, lacksKeys } = known.get(noted.grantId) ?? nothing
  const holding = { ...noted, until: noted.until ?? takenSince(since, entries) }
  const numbers = [...new Set(entries.map(({ index }) => index))].sort((one, other) => one - other)
  const first = numbers[0] ?? 0
  const isWhole = entries.length === links.length && numbers.every((number, i) => number === first + i)
  const isOld = removedUntil !== null && holding.from <= removedUntil
  const isCut = entries.length === 0 || first > 0
  const origins = originsOf(entries, known)
  return {
    ...holding,
    reason: entries[0]?.reason ?? '',
    approvedBy: wordsOf([...origins, ...entries]),
    isProven: isWhole && first === 0 && isBorneOut(holding, entries),
    isOfBefore: isOld && isWhole && isCut && isNotDenied(holding, entries, removedUntil),
    lacksKeys,
    entries,
    origins,
  }
}

function originsOf(
  entries: readonly RecordedOfGrant[],
  known: ReadonlyMap<string, OfGrant>,
  most = mostOrigins,
): RecordedOfGrant[] {
  if (most === 0) return []
  return entries.flatMap(originOf).flatMap((id) => {
    const before = known.get(id)?.entries ?? []
    return [...originsOf(before, known, most - 1), ...before]
  })
}

/** The record may be further than what is drawn from it; of then it says the same. */
function takenSince(since: Date, entries: readonly RecordedOfGrant[]): Date | null {
  const at = takenIn(entries)?.at ?? null
  return at !== null && at > since ? at : null
}

/** Given once more, where grants were restored to a state of before that: what counts is what came last. */
function takenIn(entries: readonly RecordedOfGrant[]) {
  const last = entries.findLast(({ happened: { type } }) => type === 'given' || type === 'taken')?.happened
  return last?.type === 'taken' ? last : null
}

/** All of it follows from entries of the record. */
function isBorneOut(holding: Holding, entries: readonly RecordedOfGrant[]): boolean {
  const given = entries.find(({ happened }) => happened.type === 'given')
  return (
    given !== undefined &&
    isSame(given.happened.at, holding.from) &&
    isAbout(holding, given) &&
    given.principal === holding.principal &&
    isSame(takenIn(entries)?.at ?? null, holding.until)
  )
}

/** What is left of it says the same, and what would have to be left of it is. */
function isNotDenied(holding: Holding, entries: readonly RecordedOfGrant[], removedUntil: Date): boolean {
  const given = entries.find(({ happened }) => happened.type === 'given')
  const taken = takenIn(entries)
  const isOverBefore = holding.until !== null && holding.until <= removedUntil
  // Who they are there may be settled as late as it is given.
  const settled = given === undefined ? entries : [given]
  return (
    entries.every((entry) => isAbout(holding, entry)) &&
    settled.every(({ principal }) => principal === holding.principal) &&
    (given === undefined || isSame(given.happened.at, holding.from)) &&
    (isSame(taken?.at ?? null, holding.until) || (taken === null && isOverBefore))
  )
}

const isAbout = (holding: Holding, entry: RecordedOfGrant): boolean =>
  isDeepStrictEqual(entry.subject, holding.subject) &&
  entry.resource.id === holding.resource.id &&
  entry.entitlement.id === holding.entitlement.id &&
  entry.system === holding.system

const isSame = (one: Date | null, other: Date | null): boolean => one?.getTime() === other?.getTime()

interface Word {
  /** Whose it is; null: nobody's. */
  readonly of: string | null
  readonly words: string
}

/** By whose word it was held: whose yes counted no longer once others said theirs did not say it. */
function wordsOf(entries: readonly RecordedOfGrant[]): string[] {
  let words: readonly Word[] = []
  for (const { happened } of entries) {
    const voided = ('voided' in happened ? happened.voided : undefined) ?? []
    words = [...words.filter(({ of }) => of === null || !voided.includes(of)), ...wordOf(happened)]
  }
  return words.map((one) => one.words)
}

function wordOf(happened: Happened): Word[] {
  switch (happened.type) {
    case 'approved':
      return [{ of: happened.by.id, words: named(happened.by) }]
    case 'approved-by-rule':
      return [{ of: null, words: `a rule: ${why(happened.because)}` }]
    case 'matched-rule':
      return [{ of: null, words: 'the rule of the entitlement' }]
    case 'broke-glass':
      return [{ of: null, words: 'nobody: glass was broken' }]
    case 'confirmed':
      return [{ of: null, words: `${named(happened.by)}, confirmed` }]
    case 'more-time-approved':
      return [{ of: happened.by.id, words: `${named(happened.by)}, more time` }]
    default:
      return []
  }
}
