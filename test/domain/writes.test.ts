import { aGate } from '../support/busy-publisher.ts'
import { aboutToWrite, allDone, NothingWritten, tellingWrites } from '../../src/domain/writes.ts'

const fails = (words: string) => Promise.reject(new Error(words))

test('one that ends leaves others followed that go on, and whatever comes after', async () => {
  const ended = aGate()
  const goesOn = tellingWrites(async () => {
    await ended.opened
    aboutToWrite()
    throw new Error('mine')
  })
  await tellingWrites(async () => Promise.resolve())
  await expect(tellingWrites(() => Promise.reject(new Error('no')))).rejects.toThrow(NothingWritten)
  ended.open()
  await expect(goesOn).rejects.toThrow('mine')
  const after = tellingWrites(async () => {
    await Promise.resolve()
    aboutToWrite()
    throw new Error('mine too')
  })
  await expect(after).rejects.toThrow('mine too')
})

test('what failed before it wrote is told from what may have written, however far apart the two are', async () => {
  const early = tellingWrites(async () => {
    await Promise.resolve()
    return fails('early')
  })
  const late = tellingWrites(async () => {
    await new Promise((resolve) => setImmediate(resolve)).then(aboutToWrite)
    return fails('late')
  })

  await expect(early).rejects.toThrow(NothingWritten)
  await expect(late).rejects.toThrow('late')
})

test('one of several that fails first is heard after the last has written', async () => {
  const both = tellingWrites(() =>
    allDone([
      fails('first'),
      new Promise((resolve) => setTimeout(resolve, 20)).then(() => {
        aboutToWrite()
      }),
    ]),
  )
  await expect(both).rejects.not.toThrow(NothingWritten)
  await expect(both).rejects.toThrow('first')
})

test("one person's work says nothing of another's", async () => {
  const other = tellingWrites(async () => {
    aboutToWrite()
    await new Promise((resolve) => setImmediate(resolve))
  })
  await expect(tellingWrites(() => fails('mine'))).rejects.toThrow(NothingWritten)
  await other
})
