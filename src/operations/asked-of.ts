import { findEntitlement, type Approvers, type Stage } from '../domain/catalog.ts'
import type { Grant, Pending, Review } from '../domain/grant.ts'
import { isSameHuman, type PersonFacts } from '../domain/person.ts'
import { openStage } from '../domain/stages.ts'
import { panelsOf, type Panel } from './panel.ts'
import { wordTakenBack } from './word-taken-back.ts'
import { withOneCatalog, type Deciding, type World } from './world.ts'

/*
 * Whom a request waits for: the approvers of the stage that is open now. The one answer for the click, the card, its
 * calls, the DMs and the Home tab.
 */

export interface AskedOf {
  readonly panel: Panel
  /** Which stage, from 0, of how many. */
  readonly at: number
  readonly of: number
  /** Who said yes and may not any more: their seats are empty again. */
  readonly voided: readonly Review[]
}

export interface EarlierReviewer {
  readonly id: string
  readonly facts: PersonFacts | 'unknown'
  /** The pre-approval by which they answered, where it was taken back since. */
  readonly takenBack: string | null
}

/** Who answered, of a request or of more time that is asked for. */
interface Answered {
  readonly resource: Grant['resource']
  readonly entitlement: Grant['entitlement']
  readonly reviews: readonly (Pick<Review, 'by' | 'stage' | 'as' | 'verdict'> &
    Partial<Pick<Review, 'preApprovalId' | 'at'>>)[]
}

export const earlierOf = (
  world: Pick<Deciding, 'catalog' | 'directory' | 'preApprovals'>,
  { reviews, ...of }: Answered,
) =>
  Promise.all(
    reviews.map(async ({ by, preApprovalId = null, at }): Promise<EarlierReviewer> => ({
      id: by.id,
      facts: await world.directory.facts(by),
      takenBack:
        at !== undefined &&
        (await wordTakenBack(world, { ...of, reviews: [{ by, preApprovalId, at }] })) !== null
          ? preApprovalId
          : null,
    })),
  )

export interface OpenNow {
  readonly stage: number
  /** As many said yes as the rules ask for. */
  readonly isFilled: boolean
  /** Ids of those whose yes counts no longer. */
  readonly voided: readonly string[]
}

/**
 * The stage that is open by the lists of this moment: an approval counts only while its giver may still approve. Whoever
 * answered since the facts were read, in this very moment, was judged by the same lists. Where no seat is empty, the last
 * stage stands for all. Unknown when Slack does not say of somebody whether they may.
 */
export function openNow(
  grant: Answered,
  earlier: readonly EarlierReviewer[],
  panels: readonly Panel[],
  stages: readonly Pick<Stage, 'needs'>[],
): OpenNow | 'unknown' {
  const answers = earlier.map(({ id, facts, takenBack }) => {
    const review = grant.reviews.find(({ by }) => by.id === id)
    if (takenBack !== null && review?.preApprovalId === takenBack) return { id, answer: 'no' as const }
    const panel = panels[review?.stage ?? 0]
    if (panel === undefined) return { id, answer: 'no' as const }
    return { id, answer: facts === 'unknown' ? facts : panel.mayStill(facts, review?.as ?? null).answer }
  })
  if (answers.some(({ answer }) => answer === 'unknown')) return 'unknown'
  const mayNot = answers.filter(({ answer }) => answer === 'no').map(({ id }) => id)
  const voided = mayNot.filter((id) => grant.reviews.some(({ by }) => by.id === id))
  const counting = grant.reviews.filter(({ by }) => !voided.includes(by.id))
  const stage = openStage(counting, stages)
  return { stage: stage ?? stages.length - 1, isFilled: stage === null, voided }
}

/**
 * Null once nobody is asked any more, and where the catalog does not name it now. While Slack does not say whether an
 * earlier approver may still approve, theirs counts here, and a click is told so.
 */
export async function askedOf(world: World, grant: Grant): Promise<AskedOf | null> {
  if (grant.status !== 'pending') return null
  const one = withOneCatalog(world)
  const entitlement = findEntitlement(one.catalog(), grant.resource.id, grant.entitlement.id)
  if (entitlement === null) return null
  const { stages } = entitlement.review
  const [panels, earlier] = await Promise.all([panelsOf(one, entitlement, grant), earlierOf(one, grant)])
  const known = openNow(grant, earlier, panels, stages)
  const open = known === 'unknown' ? openNow(grant, [], panels, stages) : known
  const panel = open === 'unknown' ? undefined : panels[open.stage]
  if (panel === undefined || open === 'unknown') return null
  const voided = grant.reviews.filter(({ by }) => open.voided.includes(by.id))
  return { panel, at: open.stage, of: stages.length, voided }
}

/** May this person fill a seat of it now? Nobody answers twice, nor what they asked for or is for them. */
export function mayAnswer({ panel, voided }: AskedOf, grant: Pending, facts: PersonFacts): boolean {
  const isOwn = [grant.requester, grant.subject].some((one) => isSameHuman(one, facts.person))
  const counting = grant.reviews.filter((review) => !voided.includes(review))
  const isAnswered = counting.some((review) => isSameHuman(review.by, facts.person))
  return !isOwn && !isAnswered && panel.may(facts).answer === 'yes'
}

/** One list of all: whoever is mentioned, people who stand in too. */
export const mentionedOf = ({ panel }: Pick<AskedOf, 'panel'>): Pick<Approvers, 'people' | 'groups'> => ({
  people: [...new Set(panel.mentioned.flatMap(({ people }) => people))],
  groups: [...new Set(panel.mentioned.flatMap(({ groups }) => groups))],
})
