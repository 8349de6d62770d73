import { aboutCard } from '../../../src/slack/deciding/card.ts'
import { read } from '../../catalog/reading.ts'
import { anActiveGrant, aPendingGrant } from '../../support/builders.ts'
import { anEndedGrant } from '../../support/lives.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

test('a card says whom it asks and as whom it would be given by one catalog, whatever comes into force meanwhile', async () => {
  const before = read(catalogWith())
  const after = read(catalogWith().replace('principal: email.split("@")[0]', 'principal: email'))
  let now = before
  const side = aSlackSide({ catalog: before })
  const { directory } = side.parts
  const grant = { ...aPendingGrant(), principal: null }
  await side.writes(grant)
  const mentions: typeof directory.mentions = (of) => {
    now = after
    return directory.mentions(of)
  }
  const world = { ...side.world, catalog: () => now }
  const about = await aboutCard({ ...side.parts, world, directory: { ...directory, mentions } }, grant)
  expect(now).toBe(after)
  expect(about.principal).toBe('riley')
})

test.each([
  ['waits for an answer', aPendingGrant(), 1],
  ['is held', anActiveGrant(), 0],
  ['ended', anEndedGrant(), 0],
])(
  'the holder of what %s is looked up for its card only where somebody decides by it',
  async (_, grant, times) => {
    const side = aSlackSide()
    await side.writes(grant)
    let asked = 0
    const facts: typeof side.world.directory.facts = (person) => {
      asked += 1
      return side.world.directory.facts(person)
    }
    const world = { ...side.world, directory: { ...side.world.directory, facts } }
    const known = {
      catalog: world.catalog(),
      asked: () => Promise.resolve(null),
      windows: () => Promise.resolve([]),
    }
    const { zone } = await aboutCard({ ...side.parts, world }, grant, known)
    expect([zone, asked]).toEqual(['Europe/Berlin', times])
  },
)
