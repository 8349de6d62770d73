import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import {
  aSlack,
  becomes,
  cardAndDm,
  replicas,
  standing,
  stopReplicas,
} from '../../support/publishing-replicas.ts'
import { secondsGoBy, settled, until } from '../../support/publishing.ts'

/** What Slack does not take now is tried ever more seldom, and keeps nothing else of its grant from being shown. */

useBeats()
afterEach(() => stopReplicas())

/** A grant's card and DM stand, and the DM cannot be edited: four times by now, so that it is left alone for 8 s. */
async function dmFailed() {
  let isRefused = true
  const slack = aSlack(async (_method, { ts }) =>
    isRefused && ts === 'dm:g1' ? new Response('', { status: 503 }) : null,
  )
  const { all, side } = replicas(2, slack, { of: cardAndDm })
  const [here, elsewhere] = all
  if (here === undefined || elsewhere === undefined) throw new Error('no two replicas')
  await elsewhere.publisher.stop()
  await standing(slack.messages, here.store, ['card:g1', 'dm:g1'])
  const sent = (words: string) => slack.log.filter((line) => line.includes(`:g1 ${words}`)).length
  await here.grants.insert(anActiveGrant({ reason: 'asked', unshown: true }))
  for (let tries = 1; tries <= 4; tries++) {
    await until(() => sent('dm: asked') === tries)
    await settled()
    if (tries < 4) await secondsGoBy(side, 2 ** (tries - 1))
  }
  return { here, elsewhere, side, sent, letThrough: () => (isRefused = false) }
}

test('a card is edited at once though a DM of its grant has failed again and again', async () => {
  const { here, sent } = await dmFailed()
  await here.grants.change('g1', becomes('approved'))
  await settled()
  expect(sent('card: approved')).toBe(1)
  expect(sent('dm: approved')).toBe(0)
})

test('a card is edited within seconds where another replica wrote what it shows', async () => {
  const { elsewhere, side, sent } = await dmFailed()
  await elsewhere.grants.change('g1', becomes('approved elsewhere'))
  await secondsGoBy(side, 3)
  expect(sent('card: approved elsewhere')).toBe(1)
  expect(sent('dm: approved elsewhere')).toBe(0)
})

test('what was not taken is sent once its time has come, as it is by then, and then all is shown', async () => {
  const { here, side, sent, letThrough } = await dmFailed()
  await here.grants.change('g1', becomes('approved'))
  await settled()
  letThrough()
  await secondsGoBy(side, 7)
  expect(sent('dm: approved')).toBe(0)
  await secondsGoBy(side, 2)
  expect(sent('dm: approved')).toBe(1)
  await until(async () => (await here.grants.get('g1'))?.unshown === false)
  expect(sent('card: approved')).toBe(1)
})
