import { findEntitlement } from '../../domain/catalog.ts'
import type { Confirmation } from '../../domain/confirmation.ts'
import { formatDuration } from '../../domain/duration.ts'
import { waitingExtension } from '../../domain/extension.ts'
import { offeredMs, type Grant } from '../../domain/grant.ts'
import { plainlyNamed, refTo, type PersonFacts, type PersonRef } from '../../domain/person.ts'
import type { AnswerConfirmable, ConfirmedAnswer } from '../../domain/ports/tickets.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { answerExtension, wouldAnswerExtension } from '../answer-extension.ts'
import { reviewLines } from '../review-lines.ts'
import { wouldReview, type GivenAnswer } from '../review.ts'
import type { World } from '../world.ts'
import { asIfConfirmed, inWords, marked, whenInWords, type Doable } from './doable.ts'

/** An approver's yes, where the catalog asks that they confirm who they are. */

export async function approve(
  world: World,
  { person }: PersonFacts,
  { answers, kind }: Extract<AnswerConfirmable, { kind: 'approve' }>,
): Promise<Doable | Refusal> {
  const by = refTo(person)
  const found = await Promise.all(answers.map(({ grantId }) => world.grants.get(grantId)))
  const grants = found.flatMap((grant) => grant ?? [])
  const [first] = grants
  if (first === undefined || grants.length < answers.length) return refuse('not-found')
  const judged = await Promise.all(
    answers.map((answer) => wouldReview(world, given(answer, by, asIfConfirmed))),
  )
  // What this very person said yes to already stays in the words: a part of it may have been done.
  const named = answers.filter((_, at) => {
    const one = judged[at]
    return one !== undefined && (!isRefusal(one) || one.refused === 'already-reviewed')
  })
  const [refusal] = judged.filter(isRefusal)
  if (judged.every(isRefusal)) return refusal ?? refuse('not-found')
  const lines = named.flatMap(({ grantId, durationMs }) => {
    const grant = grants.find(({ id }) => id === grantId)
    if (grant === undefined) return []
    const ms = formatDuration(durationMs ?? offeredMs(grant))
    const when = whenInWords(grant.startsAt, grant.pattern)
    return `${inWords(grant)} for ${ms}${when}`
  })
  const until = answers[0]?.aheadUntil
  const ahead =
    until == null ? '' : ` And the same, until ${until.toISOString().slice(0, 10)}, without being asked.`
  const shown = `${person.name} approves, for ${plainlyNamed(first.subject)}: ${lines.join('; ')}. They wrote: “${first.reason}”.${ahead}`
  return {
    what: { kind, answers: named },
    shown,
    terms: marked(kind, person.id, shown),
    proof: world.catalog().proof,
    perform: async (then, confirmation) => {
      // What the words do not name is not approved, though it could be by now.
      const { answered, refused } = await reviewLines(
        then,
        named.map((answer) => given(answer, by, confirmation)),
      )
      return answered[0] ?? refused[0] ?? refuse('not-found')
    },
  }
}

/** Whether confirming would do more than was done: a line that they could approve still. */
export async function isLeftToApprove(
  world: World,
  by: PersonRef,
  answers: readonly ConfirmedAnswer[],
): Promise<boolean> {
  const left = await Promise.all(
    answers.map(async (answer) => {
      const grant = await world.grants.get(answer.grantId)
      return (
        grant?.status === 'pending' && !isRefusal(await wouldReview(world, given(answer, by, asIfConfirmed)))
      )
    }),
  )
  return left.includes(true)
}

const given = (answer: ConfirmedAnswer, by: GivenAnswer['by'], confirmation: Confirmation): GivenAnswer => ({
  ...answer,
  by,
  verdict: 'approve',
  confirmation,
})

export async function giveMoreTime(
  world: World,
  { person }: PersonFacts,
  { grantId, askedAt, kind }: Extract<AnswerConfirmable, { kind: 'more-time' }>,
): Promise<Doable | Refusal> {
  const answer = { grantId, by: refTo(person), verdict: 'approve' as const, askedAt }
  const judged = await wouldAnswerExtension(world, { ...answer, confirmation: asIfConfirmed })
  if (isRefusal(judged)) return judged
  const grant: Grant | null = await world.grants.get(grantId)
  if (grant === null || findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id) === null)
    return refuse('not-found')
  const asked = grant.status === 'active' ? waitingExtension(grant) : null
  if (asked === null) return refuse('extension-decided', { grant })
  const shown = `${person.name} gives ${plainlyNamed(grant.subject)} ${formatDuration(asked.addMs)} more of ${grant.entitlement.name} on ${grant.resource.name}.`
  return {
    what: { kind, grantId, askedAt },
    shown,
    terms: marked(kind, person.id, shown),
    proof: world.catalog().proof,
    perform: (then, confirmation) => answerExtension(then, { ...answer, confirmation }),
  }
}
