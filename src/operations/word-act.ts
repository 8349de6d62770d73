import type { Act } from '../domain/audit/act.ts'
import { plainlyNamed } from '../domain/person.ts'
import type { PreApproval } from '../domain/pre-approval.ts'

/** What is done about a word that was given ahead, for the record. */
export const wordAct = (
  type: 'approved-ahead' | 'approval-ahead-stopped',
  { id, subject, approver, resource, entitlement, until }: PreApproval,
  by: Act['by'],
): Act => ({
  type,
  by,
  about: {
    kind: 'entitlement',
    id: `${resource.id}/${entitlement.id}`,
    name: `${resource.name} ${entitlement.name}`,
  },
  details: {
    word: id,
    subject: subject.id,
    subjectName: plainlyNamed(subject),
    approver: approver.id,
    until: until.toISOString(),
  },
})
