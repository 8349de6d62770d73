import { readdir, readFile } from 'node:fs/promises'
import { actTypes, type Act } from '../../src/domain/audit/act.ts'
import { isLink } from '../../src/domain/audit/chain.ts'
import { isOfGrant, readRecorded } from '../../src/domain/audit/recorded.ts'
import { refTo } from '../../src/domain/person.ts'
import { asAct } from '../../src/operations/as-act.ts'
import { ada, riley } from '../support/builders.ts'
import { noLog } from '../support/no-log.ts'
import { aRecord } from './a-record.ts'

/** What is done stands in the record, whatever happens to who does it. */

const approval: Act = {
  type: 'device-approved',
  by: refTo(ada),
  about: { kind: 'device', id: 'fleet/1', name: "Riley's laptop" },
  details: { owner: riley.id },
}

async function aRecordOfActs() {
  const record = await aRecord()
  const told = async () => {
    await record.records()
    const links = (await record.chain.after(0, 100)).filter(isLink)
    return links.flatMap((link) => {
      const entry = readRecorded(link)
      return entry === null || isOfGrant(entry) ? [] : [[entry.type, entry.outcome]]
    })
  }
  const stored = record.connection.collection('acts')
  const waits = (minutes: number) =>
    stored.updateMany({}, [{ $set: { at: { $subtract: ['$at', minutes * 60_000] } } }])
  return { ...record, told, stored, waits, does: { acts: record.acts, log: noLog } }
}

test('who did what, to what, and what came of it', async () => {
  const { does, told, chain, stored, verifies } = await aRecordOfActs()
  expect(await asAct(does, approval, async () => 'written')).toBe('written')
  await asAct(does, approval, async () => ({ refused: true, code: 'not-an-admin', words: '', grant: null }))
  expect(await told()).toEqual([
    ['device-approved', 'done'],
    ['device-approved', 'refused'],
  ])
  const [link] = await chain.after(0, 1)
  expect(link && isLink(link) ? readRecorded(link) : null).toMatchObject({
    what: 'act',
    by: { name: 'Ada' },
    about: { name: "Riley's laptop" },
    details: { owner: riley.id },
  })
  expect(await stored.countDocuments()).toBe(0)
  expect(await verifies()).toMatchObject({ links: 2, faultCount: 0 })
})

test('nothing is done that the record could not be told of before', async () => {
  const { connection, does } = await aRecordOfActs()
  let isDone = false
  // As where the disk is full.
  await connection.db?.command({ collMod: 'acts', validator: { never: true } })
  const doing = asAct(does, approval, async () => void (isDone = true))
  await expect(doing).rejects.toThrow()
  expect(isDone).toBe(false)
})

test('who dies in between leaves an act of which it is unknown what came; said later, it is said once more', async () => {
  const { acts, told, waits, stored } = await aRecordOfActs()
  const begun = await acts.begin(approval)
  expect(await told()).toEqual([])
  await waits(3)
  expect(await told()).toEqual([['device-approved', 'unknown']])
  expect(await told()).toHaveLength(1)
  await begun.ended('done')
  expect(await told()).toEqual([
    ['device-approved', 'unknown'],
    ['device-approved', 'done'],
  ])
  expect(await stored.countDocuments()).toBe(0)
})

test('what fails in between may be done: that is what the record says', async () => {
  const { does, told } = await aRecordOfActs()
  const failing = asAct(does, approval, () => Promise.reject(new Error('no answer')))
  await expect(failing).rejects.toThrow('no answer')
  expect(await told()).toEqual([['device-approved', 'unknown']])
})

test('what was not to be done after all is not said to be done', async () => {
  const { does, told } = await aRecordOfActs()
  await asAct(
    does,
    approval,
    async () => null,
    () => null,
  )
  expect(await told()).toEqual([])
})

test('one that cannot be read hides no other, and one that died between any two writes is recorded once', async () => {
  const { does, told, stored, records } = await aRecordOfActs()
  await stored.insertOne({ type: 'nonsense', outcome: 'done' })
  await asAct(does, approval, async () => 'done')
  // Died after it was appended, and before it was forgotten.
  const waiting = await stored.find({ type: 'device-approved' }).toArray()
  await records()
  await stored.insertMany(waiting)
  expect(await told()).toHaveLength(1)
  expect(await stored.countDocuments({ type: 'device-approved' })).toBe(0)
})

test('acts and what happened to grants stand in one order, that of their instants', async () => {
  const { acts, asks, approves, stored, chain, records } = await aRecordOfActs()
  const id = await asks()
  await (await acts.begin(approval)).ended('done')
  await approves(id)
  const at = new Date('2026-01-05T09:00:30Z')
  await stored.updateMany({}, { $set: { at } })
  await records()
  const sources = (await chain.after(0, 10)).filter(isLink).map(({ source }) => source.split('/')[0])
  expect(sources).toEqual(['grant', 'act', 'grant'])
})

test('each act that can stand in the record is done somewhere', async () => {
  const folder = new URL('../../src/', import.meta.url)
  const names = await readdir(folder, { recursive: true })
  const sources = names.filter(
    (name) => name.endsWith('.ts') && !/act\.ts$|audit\/.*(formats|ocsf|cef)/.test(name),
  )
  const texts = await Promise.all(sources.map((name) => readFile(new URL(name, folder), 'utf8')))
  const isOutside = (type: string) => texts.some((text) => text.includes(`'${type}'`))
  expect(actTypes.filter((type) => !isOutside(type))).toEqual([])
})
