/** Codes that count once, for a short while and a few tries; `About` is what each was made with. */
export interface OneTimeCodeStore<About> {
  /** Each key has one at most: a new one takes the place of the one before. Good for so long by the database's clock. */
  put(
    key: string,
    code: { readonly mark: string; readonly about: About; readonly forMs: number; readonly tries: number },
  ): Promise<{ readonly until: Date }>
  /**
   * Counts a try, and uses the code up if one of these marks is its own: of all who try at once with the right one, one
   * does, and of all the others no more than its tries are looked at.
   */
  use(key: string, marks: readonly string[]): Promise<CodeUse<About>>
  /** False where there was none that was good. */
  cancel(key: string): Promise<boolean>
}

export type CodeUse<About> =
  | { readonly used: true; readonly about: About; readonly at: Date }
  | { readonly used: false; readonly why: 'wrong'; readonly left: number }
  | { readonly used: false; readonly why: 'none' | 'expired' | 'used-before' | 'too-many-tries' }
