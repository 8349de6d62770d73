import { Version } from '../../../src/domain/devices/version.ts'

const read = (written: string): readonly number[] | null => Version.parse(written)?.parts ?? null

function order(one: string, other: string): number {
  const [first, second] = [Version.parse(one), Version.parse(other)]
  if (first === null || second === null) throw new Error('one of them is no version')
  return Math.sign(first.compare(second))
}

test.each([
  ['15.1', [15, 1]],
  ['v2', [2]],
  ['10.0.22631.4317', [10, 0, 22631, 4317]],
  ['6.8.0-45-generic', [6, 8, 0, 45]],
  ['Ubuntu 22.04.3 LTS', [22, 4, 3]],
  ['Windows 11 Pro 23H2 10.0.22631.4317', [10, 0, 22631, 4317]],
  ['Microsoft Windows [Version 10.0.19045.5131]', [10, 0, 19045, 5131]],
  ['macOS 15.1 (24B83)', [15, 1]],
  ['1.2.3.4.5.6', [1, 2, 3, 4, 5, 6]],
  ['  15.1\n', [15, 1]],
  ['Red Hat Enterprise Linux release 9.4 (Plow)', [9, 4]],
])('%s is read as a person reads it', (written, parts) => {
  expect(read(written)).toEqual(parts)
})

test.each([
  '',
  ' ',
  'unknown',
  'rolling',
  '１５.１',
  '٣.٤',
  '.',
  '-',
  'x'.repeat(300),
  `${'1.'.repeat(200)}1`,
])('%p is no version, so nobody knows it', (written) => {
  expect(read(written)).toBeNull()
})

test.each(['1234567890123456', '1.1234567890123456', '1234567890123456.1', `v${'9'.repeat(150)}`])(
  'a number that is too long to compare makes no version of another number: %s',
  (written) => {
    expect(read(written)).toBeNull()
  },
)

test.each([
  ['9.9', '10.0'],
  ['15.0.9', '15.1'],
  ['15.9', '15.10'],
  ['15.1-beta2', '15.1'],
  ['15.1 (beta)', '15.1'],
  ['6.12.0-rc3+', '6.12.0'],
  ['6.8.0-45-generic', '6.8.0-49-generic'],
  ['14.7.9', '15.0-beta1'],
  ['5.14.0-70.13.1.el9_0.x86_64', '5.14.0-427.13.1.el9_4.x86_64'],
  ['6.1.112-122.189.amzn2023.x86_64', '6.1.115-126.197.amzn2023.x86_64'],
  ['6.8.5-300.fc40.x86_64', '6.8.5-301.fc40.x86_64'],
])('%s is older than %s', (older, newer) => {
  expect([order(older, newer), order(newer, older)]).toEqual([-1, 1])
})

test.each([
  ['15', '15.0.0'],
  ['v15.1', 'macOS 15.1'],
  ['10.0 Premium', '10.0'],
  ['5.0 Devuan', '5.0'],
  ['10.0 Developer Edition', '10.0'],
])('%s and %s are the same', (one, other) => {
  expect([order(one, other), order(other, one)]).toEqual([0, 0])
})
