/** What an answer was taken for, or why it can be none, in words that repeat nothing secret. */
export type Read<T> = { readonly is: T } | { readonly why: string }

/** One thing that is asked for: typed, or given by a variable or a flag. */
export interface Part<T> {
  /** What gives it where nobody is asked, the first that is there: `SLACK_BOT_TOKEN`, `--channel`. */
  readonly by: readonly [string, ...string[]]
  readonly asks: string
  /** Not shown while it is typed. */
  readonly isSecret: boolean
  /** What Enter alone means; null: it must be answered. */
  readonly otherwise: string | null
  /** Enter counts only where somebody presses it: without a terminal it must be given. */
  readonly isForPeople?: true
  /** Spaces around it are a part of it. */
  readonly isVerbatim?: true
  readonly read: (text: string) => Read<T> | Promise<Read<T>>
}

/** Null: it was not given, which is said once for all that is missing. */
export type Ask = <T>(part: Part<T>) => Promise<T | null>

/** What was given beside the questions, by the name of its variable or its flag. */
export type Given = ReadonlyMap<string, string>

/** The first of its names that something was given by. */
export function givenFor<T>(part: Part<T>, given: Given): { name: string; text: string } | null {
  for (const name of part.by) {
    const text = meant(part, given.get(name) ?? '')
    if (text !== '') return { name, text }
  }
  return null
}

/** Without the spaces around it, which editors and the clipboard leave. */
export const meant = <T>({ isVerbatim }: Part<T>, text: string): string => (isVerbatim ? text : text.trim())
