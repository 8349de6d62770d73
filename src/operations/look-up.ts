import type { Device } from '../domain/devices/device.ts'
import { together } from '../domain/devices/together.ts'
import type { Known, PersonFacts, PersonRef } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { entitlementsOf } from './admins.ts'
import { isHelper, whyNoHelp } from './confirm/help.ts'
import { needsOwnWays } from '../domain/confirming/asked-for.ts'
import { isDeviceAdmin } from './devices/answer-device.ts'
import { explainPerson, type PersonExplained } from './explain-person.ts'
import { withOneCatalog, type World } from './world.ts'

export interface LookedUp {
  readonly about: PersonExplained
  /** The admin may help them to confirm who they are. */
  readonly offersHelp: boolean
  /** What they work on; null where the admin does not say which devices count. */
  readonly devices: readonly Device[] | null
}

/**
 * An admin looks somebody up, by their Slack user id: who they are, and what concerns what the admin looks after, and
 * nothing else. Whoever is no admin any more is refused.
 */
export async function lookUp(
  world: Pick<World, 'catalog' | 'directory' | 'clock' | 'grants' | 'confirming' | 'devices'>,
  { by, userId }: { by: PersonRef; userId: string },
): Promise<LookedUp | Refusal> {
  const viewer = await world.directory.facts(by)
  if (viewer === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const one = withOneCatalog(world)
  const catalog = one.catalog()
  const theirs = await entitlementsOf(one, viewer)
  const keepsDevices = isDeviceAdmin(catalog, viewer)
  if (theirs.length === 0 && !isHelper(catalog, viewer) && !keepsDevices) return refuse('not-an-admin')
  const whom = await factsOf(world, userId)
  if (whom === 'unknown' || whom === null)
    return refuse('unsure', { reasons: ['Slack did not say who that is'] })
  const about = await explainPerson(one, whom, theirs)
  const isWanted = world.confirming.enrolling.isPossible && needsOwnWays(catalog)
  const offersHelp = isWanted && whyNoHelp(catalog, viewer, whom) === null
  const devices = keepsDevices ? together(await world.devices.ofPeople([whom.person.id])) : null
  return { about, offersHelp, devices }
}

/** As they are among everybody: their manager, too, is matched with what directories say then. */
async function factsOf(
  { directory }: Pick<World, 'directory'>,
  userId: string,
): Promise<Known<PersonFacts> | null> {
  const everyone = await directory.everyone()
  const listed =
    everyone === 'unknown' ? undefined : everyone.people.find(({ person }) => person.slack.userId === userId)
  return listed ?? directory.named(userId)
}
