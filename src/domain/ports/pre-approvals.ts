import type { PersonRef } from '../person.ts'
import type { PreApproval } from '../pre-approval.ts'

export interface PreApprovalStore {
  /** Writes it; the same id again changes nothing. */
  insert(made: PreApproval): Promise<void>
  get(id: string): Promise<PreApproval | null>
  /** Those of this person that run now, the oldest first. */
  forSubject(subjectId: string, now: Date): Promise<PreApproval[]>
  byApprover(approverId: string, now: Date): Promise<PreApproval[]>
  /** Everybody's that run now. */
  running(now: Date): Promise<PreApproval[]>
  /** From now on it answers nothing; by null: whoever gave it, or whom it is for, left. Stopped twice, the first counts. */
  stop(id: string, by: PersonRef | null, at: Date): Promise<PreApproval | null>
}
