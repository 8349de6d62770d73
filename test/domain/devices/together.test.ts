import type { Device } from '../../../src/domain/devices/device.ts'
import { byOwner, together } from '../../../src/domain/devices/together.ts'
import { ada, at, riley } from '../../support/builders.ts'
import { aDevice, saidAt } from '../../support/known-devices.ts'

const one = (id: string, about: Partial<Device> = {}) => aDevice({ id, ...about })

test('of each value the newest, whichever source said it', () => {
  const mdm = one('mdm/a', {
    said: { ...saidAt(5, { firewall: true }), ...saidAt(1, { managed: true }) },
    lastSeenAt: at(5),
  })
  const agent = one('agent/a', {
    joinedTo: 'mdm/a',
    said: { ...saidAt(9, { firewall: false }), ...saidAt(0, { managed: false }) },
    policies: { constructor: { result: 'fail' as const, at: at(9), remedy: null } },
    lastSeenAt: at(9),
  })
  for (const order of [
    [mdm, agent],
    [agent, mdm],
  ])
    expect(together(order)).toEqual([
      {
        ...mdm,
        said: { ...saidAt(9, { firewall: false }), ...saidAt(1, { managed: true }) },
        policies: agent.policies,
        lastSeenAt: at(9),
      },
    ])
})

test('nothing of a machine is lost where what it is joined to is joined itself, or to it', () => {
  const ids = (devices: readonly Device[]) => together(devices).map(({ id }) => id)
  const said = saidAt(9, { firewall: false })
  const chain = together([one('a', { said, joinedTo: 'b' }), one('b', { joinedTo: 'c' }), one('c')])
  expect(chain).toMatchObject([{ id: 'c', said }])
  expect(ids([one('a', { joinedTo: 'b' }), one('b', { joinedTo: 'a' })])).toHaveLength(1)
  expect(ids([one('a', { joinedTo: 'a' })])).toEqual(['a'])
})

test('what is joined to somebody else’s stands by itself', () => {
  expect(together([one('a', { joinedTo: 'theirs' })])).toHaveLength(1)
})

test('what an admin said no to adds nothing to the one that counts', () => {
  for (const approval of ['rejected', 'revoked'] as const) {
    const whole = one('a', { said: saidAt(0, { firewall: false }) })
    const refused = one('b', {
      joinedTo: 'a',
      approval,
      said: saidAt(9, { firewall: true }),
      lastSeenAt: at(9),
    })
    expect(together([whole, refused])).toContainEqual(whole)
  }
})

test('each has their own, and what is nobody’s is left out', () => {
  const theirs = byOwner([one('a'), one('b', { owner: ada }), one('c', { owner: null }), one('d')])
  expect([...theirs].map(([id, devices]) => [id, devices.map((device) => device.id)])).toEqual([
    [riley.id, ['a', 'd']],
    [ada.id, ['b']],
  ])
})
