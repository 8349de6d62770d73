import fc from 'fast-check'
import { parseCatalog } from '../../src/catalog/parse.ts'
import { writeProblem } from '../../src/catalog/problem.ts'
import { GOOD, options } from './reading.ts'

const PLACE = /^catalog\.yml:[1-9]\d*:[1-9]\d* ./

function everyComplaintHasAPlace(text: string) {
  const reading = parseCatalog([{ file: 'catalog.yml', text }], options)
  const lines = text.split(/\r?\n|\r/).length
  for (const problem of reading.ok ? [] : reading.problems) {
    expect(writeProblem(problem)).toMatch(PLACE)
    expect(problem.line).toBeLessThanOrEqual(lines)
  }
  return reading
}

const pieces = [
  ':',
  '-',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|',
  '>',
  '&a',
  '*a',
  '!x',
  '#',
  '%YAML 1.1',
  '---',
  '...',
  '<<',
  '?',
  '\n',
  '\n  ',
  '\t',
  '\u0000',
  '\uFEFF',
  '${',
  'version: 1',
  'resources:',
  'who',
  '__proto__',
  'null',
  '~',
  '1e999',
  '.nan',
  '0x1F',
  '2026-01-01',
]

test('no text at all makes it throw or pass: garbage is refused with a place', () => {
  const garbage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((all) => all.join('')),
    fc.json(),
  )
  fc.assert(
    fc.property(garbage, (text) => {
      expect(everyComplaintHasAPlace(text).ok).toBe(false)
    }),
    { numRuns: 400 },
  )
})

test('no bite out of a good catalog, and nothing thrown into it, makes it throw', () => {
  const bite = fc.record({
    at: fc.nat(GOOD.length),
    length: fc.nat(30),
    by: fc.oneof(fc.constantFrom(...pieces), fc.string()),
  })
  fc.assert(
    fc.property(bite, ({ at, length, by }) => {
      everyComplaintHasAPlace(GOOD.slice(0, at) + by + GOOD.slice(at + length))
    }),
    { numRuns: 400 },
  )
})

test('whatever a key holds, it is refused or understood', () => {
  const keys = [
    'channel',
    'admins',
    'approvers',
    'review',
    'duration',
    'warn',
    'alert',
    'confirm',
    'reason',
    'how',
    'who',
    'external',
    'mode',
    'target',
    'name',
  ]
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom({ people: [null] }, { stages: [{}] }, { max: {} }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...keys), value, (key, json) => {
      const text = GOOD.replace(new RegExp(`^ {8}${key}: .*\\n`, 'm'), '')
      everyComplaintHasAPlace(`${text}        ${key}: ${JSON.stringify(json)}\n`)
    }),
    { numRuns: 400 },
  )
})

test.each([
  ['brackets', '['.repeat(20_000)],
  ['braces', '{a: '.repeat(20_000)],
  ['dashes', '- '.repeat(20_000)],
  ['indents', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
])('20,000 levels of %s are refused, not fallen into', (_, text) => {
  expect(everyComplaintHasAPlace(text).ok).toBe(false)
})
