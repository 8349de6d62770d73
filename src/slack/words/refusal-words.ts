import { whoWithdrew } from '../../domain/closing.ts'
import { formatDuration } from '../../domain/duration.ts'
import { totalMs } from '../../domain/extension.ts'
import { isApproved, offeredMs, type Grant } from '../../domain/grant.ts'
import { mostAsked } from '../../operations/request.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { reasonLength } from '../../operations/request.ts'
import { noteLength } from '../../operations/review.ts'
import { named } from './who.ts'
import { clockTime, plainWords, when } from './mrkdwn.ts'

/** What the person who asked for it reads when something cannot be. */
export function refusalWords(refusal: Refusal): string {
  const { refused, grant } = refusal
  const reasons = plainWords(refusal.reasons.join('; '), 400)
  switch (refused) {
    case 'unknown-entitlement':
      return 'This is not in the catalog any more.'
    case 'not-allowed':
      return `You can't request this: ${reasons}.`
    case 'unfit':
      return `This is for fit devices only. ${reasons}.`
    case 'own-device':
      return 'It is your own: another admin must say that it counts.'
    case 'device-settled':
      return 'Somebody answered this already.'
    case 'no-owner':
      return 'Nobody of this workspace has the address that it is said to belong to.'
    case 'external':
      return 'Curfew serves members of this workspace only.'
    case 'not-here':
      return 'You are not a member of this workspace any more.'
    case 'no-principal':
      return `Curfew does not know who you are there: ${reasons}.`
    case 'bad-duration':
      return 'That is not a duration that can be asked for here.'
    case 'not-asked-for':
      return 'Nobody asks for this: whoever its rule names holds it.'
    case 'bad-start':
      return 'Pick a start in the future, within what this allows.'
    case 'bad-pattern':
    case 'outside-windows':
      return reasons === ''
        ? 'These windows cannot be had.'
        : /[.!?]$/.test(reasons)
          ? reasons
          : `${reasons}.`
    case 'no-break-glass':
      return 'This may not be had without an approval.'
    case 'bad-typed':
      return 'Type the name exactly as it stands above.'
    case 'review-closed':
      return 'This review was closed already.'
    case 'bad-reason':
      return `Please say what you need it for, in ${reasonLength.least} to ${reasonLength.most} characters.`
    case 'bad-review':
      return `Please say what came of it, in ${reasonLength.least} to ${reasonLength.most} characters.`
    case 'bad-note':
      return `Please write ${noteLength.least} to ${noteLength.most} characters.`
    case 'bad-until':
      return 'Pick a day to come, within what this allows.'
    case 'already-held':
      if (grant?.status === 'recurring') return 'You have this every week already; stop that first.'
      if (grant?.status === 'waiting') return `This opens for you ${when(grant.opensAt)}.`
      return grant && 'endsAt' in grant
        ? `You hold this until ${when(grant.endsAt)}.`
        : 'You hold this already.'
    case 'being-taken':
      return 'Your earlier access is just being taken back. Ask again in a minute.'
    case 'too-many-open':
      return 'You have 5 open requests; withdraw one first.'
    case 'asked-too-often':
      return `You asked ${mostAsked.times} times within the last hour; wait a little, or talk to the approvers.`
    case 'not-for-others':
      return 'You can ask for this only for yourself.'
    case 'not-for-them':
      return `This cannot be asked for ${plainWords(refusal.reasons[0] ?? 'them', 60)}: ${plainWords(refusal.reasons.slice(1).join('; '), 300) || 'they may not have it'}.`
    case 'asked-already':
      return `${grant ? named(grant.requester) : 'Somebody'} asked for this already; it waits for an answer.`
    case 'own-request':
      return "You can't review your own request."
    case 'already-reviewed':
      return `You already answered. ${stillNeeded(grant)}`
    case 'not-an-approver':
      return `You can't answer this: ${reasons}.`
    case 'not-yet':
      return `It is not your turn yet: first ${reasons} must answer.`
    case 'not-an-admin':
      return 'Only the admins of this resource can do that.'
    case 'terms-changed':
      return `This changed since you saw it: now ${grant ? formatDuration(offeredMs(grant)) : 'different'}. Please look again.`
    case 'rules-changed':
      return `The rules changed since this was asked: ${reasons}.`
    case 'decided':
      return grant ? decidedWords(grant) : 'This was decided already.'
    case 'extend-never':
      return 'This cannot be extended; ask again when it has ended.'
    case 'extend-asked':
      return 'You asked for more time already; it waits for an answer.'
    case 'extend-times':
      return 'This was extended as often as it may be.'
    case 'extend-total':
      return `${grant && isApproved(grant) ? formatDuration(totalMs(grant)) : 'This'} is the most.`
    case 'extend-denied':
      return 'More time was denied three times; it is not asked for again.'
    case 'extend-early':
      return 'It is too early to extend this: use some of the time first.'
    case 'extended-already':
      return grant && 'endsAt' in grant
        ? `This was extended already: it ends ${when(grant.endsAt)}.`
        : 'This was extended already.'
    case 'extension-decided':
      return 'This was answered already.'
    case 'nothing-to-show':
      return 'There is nothing to show: no secret is made for this.'
    case 'not-made':
      return `Nothing was made: ${reasons}.`
    case 'not-made-now':
      return `It could not be made now${reasons === '' ? ', as this access is just being worked on' : `: ${reasons}`}. Please try again in a minute.`
    case 'not-confirmed':
    case 'cannot-confirm':
    case 'not-signed-in':
      return `Not confirmed: ${reasons}.`
    case 'must-confirm':
      return 'Confirm first that it is you.'
    case 'own-ways':
      return 'This is about you: another admin does it.'
    case 'not-helped':
      return `Nothing was done: ${reasons}.`
    case 'bad-ticket':
      return 'This link is used or too old. Press the button in Slack again for a new one.'
    case 'not-yours':
      return 'This is not yours to change.'
    case 'not-held':
      return grant ? decidedWords(grant) : 'This is not held any more.'
    case 'too-late':
      return 'Too late, access is already being taken back.'
    case 'loss-changed':
      return 'These are other people by now: nothing was changed. Please look again.'
    case 'identity-settled':
      return 'Somebody answered this already, or it needs no answer any more.'
    case 'own-identity':
      return 'This is about you: another admin answers it.'
    case 'differs-otherwise':
      return 'What differs is something else by now: nothing was changed. Please look again.'
    case 'not-taken-now':
      return `Not taken back now: ${reasons}. Somebody is working on it, or the system does not answer; it stays reported.`
    case 'not-found':
      return 'Curfew does not know this request any more.'
    case 'unsure':
      return `Curfew could not find out enough to say yes: ${reasons}. Nothing was changed; try again in a minute.`
  }
}

function decidedWords(grant: Grant): string {
  const last = grant.reviews.at(-1)
  const who = last ? ` by ${named(last.by)} at ${clockTime(last.at)}` : ''
  switch (grant.status) {
    case 'pending':
      return 'This is still waiting for an answer.'
    case 'denied':
      return `Already denied${who}.`
    case 'withdrawn':
      return `${named(whoWithdrew(grant))} withdrew this at ${clockTime(grant.closedAt)}.`
    case 'lapsed':
      return `This lapsed at ${clockTime(grant.closedAt)}.`
    case 'waiting':
    case 'recurring':
    case 'granting':
    case 'active':
      return `Already approved${who}.`
    case 'revoking':
      return 'Access is already being taken back.'
    case 'ended':
      return `This ended at ${clockTime(grant.endedAt)}.`
  }
}

function stillNeeded(grant: Grant | null): string {
  if (!grant) return ''
  const more = grant.needs - grant.reviews.length
  return more === 1 ? 'One more person is needed.' : `${more} more people are needed.`
}
