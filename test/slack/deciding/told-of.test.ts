import type { Grant } from '../../../src/domain/grant.ts'
import { askedOnce } from '../../../src/slack/asked-once.ts'
import { aboutCard } from '../../../src/slack/deciding/card.ts'
import { aboutDm } from '../../../src/slack/holding/dms.ts'
import { anActiveGrant } from '../../support/builders.ts'
import {
  aDeniedGrant,
  aLapsedGrant,
  anEndedGrant,
  aRevokingGrant,
  aWithdrawnGrant,
} from '../../support/lives.ts'
import { aSlackSide } from '../../support/slack-side.ts'

const asker = { groups: null, guest: true, zone: 'Europe/Berlin', earlier: null }
const held = anActiveGrant({ asker })

/** As a process draws it that remembers whoever had it, or does not, as after a restart. */
function drawing({ remembers }: { remembers: boolean }) {
  const { parts } = aSlackSide()
  let asked = 0
  const world: typeof parts.world = {
    ...parts.world,
    directory: {
      ...parts.world.directory,
      facts: (person) => {
        asked += 1
        return parts.world.directory.facts(person)
      },
    },
  }
  const directory = remembers ? parts.directory : { ...parts.directory, lastSeen: () => null }
  return {
    card: (grant: Grant) => aboutCard({ ...parts, world, directory }, grant, askedOnce(world, grant)),
    dm: (grant: Grant) => aboutDm({ ...parts, world, directory }, grant),
    timesAsked: () => asked,
  }
}

describe('of what is over nobody is looked up, and what is said of it does not change with whom we remember', () => {
  test.each<[string, Grant]>([
    ['is being taken back', aRevokingGrant({}, held)],
    ['ended', anEndedGrant({}, {}, held)],
    ['lapsed', aLapsedGrant({ asker })],
    ['was denied', aDeniedGrant({ asker })],
    ['was withdrawn', aWithdrawnGrant({ asker })],
  ])('where it %s', async (_, grant) => {
    const [one, other] = [drawing({ remembers: true }), drawing({ remembers: false })]
    expect(await one.card(grant)).toMatchObject({ isGuest: true, zone: 'Europe/Berlin' })
    expect(await other.card(grant)).toEqual(await one.card(grant))
    if (grant.status !== 'revoking') expect((await one.dm(grant)).zone).toBe('Europe/Berlin')
    expect((await other.dm(grant)).zone).toBe('Europe/Berlin')
    expect([one.timesAsked(), other.timesAsked()]).toEqual([0, 0])
  })
})

test('whoever is not remembered is told of what they have in the time zone in which they asked', async () =>
  expect((await drawing({ remembers: false }).dm(held)).zone).toBe('Europe/Berlin'))
