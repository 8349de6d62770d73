import { termsOf, type Grant } from '../../src/domain/grant.ts'
import { isRefusal, type Refusal } from '../../src/domain/refusal.ts'
import { weekdayNames } from '../../src/domain/timing.ts'
import { requestAccess, type Ask } from '../../src/operations/request.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { stopPreApproval } from '../../src/operations/stop-pre-approval.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, as, eventually, listenToLog, patient } from './acts.ts'
import type { Minute } from './weekly.ts'

/** A running app, and a gate whose entitlement has these lines more in the catalog. */
export interface AtTheGate {
  readonly stage: Stage
  readonly gate: Gate
}

export async function aGateWith(more: string, env: Record<string, string> = {}): Promise<AtTheGate> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast: Cast) => gateCatalog(cast, { duration: '10m', more }),
    env: { ...gate.env, ...env },
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

/** The same, with Lee, who is a member of the workspace and of none of its channels. The app is not started yet. */
export async function aGateWithLee(more: string): Promise<AtTheGate & { readonly lee: Person }> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast: Cast) => gateCatalog(cast, { duration: '10m', more }),
    env: gate.env,
    started: false,
  })
  const lee = stage.workspace.addPerson({ name: 'Lee', email: 'lee@acme.example', tz: 'UTC', channels: [] })
  return { stage, gate, lee }
}

export { as as by } from './acts.ts'

/** The one word of what became of it. */
export const said = (outcome: Grant | Refusal): string =>
  isRefusal(outcome) ? outcome.refused : outcome.status

export function granted(outcome: Grant | Refusal): Grant {
  if (isRefusal(outcome)) throw new Error(`${outcome.refused} ${outcome.reasons.join()}`)
  return outcome
}

/** What Riley asks for, unless more is said: ten minutes of the gate. */
export const anAsk = (stage: Stage, change: Partial<Ask> = {}): Ask => ({
  requestId: aReason(),
  by: as(stage, stage.riley),
  resource: 'gate',
  entitlement: 'open',
  durationMs: 600_000,
  startsAt: null,
  recurrence: null,
  reason: aReason(),
  ...change,
})

export const asked = async (stage: Stage, change: Partial<Ask> = {}): Promise<Grant> =>
  granted(await requestAccess(stage.app.world, anAsk(stage, change)))

/** Somebody's yes, Ada's unless said otherwise, to what the card shows now. */
export async function answers(
  stage: Stage,
  { id }: Grant,
  { who = stage.ada, aheadUntil = null }: { who?: Person; aheadUntil?: Date | null } = {},
): Promise<Grant | Refusal> {
  const now = await stage.app.world.grants.get(id)
  if (now === null) throw new Error('it is not written')
  return reviewGrant(stage.app.world, {
    grantId: id,
    by: as(stage, who),
    terms: termsOf(now),
    verdict: 'approve',
    note: null,
    durationMs: null,
    aheadUntil,
  })
}

export const yes = async (...of: Parameters<typeof answers>): Promise<Grant> => granted(await answers(...of))

/** Ada takes back the one approval ahead there is. */
export async function stopsTheWord(stage: Stage): Promise<void> {
  const { world } = stage.app
  const [word] = await world.preApprovals.running(world.clock.now())
  const stopped = await stopPreApproval(world, { id: word?.id ?? '', by: as(stage, stage.ada) })
  if (isRefusal(stopped)) throw new Error(stopped.refused)
}

export const becomes = <S extends Grant['status']>(
  stage: Stage,
  id: string,
  status: S,
  withinMs = patient.withinMs,
): Promise<Extract<Grant, { status: S }>> => {
  const isIt = (grant: Grant | null): grant is Extract<Grant, { status: S }> => grant?.status === status
  return eventually(() => stage.app.world.grants.get(id), isIt, withinMs)
}

/** Every week on this minute, once or until a day. */
export const weekly = ({ weekday, date, time }: Minute, until = date): NonNullable<Ask['recurrence']> => ({
  weekdays: [weekdayNames.findIndex((name) => name === weekday) + 1],
  everyWeeks: 1,
  from: date,
  until,
  start: time,
  zone: 'UTC',
})
