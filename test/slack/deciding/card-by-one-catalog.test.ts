import { aboutCard } from '../../../src/slack/deciding/card.ts'
import { read } from '../../catalog/reading.ts'
import { aPendingGrant } from '../../support/builders.ts'
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
