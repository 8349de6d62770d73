import type { PersonRef } from '../person.ts'

/** An admin in Slack, or whoever may run Curfew's command line. */
export type CodeMaker = PersonRef | { readonly operator: string }

export interface EnrolmentCodeStore {
  /** A person has one at most: a new one takes the place of the one before. Good for so long by the database's clock. */
  put(
    person: string,
    code: { readonly mark: string; readonly by: CodeMaker; readonly forMs: number; readonly tries: number },
  ): Promise<{ readonly until: Date }>
  /**
   * Counts a try, and uses the code up if one of these marks is its own: of all who try at once with the right one, one
   * does, and of all the others no more than its tries are looked at.
   */
  use(person: string, marks: readonly string[]): Promise<CodeUse>
  /** False where there was none that was good. */
  cancel(person: string): Promise<boolean>
}

export type CodeUse =
  | { readonly used: true; readonly by: CodeMaker; readonly at: Date }
  | { readonly used: false; readonly why: 'wrong'; readonly left: number }
  | { readonly used: false; readonly why: 'none' | 'expired' | 'used-before' | 'too-many-tries' }
