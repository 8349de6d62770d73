import { z } from 'zod'
import type { Actor } from '../domain/audit/act.ts'
import { isLink, type ChainKey, type Link } from '../domain/audit/chain.ts'
import { grantIdOf } from '../domain/audit/holding.ts'
import { isOfGrant, readRecorded, type RecordedOfGrant } from '../domain/audit/recorded.ts'
import type { ChainStore, HoldingStore } from '../domain/ports/audit.ts'
import type { HoldKey } from '../domain/hold.ts'
import { beginningOf, removedUntil, type Signer } from '../operations/chain-base.ts'
import { verifyChain, type Verified } from '../operations/verify-chain.ts'
import { newsOf, type Numbered } from './news-of.ts'
import { proven, type ProvenBy } from './proven.ts'
import { isShown, placeOf, ReviewTally, type ReviewRow } from './review-row.ts'

const holdingsAtOnce = 200
/** Less than is walked through at once elsewhere: all of a page is in memory, and what it says besides. */
const linksAtOnce = 1_000

export interface Reviewed {
  readonly chain: Pick<ChainStore, 'after' | 'base' | 'beside' | 'ofGrants'>
  readonly holdings: Pick<HoldingStore, 'what' | 'during' | 'differing'>
  /** Which of these grants have something to show now. */
  readonly havingSecrets: (grantIds: readonly string[]) => Promise<ReadonlySet<string>>
  readonly keys: readonly ChainKey[]
  readonly signers: readonly Signer[]
  readonly unnoted?: NonNullable<ProvenBy['unnoted']>
}

export interface Reviewable {
  readonly resource: string
  readonly entitlement: string
  /** How many held it in that time. */
  readonly count: number
  /** What stands among them and cannot be read. */
  readonly unreadable: number
  /** Of that time entries were removed, as they were too old: who held it then is not known of all. */
  readonly isCut: boolean
  /** In the order of their names, once. */
  readonly rows: Iterable<ReviewRow>
}

/**
 * Who held what in that time, entitlement by entitlement, each by the record and not by the index alone. Of one entitlement
 * at a time is in memory what each person held, added up.
 */
export async function* accessReview(
  { chain, holdings, havingSecrets, keys, signers, unnoted }: Reviewed,
  span: { first: Date; last: Date },
): AsyncGenerator<Reviewable> {
  // What begins at its end is of the next.
  const rightBefore = { first: span.first, last: new Date(span.last.getTime() - 1) }
  const by = { keys, signers, since: span.first, ...(unnoted && { unnoted }) }
  for (const what of await holdings.what()) {
    const tallies = new Map<string, ReviewTally>()
    const making = new Set<string>()
    let unreadable = 0
    for await (const page of holdings.during(what, rightBefore, holdingsAtOnce)) {
      const held = await proven(chain, by, page.those)
      unreadable += page.unreadable
      const secrets = await havingSecrets(held.flatMap((one) => (one.until === null ? one.grantId : [])))
      for (const one of held) {
        const { subject, entries, grantId } = one
        const key = `${subject.slack.userId} ${subject.id}`
        const tally = tallies.get(key) ?? new ReviewTally(one, span)
        tallies.set(key, tally)
        tally.add(one)
        if (isShown(entries) || secrets.has(grantId)) making.add(placeOf(entries))
      }
    }
    making.delete('')
    const cutAt = removedUntil((await beginningOf(chain, signers)).base)
    const isCut = cutAt !== null && span.first <= cutAt
    yield { ...what, count: tallies.size, unreadable, isCut, rows: rowsOf(tallies.values(), making) }
  }
}

const byName = new Intl.Collator('en')

/** Each is made as it is written: a row is larger than what it is made of. */
function* rowsOf(tallies: Iterable<ReviewTally>, making: ReadonlySet<string>): Generator<ReviewRow> {
  const sorted = [...tallies].sort((one, other) => byName.compare(one.name, other.name))
  for (const tally of sorted) yield tally.row(making)
}

