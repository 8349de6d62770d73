import { Secret, TOTP } from 'otpauth'
import type { Confirmed } from '../../src/domain/confirming/confirmed.ts'
import type { KeyRing } from '../../src/confirming/key-ring.ts'
import { totpMethod, type Totp, type TotpRefused } from '../../src/confirming/totp.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoTotp } from '../../src/mongo/confirming/totp.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { ada, aPerson, riley } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { earlyInAStep } from '../support/early-in-a-step.ts'
import { aKey, ringOf } from '../support/ring.ts'

const minuteMs = 60_000

let here: TestDatabase
const ring = ringOf(aKey('one'))
let now: () => Date
let totp: Totp

const methodOf = (on: TestDatabase, keys: KeyRing = ring): Totp =>
  totpMethod({ store: mongoTotp(on.connection), ring: keys, now, issuer: 'Curfew' })

beforeAll(async () => {
  here = await aDatabase()
  await ensureIndexes(here.connection)
  const clock = mongoClock(here.connection)
  await clock.sample()
  now = () => clock.now()
})
beforeEach(async () => {
  await rows().deleteMany({})
  totp = methodOf(here)
})
afterAll(() => here.drop())

const rows = () => here.connection.collection<{ _id: string }>('totp')

/** The phone: what it shows, so many steps from now. */
function aPhone(uri: string) {
  const secret = new URL(uri).searchParams.get('secret') ?? ''
  const app = new TOTP({ secret: Secret.fromBase32(secret) })
  return { shows: (stepsAhead = 0) => app.generate({ timestamp: now().getTime() + stepsAhead * 30_000 }) }
}

/** Enrolled by the code of the step before, so that the code of now is unspent. */
async function enrolled(person = riley, ticket = 'ticket-1') {
  await earlyInAStep(now())
  const phone = aPhone(totp.offer(person, ticket).uri)
  const answer = await totp.enrol(person, ticket, phone.shows(-1))
  return { phone, answer }
}

const wrongFor = (phone: ReturnType<typeof aPhone>, count: number): string[] => {
  const right = new Set([-2, -1, 0, 1, 2].map((step) => phone.shows(step)))
  return Array.from({ length: count + 5 }, (_, n) => String(111_111 + n))
    .filter((code) => !right.has(code))
    .slice(0, count)
}

const told = (answers: readonly (Confirmed | TotpRefused)[]) =>
  answers.map((answer) => ('refused' in answer ? answer.refused : 'confirmed')).sort()

test('a page that is opened again shows the same secret, and nothing is stored until a code shows that it works', async () => {
  const [first, again] = [totp.offer(riley, 'ticket-1'), methodOf(here).offer(riley, 'ticket-1')]
  expect(again).toEqual(first)
  expect(totp.offer(riley, 'ticket-2').secret).not.toBe(first.secret)
  expect(totp.offer(ada, 'ticket-1').secret).not.toBe(first.secret)
  expect(await totp.enrol(riley, 'ticket-1', '12345')).toEqual({ refused: 'not-a-code' })
  expect(await totp.enrol(riley, 'ticket-1', aPhone(totp.offer(riley, 'ticket-2').uri).shows())).toEqual({
    refused: 'wrong-code',
  })
  expect(await rows().countDocuments()).toBe(0)
  expect(await totp.confirm(riley.id, '123456')).toEqual({ refused: 'not-enrolled' })
})

test('the code of the phone confirms, with the instant of the database, and is spent', async () => {
  const { phone, answer } = await enrolled()
  const code = phone.shows()
  const confirmed = await totp.confirm(riley.id, ` ${code.slice(0, 3)} ${code.slice(3)}`)
  expect(answer).toEqual({ enrolled: { person: riley.id, what: 'totp-enrolled' } })
  expect(confirmed).toEqual({ method: 'totp', at: expect.any(Date) as Date })
  expect(Math.abs(('at' in confirmed ? confirmed.at.getTime() : 0) - now().getTime())).toBeLessThan(5_000)
  expect(await totp.confirm(riley.id, code)).toMatchObject({ refused: 'used-code' })
  expect(await totp.isEnrolled(riley.id)).toBe(true)
  expect(await totp.confirm(ada.id, code)).toEqual({ refused: 'not-enrolled' })
})

test('the code that enrolled is spent, and so is each one before the last', async () => {
  await earlyInAStep(now())
  const phone = aPhone(totp.offer(riley, 'ticket-1').uri)
  const [before, current, next] = [phone.shows(-1), phone.shows(), phone.shows(1)]
  await totp.enrol(riley, 'ticket-1', current)
  const answers = [
    await totp.confirm(riley.id, current),
    await totp.confirm(riley.id, before),
    await totp.confirm(riley.id, next),
    await totp.confirm(riley.id, current),
  ]
  expect(answers.map((answer) => ('refused' in answer ? answer.refused : 'confirmed'))).toEqual([
    'used-code',
    'used-code',
    'confirmed',
    'used-code',
  ])
})

