import type { Device } from '../../../src/domain/devices/device.ts'
import { fitness } from '../../../src/domain/devices/fitness.ts'
import { lacksInWords } from '../../../src/domain/devices/lack-words.ts'
import type { FitRule } from '../../../src/domain/devices/rules.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

const one = (
  id: string,
  { heard = 0, ...about }: Partial<Device> & { heard?: number; firewall?: boolean } = {},
) =>
  aDevice({
    id: `mdm/${id}`,
    sourceId: id,
    name: id,
    lastSeenAt: at(heard),
    said: saidAt(heard, { firewall: about.firewall ?? true }),
    ...about,
  })

const judge = (rule: FitRule, theirs: readonly Device[], seconds: number, onDevice: string | null = null) =>
  fitness(rule, theirs, { now: at(seconds), onDevice })

const kindsOf = (found: ReturnType<typeof judge>) =>
  found.isFit ? 'fit' : found.lacks.map(({ kind }) => kind)
const untilOf = (found: ReturnType<typeof judge>) => (found.isFit ? found.until : null)

test('it is fit exactly until its oldest value is too old', () => {
  const device = one('a', { lastSeenAt: at(30) })
  expect(untilOf(judge(aRule(), [device], 59.999))).toEqual(at(60))
  expect(kindsOf(judge(aRule(), [device], 60))).toEqual(['unfit'])
})

test('a person with none has no device that counts', () => {
  for (const which of ['every', 'any'] as const)
    expect(kindsOf(judge(aRule({ which }), [], 0))).toEqual(['no-device'])
})

test('of twenty each must be fit, or one', () => {
  const twenty = Array.from({ length: 20 }, (_, i) => one(`d${i}`, { firewall: i === 7, heard: i }))
  expect(kindsOf(judge(aRule(), twenty, 20))).toHaveLength(19)
  expect(untilOf(judge(aRule({ which: 'any' }), twenty, 20))).toEqual(at(67))
})

test.each([
  ['pending', { approval: 'pending' as const }, 'd (it waits for an admin)'],
  ['rejected', { approval: 'rejected' as const }, 'd (an admin rejected it)'],
  ['revoked', { approval: 'revoked' as const }, 'd (an admin revoked it)'],
  ['in question', { isInQuestion: true }, 'd (an admin is to say whose it is)'],
])('one that is %s does not count, and does not get in the way', (_, about, words) => {
  const bad = one('d', { ...about, firewall: false })
  expect(kindsOf(judge(aRule(), [bad, one('e')], 0))).toBe('fit')
  const alone = judge(aRule(), [bad], 0)
  expect(alone.isFit ? '' : lacksInWords(alone.lacks, at(0))).toContain(words)
  expect(kindsOf(judge(aRule(), [bad], 0, bad.id))).toEqual(['not-theirs'])
})

test('where no approval is asked for, what waits for one counts, and what was refused does not', () => {
  const rule = aRule({ needsApproval: false })
  expect(kindsOf(judge(rule, [one('a', { approval: 'pending' })], 0))).toBe('fit')
  expect(kindsOf(judge(rule, [one('a', { approval: 'rejected' })], 0))).toEqual(['no-device'])
})

test('what is nobody’s counts for nobody', () => {
  expect(kindsOf(judge(aRule(), [one('a', { owner: null })], 0))).toEqual(['no-device'])
})

test.each(['every', 'any'] as const)(
  'with %s, nobody is fit for longer than their device is of those seen lately',
  (which) => {
    const rule = aRule({ which, seenWithinMs: 20_000 })
    const until = untilOf(judge(rule, [one('a')], 10))
    expect(until).toEqual(at(20))
    expect(kindsOf(judge(rule, [one('a')], 20))).toEqual(['silent'])
  },
)

test('held on one device, it is that one, whenever it was seen', () => {
  const rule = aRule({ seenWithinMs: 20_000 })
  expect(untilOf(judge(rule, [one('a'), one('b', { firewall: false })], 30, 'mdm/a'))).toEqual(at(60))
  expect(kindsOf(judge(rule, [one('a'), one('b', { firewall: false })], 30, 'mdm/b'))).toEqual(['unfit'])
  expect(kindsOf(judge(rule, [one('a')], 0, 'mdm/nosuch'))).toEqual(['not-theirs'])
})

test('what else is said of it, and grows old, does not make a rule fail that never asks for it', () => {
  const said = { ...saidAt(100, { edr: 'on', os: null }), ...saidAt(0, { other: 'x', screenLock: true }) }
  const device = one('a', { heard: 100, said })
  for (const when of ['device.attributes["edr"] == "on"', 'device.attributes.edr == "on"'])
    expect(kindsOf(judge(aRule({ when }), [device], 110))).toBe('fit')
})

test('a rule over all attributes of other names asks nothing of those with a name of their own', () => {
  const device = one('a', { said: { ...saidAt(0, { edr: 'on', os: null }) } })
  const when = 'device.attributes.all(name, device.attributes[name] == "on")'
  expect(kindsOf(judge(aRule({ when }), [device], 0))).toBe('fit')
})

test('a rule that throws is not met, and says which it is', () => {
  const device = one('a', { said: saidAt(0, { n: 0 }) })
  const found = judge(aRule({ when: '1 / int(device.attributes["n"]) == 1' }), [device], 0)
  expect(found.isFit ? '' : lacksInWords(found.lacks, at(0))).toContain('the rule is 1 / int(')
})
