import type { BreakGlassEvent } from './break-glass.ts'
import type { CloseEvent } from './closing.ts'
import type { DebtEvent } from './debt.ts'
import type { PostureEvent } from './devices/posture.ts'
import type { EndEvent, TakenEvent } from './ending.ts'
import type { AnswerExtension, Extend } from './extension.ts'
import type { GivenEvent, OpenEvent, ShownEvent } from './giving.ts'
import type { AnswerEvent, AutoApproveEvent, RecountEvent } from './review.ts'
import type { SeriesEvent } from './series.ts'
import type { ConfirmAgain } from './session.ts'
import type { NudgeEvent } from './stages.ts'
import type { RenewEvent } from './standing.ts'
import type { WarnEvent } from './warning.ts'

/** Everything that can happen to a grant. Instants in events come from the caller's clock and dice. */
export type Event =
  | AnswerEvent
  | AutoApproveEvent
  | RecountEvent
  | CloseEvent
  | NudgeEvent
  | OpenEvent
  | SeriesEvent
  | BreakGlassEvent
  | RenewEvent
  | ConfirmAgain
  | GivenEvent
  | ShownEvent
  | Extend
  | AnswerExtension
  | DebtEvent
  | WarnEvent
  | PostureEvent
  | EndEvent
  | TakenEvent
