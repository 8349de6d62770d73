import { isLink, type ChainKey, type Link, type Unreadable } from '../domain/audit/chain.ts'
import { grantIdOf, holdingNews, type HoldingNews } from '../domain/audit/holding.ts'
import { isOfGrant, readRecorded } from '../domain/audit/recorded.ts'
import type { ChainStore, HoldingStore } from '../domain/ports/audit.ts'
import { beginningOf, removedUntil, type Signer } from '../operations/chain-base.ts'
import { verifyChain, type Verified } from '../operations/verify-chain.ts'
import { proven } from './proven.ts'
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
}

export interface Reviewable {
  readonly resource: string
  readonly entitlement: string
  /** How many held it in that time. */
  readonly count: number
  /** In the order of their names, once. */
  readonly rows: Iterable<ReviewRow>
}

/**
 * Who held what in that time, entitlement by entitlement, each by the record and not by the index alone. Of one entitlement
 * at a time is in memory what each person held, added up.
 */
export async function* accessReview(
  { chain, holdings, havingSecrets, keys, signers }: Reviewed,
  span: { first: Date; last: Date },
): AsyncGenerator<Reviewable> {
  // What begins at its end is of the next.
  const rightBefore = { first: span.first, last: new Date(span.last.getTime() - 1) }
  const { base } = await beginningOf(chain, signers)
  const by = { keys, removedUntil: removedUntil(base) }
  for (const what of await holdings.what()) {
    const tallies = new Map<string, ReviewTally>()
    const making = new Set<string>()
    for await (const page of holdings.during(what, rightBefore, holdingsAtOnce)) {
      const held = await proven(chain, by, page)
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
    yield { ...what, count: tallies.size, rows: rowsOf(tallies.values(), making) }
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
}

/** Walks through all of it once. */
export async function recordState({ chain, holdings, keys, signers }: Reviewed): Promise<RecordState> {
  const keyIds = new Set<string>()
  const differing = new Map<string, HoldingNews>()
  const watched: Pick<ChainStore, 'after' | 'base' | 'beside'> = {
    ...chain,
    after: async (number, most) => {
      const page = await chain.after(number, Math.min(most, linksAtOnce))
      for (const link of page) if (isLink(link)) keyIds.add(link.keyId)
      const news = page.flatMap(newsOf)
      const ids = new Set(await holdings.differing(news))
      for (const one of news) if (ids.has(grantIdOf(one))) differing.set(`${grantIdOf(one)} ${one.what}`, one)
      return page
    },
  }
  const verified = await verifyChain(watched, { keys, checkpoints: [], signers })
  // What was just recorded may have been noted a moment later.
  const misindexed = new Set(await holdings.differing([...differing.values()]))
  return { ...verified, keyIds: [...keyIds], misindexed: misindexed.size }
}

/** Most entries say nothing of who holds what, and need not be read for it. */
const ofHolding = /"type":"(?:given|taken)"/

function newsOf(link: Link | Unreadable) {
  if (!isLink(link) || !ofHolding.test(link.text)) return []
  const entry = readRecorded(link)
  if (entry === null || !isOfGrant(entry)) return []
  const { grantId: id, happened, ...facts } = entry
  return holdingNews({ ...facts, id }, happened) ?? []
}
