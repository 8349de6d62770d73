import type { PersonRef } from '../person.ts'
import type { OneTimeCodeStore } from './one-time-codes.ts'

/** An admin in Slack, or whoever may run Curfew's command line. */
export type CodeMaker = PersonRef | { readonly operator: string }

/** Of a person each: who made theirs. */
export type EnrolmentCodeStore = OneTimeCodeStore<CodeMaker>