test('one code, typed at the same instant on two replicas, counts once', async () => {
  const second = await aDatabase(here.uri)
  const there = totpMethod({
    store: mongoTotp(second.connection.useDb(here.name)),
    ring,
    now,
    issuer: 'Curfew',
  })
  const { phone } = await enrolled()
  const code = phone.shows()
  // Four of them, the fifth try of whom locks nobody out: all are the right code.
  const answers = await Promise.all([totp, there, totp, there].map((one) => one.confirm(riley.id, code)))
  expect(told(answers)).toEqual(['confirmed', 'used-code', 'used-code', 'used-code'])
  await second.drop()
})

test('of forty who guess at once five are looked at; then it is locked, also for the right code, and they are told', async () => {
  const { phone } = await enrolled()
  const guesses = wrongFor(phone, 40)
  const answers = await Promise.all(guesses.map((guess) => totp.confirm(riley.id, guess)))
  expect(told(answers)).toEqual([
    ...Array.from({ length: 35 }, () => 'locked'),
    ...Array.from({ length: 5 }, () => 'wrong-code'),
  ])
  const looked = answers.flatMap((answer) =>
    'refused' in answer && answer.refused === 'wrong-code' ? [answer] : [],
  )
  expect(looked.map(({ left }) => left).sort()).toEqual([0, 1, 2, 3, 4])
  expect(looked.flatMap(({ news }) => news ?? [])).toEqual([
    { person: riley.id, what: 'totp-locked', until: expect.any(Date) as Date },
  ])
  expect(await totp.confirm(riley.id, phone.shows())).toMatchObject({ refused: 'locked' })
})

test('the right code among many guesses confirms only where no five wrong ones were answered before it', async () => {
  const { phone } = await enrolled()
  const [before, after] = [wrongFor(phone, 4), wrongFor(phone, 20)]
  const answers = await Promise.all(
    [...before, ...after, phone.shows()].map((guess) => totp.confirm(riley.id, guess)),
  )
  const wrong = told(answers).filter((one) => one === 'wrong-code').length
  const right = answers.at(-1)
  // Whichever came first of those at once: five wrong ones lock it, and a right one before the fifth lets five more.
  if (right !== undefined && 'refused' in right)
    expect({ wrong, right: right.refused }).toEqual({ wrong: 5, right: 'locked' })
  else expect(wrong).toBeLessThanOrEqual(4 + 5)
})

test('a code of two steps off is a wrong one, and counted as one', async () => {
  const { phone } = await enrolled()
  for (const [stepsOff, left] of [
    [-2, 4],
    [2, 3],
  ] as const)
    expect(await totp.confirm(riley.id, phone.shows(stepsOff))).toEqual({
      refused: 'wrong-code',
      left,
      news: null,
    })
  expect(await totp.confirm(riley.id, phone.shows(1))).toMatchObject({ method: 'totp' })
})

test('what cannot be a code is no guess, and a right code forgets the wrong ones', async () => {
  const { phone } = await enrolled()
  for (const typed of ['', '12345', 'abcdef', '１２３４５６', '1234567', ' '])
    expect(await totp.confirm(riley.id, typed)).toEqual({ refused: 'not-a-code' })
  const [a = '', b = '', c = '', d = '', e = ''] = wrongFor(phone, 5)
  for (const guess of [a, b, c, d]) await totp.confirm(riley.id, guess)
  expect(await totp.confirm(riley.id, phone.shows())).toMatchObject({ method: 'totp' })
  expect(await totp.confirm(riley.id, e)).toMatchObject({ refused: 'wrong-code', left: 4 })
})

test('each lock is twice as long, a day at most, and a right code after one begins anew', async () => {
  const { phone } = await enrolled()
  const lockAgain = async (): Promise<number> => {
    // As if the last one were over.
    await rows().updateOne({ _id: riley.id }, { $set: { lockedUntil: new Date(now().getTime() - 1) } })
    let until = 0
    for (const guess of wrongFor(phone, 5)) {
      const answer = await totp.confirm(riley.id, guess)
      const news = 'news' in answer ? answer.news : null
      if (news?.what === 'totp-locked') until = news.until.getTime()
    }
    return Math.round((until - now().getTime()) / minuteMs)
  }
  const minutes: number[] = []
  for (let n = 0; n < 9; n++) minutes.push(await lockAgain())
  expect(minutes).toEqual([15, 30, 60, 120, 240, 480, 960, 1_440, 1_440])

  await rows().updateOne({ _id: riley.id }, { $set: { lockedUntil: new Date(now().getTime() - 1) } })
  await earlyInAStep(now())
  expect(await totp.confirm(riley.id, phone.shows(1))).toMatchObject({ method: 'totp' })
  expect(await lockAgain()).toBe(15)
}, 60_000)

