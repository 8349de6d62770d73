import { boundedMap } from '../bounded-map.ts'
import type { Device } from '../domain/devices/device.ts'
import { together } from '../domain/devices/together.ts'
import type { Known, PersonFacts } from '../domain/person.ts'
import type { PeopleSource } from '../domain/ports/directory.ts'
import type { DeviceStore } from '../domain/ports/devices.ts'

const seenForMs = 10_000

interface ShownSource extends PeopleSource {
  remembered(userId: string): PersonFacts | null
}

/**
 * The same people, and of each who is asked about alone what they work on: where a rule of the catalog asks for that. Of
 * everybody at once it is not read: whoever needs it asks for those whom it concerns.
 */
export function withDevices<Source extends ShownSource>(
  source: Source,
  { devices, isAsked }: { devices: Pick<DeviceStore, 'ofPeople' | 'onChange'>; isAsked: () => boolean },
): Source {
  // Another replica may hear of one meanwhile.
  const seen = boundedMap<readonly Device[]>(10_000, { ttl: seenForMs })
  devices.onChange(({ owner }) => {
    if (owner !== null) seen.delete(owner.slack.userId)
  })
  const one = async (facts: Known<PersonFacts>): Promise<Known<PersonFacts>> => {
    if (facts === 'unknown' || !isAsked()) return facts
    const theirs = together(await devices.ofPeople([facts.person.id]))
    seen.set(facts.person.slack.userId, theirs)
    return { ...facts, devices: theirs }
  }
  return {
    ...source,
    facts: async (userId: string) => one(await source.facts(userId)),
    freshFacts: async (userId: string) => one(await source.freshFacts(userId)),
    remembered: (userId: string) => {
      const facts = source.remembered(userId)
      if (facts === null || !isAsked()) return facts
      const known = seen.get(userId)
      return known === undefined ? null : { ...facts, devices: known }
    },
  }
}
