import { setTimeout as sleep } from 'node:timers/promises'
import { freeze } from '../support/freeze.ts'
import { aDoor, type Door } from './a-confirmer.ts'
import { aPhone, optionsOn } from './a-phone.ts'
import { eventually, grantsOf, listenToLog, onlyGrantOf, patient } from './acts.ts'
import { aBreakableMongod, anOwnMongod, databaseOf } from './own-mongod.ts'

/** What goes wrong around a confirmation: it is done whole, or is to be done again. */

const gives = ({ gate }: Door) => gate.calls.filter(({ action }) => action === 'give').length
const holders = ({ gate }: Door, names: string) =>
  eventually(
    async () => [...gate.holders].sort().join(),
    (now) => now === names,
    patient.withinMs,
  )

test.each([
  ['the session could not be written', 'grants', ['insert', 'update', 'findAndModify']],
  ['what a code is judged by could not be read', 'totp', ['aggregate']],
  ['the try could not be counted and the code spent', 'totp', ['findAndModify']],
  ['the link could not be read', 'tickets', ['find']],
])(
  'when %s nothing is held, the page says so in words, and the next code does it by the same link',
  async (_, collection, failCommands) => {
    const mongod = await aBreakableMongod()
    const door = await aDoor({ mongodb: mongod.uri })
    const { stage } = door
    const { riley } = stage
    listenToLog(stage.app.world.log)
    const someone = await door.confirmer(riley)
    const link = await someone.link()
    const phone = aPhone(stage)
    await mongod.failPoint('alwaysOn', {
      failCommands,
      namespace: `${databaseOf(stage)}.${collection}`,
      errorCode: 50,
    })

    const failed = await phone.sends(`${link}/totp`, { code: someone.code(0) })

    await mongod.failPoint('off', {})
    expect(failed.status).toBe(500)
    expect(failed.text).toMatch(/did not work.*again in a minute/)
    expect(await grantsOf(stage, riley)).toEqual([])
    expect(gives(door)).toBe(0)
    expect((await phone.sends(`${link}/totp`, { code: someone.code(1) })).text).toMatch(
      /You have The gate, daily/,
    )
    await holders(door, 'riley')
    expect(gives(door)).toBe(1)
    expect((await onlyGrantOf(stage, riley)).confirmations).toHaveLength(1)
  },
  60_000,
)

test('while the database hangs a confirmation waits or is to be done again, and is never done by half or twice', async () => {
  const mongod = await anOwnMongod()
  const door = await aDoor({ mongodb: mongod.uri })
  const { stage } = door
  listenToLog(stage.app.world.log)
  const someone = await door.confirmer(stage.riley)
  const link = await someone.link()
  const phone = aPhone(stage)
  const thaw = await freeze(mongod.pid ?? NaN)
  const pressed = phone.sends(`${link}/totp`, { code: someone.code(0) })
  await sleep(2_000)
  thaw()

  const { status } = await pressed
  if (status !== 200) await phone.sends(`${link}/totp`, { code: someone.code(1) })

  await holders(door, 'riley')
  expect((await phone.opens(link)).text).toMatch(/You have The gate, daily/)
  expect(gives(door)).toBe(1)
}, 60_000)

test('whoever was deactivated since the page was opened holds nothing', async () => {
  const door = await aDoor()
  const { stage } = door
  const someone = await door.confirmer(stage.riley)
  const link = await someone.link()
  const phone = aPhone(stage)
  expect((await phone.opens(link)).status).toBe(200)
  stage.workspace.deactivate(stage.riley)

  const answer = await phone.sends(`${link}/totp`, { code: someone.code(0) })

  expect(answer.status).toBeLessThan(500)
  expect(answer.text).not.toMatch(/You have/)
  expect(await grantsOf(stage, stage.riley)).toEqual([])
  expect(gives(door)).toBe(0)
}, 60_000)

test('whoever is deactivated between confirming and the call to the system holds nothing in the end', async () => {
  const door = await aDoor()
  const { stage, gate } = door
  const someone = await door.confirmer(stage.riley)
  const link = await someone.link()
  gate.trouble = ({ action }) => (action === 'give' ? { status: 503 } : undefined)
  await aPhone(stage).sends(`${link}/totp`, { code: someone.code(0) })
  await eventually(
    async () => gives(door),
    (times) => times > 0,
  )
  stage.workspace.deactivate(stage.riley)
  gate.trouble = () => undefined

  await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ status }) => status === 'ended',
    30_000,
  )
  expect([...gate.holders]).toEqual([])
}, 60_000)

test.each([150, 20])(
  'of many renewals from %i ms before the end on one wins whole, or all are too late',
  async (firstMs) => {
    const door = await aDoor({ session: '{ length: 15s, renew: 14s, max: 1h }' })
    const { stage, gate } = door
    const { riley } = stage
    const someone = await door.confirmer(riley)
    const phone = aPhone(stage)
    await phone.sends(`${await someone.link()}/totp`, { code: someone.code(0) })
    const grant = await eventually(
      () => onlyGrantOf(stage, riley),
      (seen) => seen.status === 'active',
    )
    const { endsAt: seenEndsAt } = grant
    const { world } = stage.app
    await sleep(seenEndsAt.getTime() - world.clock.now().getTime() - 13_500)
    const device = await someone.passkey()
    const sent = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const link = await someone.link({ kind: 'renew-session', grantId: grant.id, seenEndsAt })
        const body = JSON.stringify(device.gets(optionsOn((await phone.opens(link)).html)))
        return { link, body }
      }),
    )
    const untilMs = seenEndsAt.getTime() - world.clock.now().getTime()
    expect(untilMs).toBeGreaterThan(firstMs)
    const tries = await Promise.all(
      sent.map(async ({ link, body }, i) => {
        await sleep(untilMs - firstMs + i * 10)
        return phone.sends(`${link}/passkey`, { body })
      }),
    )

    expect(tries.filter(({ status }) => status >= 500)).toEqual([])
    const won = tries.filter(({ text }) => /You have The gate, daily on The gate until/.test(text))
    const takes = () => gate.calls.filter(({ action }) => action === 'take')
    const after = await onlyGrantOf(stage, riley)
    expect(after.confirmations).toHaveLength(1 + won.length)
    if (won.length === 1) {
      expect(takes()).toEqual([])
      expect([...gate.holders]).toEqual(['riley'])
    } else {
      expect(won).toEqual([])
      for (const { text } of tries)
        expect(text).toMatch(/Too late, access is already being taken back. Begin anew/)
      await holders(door, '')
    }
  },
  60_000,
)
