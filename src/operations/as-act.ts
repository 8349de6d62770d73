import type { Act, Outcome } from '../domain/audit/act.ts'
import type { ActStore, BegunAct } from '../domain/ports/acts.ts'
import type { Log } from '../domain/ports/log.ts'
import { isRefusal } from '../domain/refusal.ts'

/** What came of it; null: nothing was to be done after all. */
export type CameOf =
  Outcome | null | (Partial<Pick<Act, 'about' | 'details'>> & { readonly outcome: Outcome })

/**
 * Does it so that the record says it, however it ends: that it was about to be done stands first. What fails in between may
 * be done. Rejects as `work` does, and where it could not be said that it is about to be.
 */
export async function asAct<T>(
  { acts, log }: { readonly acts: ActStore; readonly log: Log },
  act: Act,
  work: () => Promise<T>,
  cameOf: (result: T) => CameOf = doneOrRefused,
): Promise<T> {
  const begun = await acts.begin(act)
  let result: T
  try {
    result = await work()
  } catch (error) {
    await saying(begun, 'unknown', log)
    throw error
  }
  await saying(begun, cameOf(result), log)
  return result
}

const doneOrRefused = (result: unknown): Outcome => {
  const isObject = typeof result === 'object' && result !== null
  return isObject && isRefusal(result) ? 'refused' : 'done'
}

/** It is done, whether that can be said or not: left unsaid, the record says that it is unknown. */
async function saying(begun: BegunAct, came: CameOf, log: Log): Promise<void> {
  try {
    if (came === null) await begun.dropped()
    else if (typeof came === 'string') await begun.ended(came)
    else await begun.ended(came.outcome, came)
  } catch (error) {
    log.warn('could not say what came of an act', { error })
  }
}