test('a right code as the fifth try locks nothing', async () => {
  const { phone } = await enrolled()
  for (const guess of wrongFor(phone, 4)) await totp.confirm(riley.id, guess)
  expect(await totp.confirm(riley.id, phone.shows())).toMatchObject({ method: 'totp' })
  expect(await totp.confirm(riley.id, phone.shows(1))).toMatchObject({ method: 'totp' })
})

test('one who guesses locks nobody else', async () => {
  const { phone } = await enrolled()
  const { phone: hers } = await enrolled(ada, 'ticket-2')
  for (const guess of wrongFor(phone, 6)) await totp.confirm(riley.id, guess)
  expect(await totp.confirm(ada.id, hers.shows())).toMatchObject({ method: 'totp' })
})

test('a ticket that enrols twice changes nothing the second time: no code comes back, and no lock goes', async () => {
  await earlyInAStep(now())
  const phone = aPhone(totp.offer(riley, 'ticket-1').uri)
  const code = phone.shows()
  await totp.enrol(riley, 'ticket-1', phone.shows(-1))
  await totp.confirm(riley.id, code)
  for (const guess of wrongFor(phone, 5)) await totp.confirm(riley.id, guess)
  expect(await totp.enrol(riley, 'ticket-1', phone.shows(-1))).toEqual({ enrolled: null })
  expect(await totp.confirm(riley.id, code)).toMatchObject({ refused: 'locked' })
})

test('a new phone replaces the old one, which confirms nothing any more; both are told', async () => {
  const { phone: old } = await enrolled()
  const { phone, answer } = await enrolled(riley, 'ticket-2')
  expect(answer).toEqual({ enrolled: { person: riley.id, what: 'totp-replaced' } })
  expect(await totp.confirm(riley.id, old.shows())).toMatchObject({ refused: 'wrong-code' })
  expect(await totp.confirm(riley.id, phone.shows())).toMatchObject({ method: 'totp' })
})

test('two who enrol at once: one app is what counts', async () => {
  await earlyInAStep(now())
  const tickets = Array.from({ length: 8 }, (_, n) => `ticket-${n}`)
  const answers = await Promise.all(
    tickets.map((ticket) => totp.enrol(riley, ticket, aPhone(totp.offer(riley, ticket).uri).shows(-1))),
  )
  const news = answers.map((answer) => ('enrolled' in answer ? answer.enrolled?.what : answer.refused))
  expect(news.sort()).toEqual(['totp-enrolled', ...Array.from({ length: 7 }, () => 'totp-replaced')])
})

test('removed, it confirms nothing, and only who had one is told', async () => {
  const { phone } = await enrolled()
  expect(await totp.remove(riley.id)).toEqual({ person: riley.id, what: 'totp-removed' })
  expect(await totp.remove(riley.id)).toBeNull()
  expect(await totp.confirm(riley.id, phone.shows())).toEqual({ refused: 'not-enrolled' })
})

test('who reads or writes the database learns no secret, and cannot move one to another person', async () => {
  const { phone } = await enrolled()
  const { secret } = totp.offer(riley, 'ticket-1')
  const bytes = Buffer.from(Secret.fromBase32(secret.replaceAll(' ', '')).bytes)
  const all = JSON.stringify(await rows().find().toArray())
  for (const written of [secret.replaceAll(' ', ''), bytes.toString('hex'), bytes.toString('base64url')])
    expect(all).not.toContain(written)
  expect(all).not.toContain('ticket-1')

  await rows()
    .findOne({ _id: riley.id })
    .then((row) => rows().insertOne({ ...row, _id: 'p-mallory' }))
  expect(await totp.confirm('p-mallory', phone.shows())).toEqual({
    refused: 'unreadable',
    why: 'altered',
    keyId: 'one',
  })
})

test('a key that is not configured is said, and costs nobody a try', async () => {
  const { phone } = await enrolled()
  const without = methodOf(here, ringOf(aKey('two')))
  for (let n = 0; n < 6; n++)
    expect(await without.confirm(riley.id, phone.shows())).toEqual({
      refused: 'unreadable',
      why: 'unknown-key',
      keyId: 'one',
    })
  expect(await totp.confirm(riley.id, phone.shows())).toMatchObject({ method: 'totp' })
})

test('an offer that was shown before the keys changed enrols after', async () => {
  await earlyInAStep(now())
  const [one, two] = [aKey('one'), aKey('two')]
  const [before, after] = [methodOf(here, ringOf(one)), methodOf(here, ringOf(two, one))]
  const phone = aPhone(before.offer(riley, 'ticket-1').uri)
  expect(await after.enrol(riley, 'ticket-1', phone.shows(-1))).toMatchObject({
    enrolled: { what: 'totp-enrolled' },
  })
  expect(await after.confirm(riley.id, phone.shows())).toMatchObject({ method: 'totp' })
})

test('who has no e-mail is named in their app nonetheless', () => {
  const { uri } = totp.offer({ ...aPerson('Kim'), email: null }, 'ticket-1')
  expect(decodeURIComponent(uri)).toContain('Curfew:Kim (UKIM, no verified e-mail)')
})
