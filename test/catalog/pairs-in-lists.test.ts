import { parseCatalog } from '../../src/catalog/parse.ts'
import { readSource } from '../../src/catalog/source.ts'
import { GOOD, options } from './reading.ts'

/** `!!pairs` and `!!omap` are lists whose items are pairs: what is in these is judged as everything else is. */

const problemsIn = (text: string) => {
  const read = readSource({ file: 'f.yml', text })
  return Array.isArray(read)
    ? read.map(({ line, column, message }) => `${line}:${column} ${message}`)
    : 'good'
}

test('settings that hold themselves in a list of pairs are a mistake of the file, and nothing is thrown', () => {
  const text = GOOD.replace('    connector: demo\n', '    connector: demo\n    more: &z !!pairs [a: *z]\n')
  const reading = parseCatalog([{ file: 'f.yml', text }], options)
  expect(reading.ok ? [] : reading.problems.map(({ message }) => message)).toContain('*z holds itself')
})

test('the approvers of a stage cannot be written twice, however the list of stages is written', () => {
  const line = `        who: '"@engineering" in groups'\n`
  const twice = 'approvers: { people: [ada@acme.example, sam@acme.example], people: [kim@acme.example] }'
  const stages = `        review:\n          stages: !!pairs\n            - ${twice}\n`
  const reading = parseCatalog([{ file: 'f.yml', text: GOOD.replace(line, line + stages) }], options)
  expect(reading.ok ? [] : reading.problems.map(({ message }) => message)).toEqual([
    'this key is written twice',
  ])
})

test.each([
  ['holds itself', 'z: &z !!omap [a: *z]\n', ['1:18 *z holds itself']],
  ['"__proto__" as its key', 'z: !!omap [__proto__: 1]\n', ['1:12 "__proto__" cannot be a key']],
  ['"__proto__" further in', 'z: !!pairs [a: {__proto__: 1}]\n', ['1:17 "__proto__" cannot be a key']],
  ['a key twice', 'z: !!pairs [a: {a: 1, a: 2}]\n', ['1:23 this key is written twice']],
  ['an alias of nothing', 'z: !!pairs [a: *nope]\n', ['1:16 nothing above is anchored as &nope']],
])('a list of pairs with %s is refused at its place', (_what, text, problems) => {
  expect(problemsIn(text)).toEqual(problems)
})

test('what is anchored in a list of pairs may be meant below', () => {
  expect(problemsIn('z: !!pairs [a: &q {m: 1}, b: *q]\ny: *q\n')).toBe('good')
})

test('in a list of pairs nothing is nested more deeply than elsewhere, nor are there more aliases', () => {
  const deep = `z: !!pairs [a: ${'['.repeat(40)}${']'.repeat(40)}]\n`
  expect(problemsIn(deep)).toEqual([expect.stringContaining('is nested too deeply')])
  const many = `a: &a x\nb: !!pairs [${Array(6_000).fill('k: *a').join(', ')}]\n`
  expect(problemsIn(many)).toEqual([expect.stringContaining('is one alias too many')])
})
