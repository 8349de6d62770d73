import type { Act } from '../../domain/audit/act.ts'
import { refTo, type PersonRef } from '../../domain/person.ts'
import { refuse, type Refusal } from '../../domain/refusal.ts'
import { asAct } from '../as-act.ts'
import { isOutdated, newRules, withOneCatalog, type World } from '../world.ts'
import { isDeviceAdmin } from './answer-device.ts'

/**
 * An admin says that what is held on the devices of a source that is silent ends all the same, each at its time. Counts for
 * this silence alone: once the source is heard of, it is over.
 */
export async function takeAnyway(
  world: World,
  { by, source, heardAt }: { by: PersonRef; source: string; heardAt: Date },
): Promise<{ readonly source: string } | Refusal> {
  const one = withOneCatalog(world)
  const facts = await world.directory.freshFacts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  if (!isDeviceAdmin(one.catalog(), facts)) return refuse('not-an-admin')
  const about = { kind: 'source', id: source, name: source } as const
  const act: Act = { type: 'silence-ends-held', by: refTo(facts.person), about, details: {} }
  const refusal = await asAct(world, act, async () => {
    if (isOutdated(world, one)) return newRules(null)
    return (await world.deviceSources.takeAnyway(source, heardAt)) ? null : refuse('device-settled')
  })
  if (refusal !== null) return refusal
  world.log.warn('an admin lets a silent source take what is held', { by: refTo(facts.person).id, source })
  return { source }
}