/** What can be said of the whole record, and of whether what is found by its index is all of it. */
export interface RecordState extends Verified {
  readonly keyIds: readonly string[]
  /** Grants of which the index of holdings says otherwise than the record, or nothing. */
  readonly misindexed: number
  /** What admins found fine, as the record has it, in order. */
  readonly accepted: readonly AcceptedAct[]
}

export interface AcceptedAct extends HoldKey {
  readonly at: Date
  readonly until: Date
  readonly by: Actor
}

/** Walks through all of it once. */
export async function recordState({ chain, holdings, keys, signers }: Reviewed): Promise<RecordState> {
  const keyIds = new Set<string>()
  const differing = new Map<string, Numbered>()
  const accepted = new Map<string, AcceptedAct>()
  const watched: Pick<ChainStore, 'after' | 'base' | 'beside'> = {
    ...chain,
    after: async (number, most) => {
      const page = await chain.after(number, Math.min(most, linksAtOnce))
      for (const link of page) {
        if (!isLink(link)) continue
        keyIds.add(link.keyId)
        noteAccepted(accepted, link)
      }
      const news = page.flatMap(newsOf)
      const { otherwise, endAlone } = await holdings.differing(news.map(({ one }) => one))
      const ids = new Set([...otherwise, ...endAlone])
      for (const each of news)
        if (ids.has(grantIdOf(each.one))) differing.set(`${grantIdOf(each.one)} ${each.one.what}`, each)
      return page
    },
  }
  const verified = await verifyChain(watched, { keys, checkpoints: [], signers })
  // What was just recorded may have been noted a moment later; what was removed since is forgotten.
  const { after } = await beginningOf(chain, signers)
  const still = [...differing.values()].filter(({ number }) => number > after.number)
  const { otherwise, endAlone } = await holdings.differing(still.map(({ one }) => one))
  const misindexed = new Set([...otherwise, ...(await givenOf(chain, endAlone))])
  return { ...verified, keyIds: [...keyIds], misindexed: misindexed.size, accepted: [...accepted.values()] }
}

/** Which of these were given as far as the record goes, or may have been before it begins now. */
async function givenOf(chain: Pick<ChainStore, 'ofGrants'>, grantIds: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (let at = 0; at < grantIds.length; at += holdingsAtOnce) {
    const some = grantIds.slice(at, at + holdingsAtOnce)
    const entries = (await chain.ofGrants(some))
      .flatMap(({ link }) => (isLink(link) ? (readRecorded(link) ?? []) : []))
      .filter(isOfGrant)
    found.push(...some.filter((id) => mayHaveBeenGiven(entries.filter(({ grantId }) => grantId === id))))
  }
  return found
}

function mayHaveBeenGiven(entries: readonly RecordedOfGrant[]): boolean {
  if (entries.some(({ happened }) => happened.type === 'given')) return true
  const isWhole = entries.some(({ index }) => index === 0)
  return (
    !isWhole && !entries.some(({ happened }) => happened.type === 'taken' && happened.left === 'never-given')
  )
}

const acceptedDetails = z.object({
  canonical: z.string(),
  principal: z.string(),
  until: z.iso.datetime().transform((text) => new Date(text)),
})

/** By the id of the act: of one whose outcome was not known at first there may be two entries. */
function noteAccepted(accepted: Map<string, AcceptedAct>, link: Link): void {
  if (!link.text.includes('"difference-accepted"')) return
  const entry = readRecorded(link)
  if (entry === null || isOfGrant(entry) || entry.type !== 'difference-accepted') return
  const details = acceptedDetails.safeParse(entry.details).data
  if (details === undefined || entry.outcome === 'refused' || entry.outcome === 'failed')
    accepted.delete(entry.id)
  else accepted.set(entry.id, { ...details, system: entry.about.id, at: link.at, by: entry.by })
}
