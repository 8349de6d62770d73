import { after } from '../instants.ts'
import type { SourceHeard } from '../ports/device-sources.ts'
import type { Device } from './device.ts'
import { fitness } from './fitness.ts'
import type { FitRule } from './rules.ts'
import { aged, moved, newestOf, stoodBeforeMs } from './standing-still.ts'
import { machineIdOf, together } from './together.ts'

const farMs = 100 * 365 * 24 * 3_600_000
const mostTurns = 50

/**
 * When what is held by this rule is lost if everything else is heard of on and on, and this source never again: with the
 * time there is to mend it. Null: not before it ends anyway, or for another reason. `devices`: those of its holder.
 */
export function lostBySilence(
  { source, heardAt, gap }: Pick<SourceHeard, 'source' | 'heardAt' | 'gap'>,
  {
    rule,
    devices,
    onDevice,
    endsAt,
  }: { rule: FitRule; devices: readonly Device[]; onDevice: string | null; endsAt: Date },
): Date | null {
  const on = machineIdOf(devices, onDevice)
  const lastAt = newestOf(devices.filter((device) => device.source === source))
  const heardOn = (device: Device): Device =>
    device.source === source
      ? aged(device, (at) => stoodBeforeMs({ gap, heardAt }, { at, lastAt }))
      : moved(device, farMs)
  const all = together(devices.map(heardOn))
  let at = heardAt
  let found = fitness(rule, all, { now: at, onDevice: on })
  if (!found.isFit) return null
  // One that is not seen lately any more leaves it to the others.
  for (let turns = 0; found.isFit && turns < mostTurns; turns++) {
    at = found.until
    found = fitness(rule, all, { now: at, onDevice: on })
  }
  const lostAt = after(at, rule.graceMs)
  return !found.isFit && lostAt < endsAt ? lostAt : null
}
