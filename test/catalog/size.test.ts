import { parseCatalog } from '../../src/catalog/parse.ts'
import { writeProblems, type Problem } from '../../src/catalog/problem.ts'
import { GOOD, manyResources, options } from './reading.ts'

const MB = 1024 * 1024

/** What is wrong with it, and how much of the processor it took to find that out: others may be busy beside. */
function judge(text: string) {
  expect(text.length).toBeLessThan(MB)
  const began = process.cpuUsage()
  const reading = parseCatalog([{ file: 'catalog.yml', text }], options)
  return { reading, problems: reading.ok ? [] : reading.problems, ms: spentMs(process.cpuUsage(began)) }
}

const spentMs = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1_000

const many = (count: number, write: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => write(at))
const lines = (count: number, write: (at: number) => string) => many(count, write).join('\n')
const lastOf = (problems: readonly Problem[]) => problems.at(-1)
const SECONDS = 20_000

test('5,000 resources that lost what they all inherit are each complained of within seconds', () => {
  const text = manyResources(5000).replace(/^defaults:\n( .*\n)+/m, '')
  const { problems, ms } = judge(text)
  expect(problems.filter(({ key }) => key.endsWith('.channel'))).toHaveLength(5000)
  expect(ms).toBeLessThan(SECONDS)
}, 60_000)

test('50,000 resources that say nothing are each complained of within seconds', () => {
  const { problems, ms } = judge(`version: 1\nresources:\n${lines(50_000, (at) => `  r${at}: {}`)}\n`)
  expect(problems.length).toBeGreaterThanOrEqual(50_000)
  expect(lastOf(problems)).toMatchObject({ line: 50_002, message: 'is missing' })
  expect(ms).toBeLessThan(SECONDS)
}, 60_000)

test.each([
  ['keys that mean nothing', lines(100_000, (at) => `k${at}:`)],
  [
    'keys that mean nothing in a system',
    GOOD.replace('    connector', `${lines(30_000, (at) => `    k${at}: 1`)}\n$&`),
  ],
  ['managers who are nobody', `managers:\n${lines(70_000, (at) => ` m${at}: x`)}`],
  ['keys that are written twice', `resources:\n${lines(40_000, (at) => `  r${at}: 1\n  r${at}: 1`)}`],
  ['aliases', `x: &x 1\ny: [${lines(100_000, () => ' *x,')}]`],
  ['aliases of nothing', `y: [${lines(100_000, () => ' *x,')}]`],
  ['anchors, each with its alias', `y: [${lines(40_000, (at) => ` &a${at} 1, *a${at},`)}]`],
  [
    'variables that are not set',
    GOOD.replace('    connector', `    headers:\n${lines(30_000, (at) => `      k${at}: $\{K${at}}`)}\n$&`),
  ],
  [
    'systems that nobody has',
    `${GOOD.slice(0, GOOD.indexOf('  orders-db:'))}${lines(20_000, (at) => `  r${at}: {system: s${at}}`)}`,
  ],
])(
  'a file full of %s is refused within seconds',
  (_, text) => {
    const { reading, ms } = judge(text)
    expect(reading.ok).toBe(false)
    expect(ms).toBeLessThan(SECONDS)
  },
  120_000,
)

test('of very many mistakes a hundred are told, and how many more there are', () => {
  const { problems } = judge(`version: 1\nresources:\n${lines(101, (at) => `  r${at}: 1`)}\n`)
  const told = writeProblems(problems)
  expect(told).toHaveLength(101)
  expect(told.at(0)).toMatch(/^catalog\.yml:3:7 resources\.r0: /)
  expect(told.at(-1)).toBe(`…and ${problems.length - 100} more`)
  expect(writeProblems(problems.slice(0, 100))).toHaveLength(100)
})
