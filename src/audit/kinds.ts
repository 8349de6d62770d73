import type { ActType } from '../domain/audit/act.ts'
import { isOfGrant, type Recorded } from '../domain/audit/recorded.ts'
import type { Happened } from '../domain/happened.ts'

/*
 * What the types of entries are called for programs that watch over a company, and how much each deserves a look. The
 * course of things is informational; what changes who may do what, or how people prove who they are, is low; what went
 * round the usual way, or is not as it should be, is medium; access without anybody's word is high.
 */

export const severities = ['informational', 'low', 'medium', 'high'] as const
export type Severity = (typeof severities)[number]

export interface Kind {
  readonly name: string
  readonly severity: Severity
}

const kind = (name: string, severity: Severity = 'informational'): Kind => ({ name, severity })

/** A type that is missing here does not compile. */
export const kindsOfHappened: Readonly<Record<Happened['type'], Kind>> = {
  asked: kind('Access asked for'),
  'broke-glass': kind('Glass broken', 'high'),
  'matched-rule': kind('Access due by a rule'),
  confirmed: kind('Identity confirmed'),
  approved: kind('Access approved', 'low'),
  'approved-by-rule': kind('Access approved by a rule', 'low'),
  denied: kind('Access denied', 'low'),
  withdrawn: kind('Request withdrawn'),
  dropped: kind('Request dropped'),
  lapsed: kind('Request lapsed'),
  reminded: kind('Approvers reminded'),
  escalated: kind('Approval escalated'),
  recounted: kind('Approvals counted again'),
  window: kind('Window of a series opened'),
  skipped: kind('Window of a series skipped'),
  missed: kind('Windows of a series missed'),
  'series-over': kind('Series over'),
  opened: kind('Access due'),
  given: kind('Access given', 'low'),
  ours: kind('Found to be given by Curfew'),
  shown: kind('Credentials shown', 'low'),
  renewed: kind('Access renewed'),
  warned: kind('Holder warned of the end'),
  'more-time-asked': kind('More time asked for'),
  'more-time-approved': kind('More time approved', 'low'),
  'more-time-denied': kind('More time denied', 'low'),
  extended: kind('Access extended', 'low'),
  unfit: kind('Device not fit', 'medium'),
  'fit-again': kind('Device fit again'),
  resumed: kind('Access resumed'),
  late: kind('System not changed in time', 'medium'),
  'tried-now': kind('System tried again'),
  end: kind('Access ends'),
  taken: kind('Access taken back'),
  'review-owed': kind('Review of broken glass owed', 'medium'),
  'review-closed': kind('Review of broken glass closed'),
  noted: kind('Noted'),
}

/** A type that is missing here does not compile. */
export const kindsOfActs: Readonly<Record<ActType, Kind>> = {
  'device-approved': kind('Device approved', 'low'),
  'device-rejected': kind('Device rejected', 'low'),
  'device-revoked': kind('Device revoked', 'low'),
  'device-given-owner': kind('Device given an owner', 'low'),
  'device-joined': kind('Devices joined', 'low'),
  'device-kept': kind('Owner of a device kept', 'low'),
  'device-questioned': kind('Owner of a device in question', 'medium'),
  'silence-ends-held': kind('Silent source let end what is held', 'medium'),
  'device-code-made': kind('Code for a device made', 'low'),
  'device-enrolled': kind('Device enrolled', 'low'),
  'device-key-removed': kind('Key of a device removed', 'low'),
  'way-added': kind('Way to confirm added', 'low'),
  'way-removed': kind('Way to confirm removed', 'low'),
  'ways-removed': kind('All ways to confirm removed', 'medium'),
  'way-code-made': kind('Code to add a way to confirm made', 'medium'),
  'account-linked': kind('Account linked', 'low'),
  'user-created': kind('User created'),
  'user-changed': kind('User changed'),
  'user-removed': kind('User removed'),
  'group-created': kind('Group created'),
  'group-changed': kind('Group changed'),
  'group-removed': kind('Group removed'),
  'identities-joined': kind('Identities joined', 'low'),
  'identities-set-apart': kind('Identities set apart', 'low'),
  'difference-taken-back': kind('Access without a grant taken back', 'medium'),
  'difference-accepted': kind('Access without a grant accepted', 'medium'),
  'loss-confirmed': kind('Loss of many confirmed', 'medium'),
  'approved-ahead': kind('Access approved ahead', 'low'),
  'approval-ahead-stopped': kind('Approval given ahead stopped', 'low'),
  'catalog-loaded': kind('Catalog loaded', 'low'),
  'directory-token-made': kind('Token for a directory made', 'medium'),
  'directory-token-revoked': kind('Token of a directory revoked', 'low'),
  'keys-rotated': kind('Keys rotated', 'low'),
  'record-read': kind('Record read'),
  'record-pruned': kind('Old part of the record removed', 'medium'),
}

/** What a type is called by programs: never another one, as types are stored. */
export const codeOf = (entry: Recorded): string =>
  isOfGrant(entry) ? `grant.${entry.happened.type}` : `act.${entry.type}`

export const kindOf = (entry: Recorded): Kind =>
  isOfGrant(entry) ? kindsOfHappened[entry.happened.type] : kindsOfActs[entry.type]

/** Of its type, or more where what it says is worse. */
export function severityOf(entry: Recorded): Severity {
  const usual = kindOf(entry).severity
  if (isOfGrant(entry)) return worse(usual, ofHappened(entry.happened))
  return entry.outcome === 'done' ? usual : worse(usual, 'low')
}

function ofHappened(happened: Happened): Severity {
  if (happened.type === 'end' && happened.cause === 'failed') return 'medium'
  // Ended by itself, or by its holder, it is the course of things.
  if (happened.type === 'end' && happened.cause !== 'expired' && happened.cause !== 'released') return 'low'
  // It is held still.
  if (happened.type === 'taken' && happened.left.startsWith('kept')) return 'low'
  return 'informational'
}

const worse = (one: Severity, other: Severity): Severity =>
  severities.indexOf(one) < severities.indexOf(other) ? other : one
