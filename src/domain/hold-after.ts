import type { Hold } from './hold.ts'
import type { HoldWrite } from './ports/holds.ts'

/**
 * What a write under its token makes of a hold, but for the database's instants (`leaseUntil`, `readAt`), which stay as
 * they were read. Null where that is to be read: others watch it too, which says that nothing was held before, and what
 * is due is timed by the database.
 */
export function holdAfter(hold: Hold, change: HoldWrite): Hold | null {
  const { where, claim, unclaim, heldBefore, call, intent, watch, unwatch, leftover, dueInMs } = change
  const isOlder = heldBefore ?? hold.heldBefore
  if (isOlder || hold.watch !== null || watch || unwatch || leftover || dueInMs !== undefined) return null
  const { [unclaim?.grantId ?? '']: _gone, ...claims } = {
    ...hold.claims,
    ...(claim && { [claim.grantId]: claim.end }),
  }
  return {
    ...hold,
    claims,
    where: where ?? hold.where,
    heldBefore: false,
    call: call === undefined ? hold.call : call,
    intent: intent ?? hold.intent,
    lastLeft: unclaim ?? hold.lastLeft,
    leftover: leftover === null ? null : hold.leftover,
  }
}
