import type { PersonRef } from '../person.ts'
import type { CodeMaker } from './enrolment-codes.ts'
import type { OneTimeCodeStore } from './one-time-codes.ts'

/** Whose device it is that is enrolled by it, and who made it: they themselves, an admin, an operator. */
export interface DeviceCodeMade {
  readonly person: PersonRef
  readonly by: CodeMaker
}

/** By the first half of each code: whoever types it says nothing else of themselves. */
export type DeviceCodeStore = OneTimeCodeStore<DeviceCodeMade>

/** One-time codes by which a machine becomes somebody's device. */
export interface DeviceCodes {
  /** Whether `by` may is the caller's to know. The code is shown this once. */
  make(made: DeviceCodeMade): Promise<{ readonly code: string; readonly until: Date }>
  /** It is used up. Null: it is none that is good; why is nobody's to know who has none. */
  use(typed: string): Promise<DeviceCodeMade | null>
}
