import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { aGate } from '../../support/busy-publisher.ts'
import {
  aSlack,
  becomes,
  cardAndDm,
  replicas,
  standing,
  stopReplicas,
} from '../../support/publishing-replicas.ts'
import { secondsGoBy, settled, until } from '../../support/publishing.ts'

useBeats()
afterEach(() => stopReplicas())

/** A grant's DM is refused, its card is on its way to Slack, and hundreds of others are not shown. */
test.each([
  ['nobody', false],
  ['somebody', true],
])(
  'a change that came while a card was being sent is shown within seconds, though %s clicked it in vain just then',
  async (_who, isClicked) => {
    const gate = aGate()
    let isHeld = false
    const slack = aSlack(async (_method, { text }) => {
      if (text?.startsWith('dm')) return Response.json({ ok: false, error: 'internal_error' })
      if (isHeld) await gate.opened
      return null
    })
    const {
      all: [here],
      side,
    } = replicas(1, slack, { of: cardAndDm })
    if (here === undefined) throw new Error('none')
    const { unshown } = here.grants
    const others = Array.from({ length: 600 }, (_, i) => ({ id: `a${1_000 + i}`, revision: 0 }))
    here.grants.unshown = async (limit, after = '') =>
      [...others, ...(await unshown(limit))].filter(({ id }) => id > after).slice(0, limit)
    await standing(slack.messages, here.store, ['card:g1', 'dm:g1'])
    await secondsGoBy(side, 3)
    isHeld = true
    await here.grants.insert(anActiveGrant({ reason: 'approved', unshown: true }))
    await settled()
    await here.grants.change('g1', becomes('given'))
    if (isClicked) here.publisher.look('g1')
    await settled()
    isHeld = false
    gate.open()
    await until(() => slack.messages.get('card:g1') !== 'old')
    await secondsGoBy(side, 8)
    expect(slack.messages.get('card:g1')).toBe('card: given')
  },
)
