import type { Happened } from '../../domain/happened.ts'
import { access, authenticate, entity, type Activity } from './activities.ts'

/**
 * A request and what comes of it is an entity that is managed: there is no class of requests. What is given and taken on a
 * system is user access; who confirmed that it is they logged on. A type that is missing here does not compile.
 */
export const activitiesOfHappened: Readonly<Record<Happened['type'], Activity>> = {
  asked: entity.create,
  'broke-glass': entity.create,
  'matched-rule': entity.create,
  confirmed: authenticate.logon,
  approved: entity.update,
  'approved-by-rule': entity.update,
  // Closed: nothing comes of it any more.
  denied: entity.deactivate,
  withdrawn: entity.deactivate,
  dropped: entity.deactivate,
  lapsed: entity.deactivate,
  reminded: entity.other('Remind'),
  escalated: entity.other('Escalate'),
  recounted: entity.update,
  window: entity.create,
  skipped: entity.update,
  missed: entity.update,
  'series-over': entity.deactivate,
  opened: entity.activate,
  given: access.assign,
  ours: entity.update,
  shown: entity.read,
  renewed: entity.update,
  warned: entity.other('Warn'),
  'more-time-asked': entity.other('Ask for More Time'),
  'more-time-approved': entity.update,
  'more-time-denied': entity.other('Deny More Time'),
  extended: entity.update,
  // It is held until the grace is over.
  unfit: entity.other('Warn of Device'),
  'fit-again': entity.other('Accept Device'),
  resumed: entity.resume,
  late: entity.other('Report Lateness'),
  'tried-now': entity.other('Try Again'),
  end: entity.deactivate,
  taken: access.revoke,
  'review-owed': entity.other('Owe Review'),
  'review-closed': entity.other('Close Review'),
  noted: entity.other('Note'),
}

/** Of its type; but access that stays is not revoked, nor what never was. */
export function activityOf(happened: Happened): Activity {
  if (happened.type !== 'taken') return activitiesOfHappened[happened.type]
  switch (happened.left) {
    case 'gone':
      return activitiesOfHappened.taken
    case 'never-given':
      return access.other('Never Assigned')
    case 'kept-for-grant':
    case 'kept-before':
      return access.other('Keep Privileges')
  }
}

/** The words that came with it: of people, of a rule, or of a system. */
export function wordsOf(happened: Happened): string | null {
  switch (happened.type) {
    case 'approved':
    case 'denied':
    case 'review-closed':
      return happened.note
    case 'end':
      return happened.note === null ? happened.cause : `${happened.cause}: ${happened.note}`
    case 'approved-by-rule':
      return happened.because
    case 'dropped':
    case 'unfit':
      return happened.why
    case 'late':
      return happened.error
    case 'taken':
      return happened.left
    case 'noted':
      return happened.note ?? happened.words
    default:
      return null
  }
}
