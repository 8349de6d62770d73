import type { ActType } from '../../domain/audit/act.ts'
import { access, account, entity, group, type Activity } from './activities.ts'

/**
 * People and what they confirm with are accounts, groups are groups, access that no grant explains is user access; all else
 * is an entity that is managed. A type that is missing here does not compile.
 */
export const activitiesOfActs: Readonly<Record<ActType, Activity>> = {
  'device-approved': entity.enable,
  'device-rejected': entity.disable,
  'device-revoked': entity.disable,
  'device-given-owner': entity.update,
  'device-joined': entity.update,
  'device-kept': entity.update,
  'device-questioned': entity.disable,
  'silence-ends-held': entity.other('Let Silence Count'),
  'device-code-made': entity.other('Make Code'),
  'device-enrolled': entity.enroll,
  'device-key-removed': entity.unenroll,
  'way-added': account.enableFactor,
  'way-removed': account.disableFactor,
  'ways-removed': account.disableFactor,
  'way-code-made': account.other('Make Code'),
  'account-linked': account.other('Link Account'),
  'user-created': account.create,
  // The class has no word for it.
  'user-changed': account.other('Update'),
  'user-removed': account.delete,
  'group-created': group.create,
  'group-changed': group.other('Update'),
  'group-removed': group.delete,
  'identities-joined': account.other('Join Identities'),
  'identities-set-apart': account.other('Set Identities Apart'),
  'difference-taken-back': access.revoke,
  'difference-accepted': access.other('Accept Privileges'),
  'loss-confirmed': entity.other('Confirm Loss'),
  'approved-ahead': entity.other('Approve Ahead'),
  'approval-ahead-stopped': entity.other('Stop Approval Ahead'),
  'catalog-loaded': entity.update,
  'directory-token-made': entity.create,
  'directory-token-revoked': entity.delete,
  'keys-rotated': entity.update,
  'record-read': entity.read,
  // Whoever watches for logs that are removed is to see it.
  'record-pruned': entity.delete,
}
