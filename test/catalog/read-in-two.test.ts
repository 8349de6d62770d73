import { parseCatalog } from '../../src/catalog/parse.ts'
import { readInTwo } from '../../src/catalog/read-in-two.ts'
import type { SourceText } from '../../src/catalog/source.ts'
import { GOOD, manyResources, options } from './reading.ts'

const padding = `# ${'-'.repeat(600_000)}\n`

/** Large enough that half of it is read in another thread; the systems are those of the first file. */
function files(each = 300): SourceText[] {
  const text = manyResources(each)
  const [head = ''] = GOOD.split('  orders-db:')
  const others = head.replace(/^systems:\n(?: .*\n)+/m, '')
  return ['a', 'b', 'c', 'd'].map((letter, at) => ({
    file: `${letter}.yml`,
    text: (at === 0 ? text : others + text.slice(head.length)).replaceAll('  r', `  ${letter}`) + padding,
  }))
}

test('a large catalog read in two threads is the one that a single thread reads', async () => {
  const texts = files()
  expect(texts.reduce((sum, { text }) => sum + text.length, 0)).toBeGreaterThan(2_000_000)
  const read = await readInTwo(texts)
  const [first, last] = [texts[0], texts[3]]
  if (first === undefined || last === undefined) throw new Error('there are no files')
  const [here, there] = [parseCatalog(texts, options), parseCatalog(texts, options, read)]
  if (!here.ok || !there.ok) throw new Error('it is not good')
  const plain = ({ catalog }: typeof here) =>
    JSON.stringify([
      [...catalog.resources.values()].map(({ entitlements, ...more }) => [more, [...entitlements]]),
    ])
  expect(plain(there) === plain(here)).toBe(true)
  expect(there.catalog.resources.size).toBe(1_200)
  // Read before: it is the same each time.
  expect(read(last)).toBe(read(last))
})

test('what is wrong in the half that another thread reads is said with its place', async () => {
  const texts = files()
  const [last] = texts.splice(3)
  if (last === undefined) throw new Error('there is no last file')
  const badly = { ...last, text: last.text.replace('  d299: { name: R299', '  d299: { nam: R299') }
  const twice = { file: 'e.yml', text: `${last.text.replaceAll('  d', '  e')}  e7: { name: again }\n` }
  const all = [...texts, badly, twice]
  const [here, there] = [parseCatalog(all, options), parseCatalog(all, options, await readInTwo(all))]
  if (here.ok || there.ok) throw new Error('it is good')
  expect(there.problems).toEqual(here.problems)
  expect(there.problems.map(({ file }) => file)).toEqual(expect.arrayContaining(['d.yml', 'e.yml']))
})

test('where that thread fails, or never begins, all is read all the same', async () => {
  const texts = files()
  const failing = new URL(`data:text/javascript,throw new Error('no room for a thread')`)
  const nothing = new URL('data:text/javascript,')
  for (const entry of [failing, nothing]) {
    const read = await readInTwo(texts, entry)
    expect(texts.map(read).every((source) => !Array.isArray(source))).toBe(true)
  }
})
