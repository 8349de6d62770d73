import { readInTwo } from '../../src/catalog/read-in-two.ts'
import { manyResources } from './reading.ts'

test('where no thread can be started at all, a large catalog is read all the same', async () => {
  const text = `${manyResources(10)}# ${'-'.repeat(600_000)}\n`
  const texts = ['a', 'b', 'c', 'd'].map((letter) => ({ file: `${letter}.yml`, text }))
  // What cannot be started is said by throwing at once, as where there may be no more threads.
  const read = await readInTwo(texts, new URL('https://acme.example/reader.js'))
  expect(texts.map(read).every((source) => !Array.isArray(source))).toBe(true)
})
