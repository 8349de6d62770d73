import type { Approvers, Entitlement, Stage } from '../domain/catalog.ts'
import type { Nudge } from '../domain/grant.ts'
import type { PersonFacts, PersonRef } from '../domain/person.ts'
import { usualAsking } from '../domain/policy.ts'
import type { WouldAnswer } from '../domain/would-answer.ts'
import { panelsOf, type Asked, type Panel } from './panel.ts'
import type { Deciding } from './world.ts'

/** Who would answer a request that nobody made yet. Who asks matters by who manages them: so it is said for whom. */

type Asking = Pick<Deciding, 'catalog' | 'directory' | 'clock'>

export interface Answering {
  /** Of each stage; `isManager`: they manage somebody. */
  of(facts: PersonFacts, isManager: boolean): Promise<readonly WouldAnswer[]>
}

/** What is found out once for everybody who is asked about. */
export async function answeringOf(world: Asking, entitlement: Entitlement): Promise<Answering> {
  const asked = askedByNobody(entitlement)
  const { stages } = entitlement.review
  const panels = await panelsOf(world, entitlement, asked)
  const later = await Promise.all(
    stages.map(async ({ escalate }, stage) =>
      escalate === null
        ? null
        : ((
            await panelsOf(world, entitlement, {
              ...asked,
              nudge: escalatedNow(stage, world.clock.now()),
            })
          )[stage] ?? null),
    ),
  )
  return {
    of: async (facts, isManager) => {
      const managed =
        isManager && stages.some(asksManager)
          ? await panelsOf(world, entitlement, { ...asked, managedBy: facts.person.slack.userId })
          : []
      return panels.map((panel, stage) =>
        wouldAnswer(facts, stage, {
          now: panel,
          managed: managed[stage] ?? null,
          called: later[stage] ?? null,
        }),
      )
    },
  }
}

function wouldAnswer(
  facts: PersonFacts,
  stage: number,
  panels: { now: Panel; managed: Panel | null; called: Panel | null },
): WouldAnswer {
  const { now, managed, called } = panels
  const verdict = now.may(facts)
  const yes = (panel: Panel, whom: WouldAnswer['whom']): WouldAnswer => ({
    stage,
    answer: 'yes',
    as: panel.answersAs(facts),
    whom,
    because: panel.because(facts),
    reasons: [],
  })
  const isManaged = asksManager(now.stage)
  if (verdict.answer === 'yes' && now.answersAs(facts) === 'own') return yes(now, 'anybody')
  if (isManaged && managed?.may(facts).answer === 'yes') return yes(managed, 'managed')
  if (verdict.answer === 'yes') return yes(now, isManaged ? 'unmanaged' : 'anybody')
  if (called?.may(facts).answer === 'yes') return yes(called, 'anybody')
  return { stage, ...verdict, as: null, whom: 'anybody', because: [] }
}

const isManagers = (list: Approvers | null): boolean => list?.manager ?? false

/** Is the manager of whoever asks one of its own? */
export const asksManager = ({ approvers, quiet }: Stage): boolean =>
  isManagers(approvers) || isManagers(quiet)

const nobody: PersonRef = { id: '', slack: { teamId: '', userId: '' }, name: '', email: null }

function askedByNobody(entitlement: Entitlement): Asked {
  const { durationMs: askedMs, reason } = usualAsking(entitlement)
  return { requester: nobody, subject: nobody, askedMs, reason, reviews: [], managedBy: null }
}

const escalatedNow = (stage: number, now: Date): Nudge => ({
  stage,
  since: now,
  reminded: 0,
  remindAt: null,
  escalateAt: null,
  escalatedAt: now,
  recounts: 0,
})
