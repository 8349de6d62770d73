import { Secret, TOTP } from 'otpauth'
import { unrecorded } from '../../src/domain/ports/acts.ts'
import { confirmingFor } from '../../src/confirmers.ts'
import type { FactorNews } from '../../src/domain/confirming/factor-news.ts'
import type { PersonFacts } from '../../src/domain/person.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoProofs } from '../../src/mongo/confirming/proofs.ts'
import { mongoTickets } from '../../src/mongo/tickets.ts'
import { makeCodeFor, removeAllWaysOf } from '../../src/operations/confirm/help.ts'
import { lookUp } from '../../src/operations/look-up.ts'
import type { World } from '../../src/operations/world.ts'
import { directoryFrom } from '../../src/people/directory.ts'
import { read, withKeys } from '../catalog/reading.ts'
import { ada, aPerson, kim, riley, sam } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { memoryDirectory } from '../support/memory-directory.ts'
import { noLog } from '../support/no-log.ts'
import { aKey } from '../support/ring.ts'
import { aSlackSide } from '../support/slack-side.ts'

/** Admins help with confirming: never themselves, nobody who is not plainly ours, and by what is so at that moment. */

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())

const helpers = 'people: { admins: [ada@acme.example, sam@acme.example] }\n'
const sessions = withKeys('mode: session', 'session: { length: 1h }')
const key = aKey('k1')

interface Told {
  readonly of: string
  readonly news: FactorNews
}

/** Ada and Sam look after who is who; `now` says otherwise of people than what was read a minute before. */
function aCompany({
  now = {},
  catalog = `${sessions}${helpers}`,
  keys = [key],
}: {
  now?: Readonly<Record<string, Partial<PersonFacts> | 'unknown'>>
  catalog?: string
  keys?: [typeof key] | null
} = {}) {
  const known = memoryDirectory({
    people: [riley, ada, sam, kim, { ...aPerson('Mallory'), email: null }],
    groups: { '@dba': [ada, sam] },
    channels: {},
  })
  const freshFacts = async (userId: string) => {
    const facts = await known.freshFacts(userId)
    const other = now[userId] ?? {}
    return facts === 'unknown' || other === 'unknown' ? 'unknown' : { ...facts, ...other }
  }
  const { world: others, setNow } = aSlackSide({ catalog: read(catalog) })
  const told: Told[] = []
  const logged: unknown[] = []
  const log = {
    ...noLog,
    info: (message: string, fields?: object) => void logged.push({ message, ...fields }),
  }
  const clock = { ...others.clock, now: () => new Date() }
  const proofs = mongoProofs(database.connection)
  const confirming = confirmingFor(
    database.connection,
    { keys, publicUrl: 'https://curfew.acme.example', proxies: null },
    {
      catalog: others.catalog,
      clock,
      proofs,
      acts: unrecorded,
      tell: async ({ id: of }, news) => void told.push({ of, news }),
      tellAdmins: () => undefined,
      log,
    },
  )
  const directory = directoryFrom({ ...known, freshFacts })
  const tickets = mongoTickets(database.connection)
  const world: World = { ...others, clock, log, directory, confirming, proofs, tickets }
  return { world, told, logged, setNow }
}

const of = ({ slack }: typeof riley) => slack.userId
const codes = () => database.connection.collection('enrolment_codes').countDocuments()
beforeEach(async () => {
  for (const name of ['enrolment_codes', 'totp']) await database.connection.collection(name).deleteMany({})
})

/** Riley's app, added by a page; the code that it shows now. */
async function anApp({ confirming }: World): Promise<void> {
  const { enrolling } = confirming
  const secret = Secret.fromBase32(enrolling.codeOffer(riley, 'page')?.secret.replaceAll(' ', '') ?? '')
  const added = await enrolling.addCode(riley, 'page', new TOTP({ secret }).generate())
  expect(added).toEqual({ added: 'your authenticator app' })
}

test('an admin makes a code with which its person shows who they are, who is told by whom', async () => {
  const { world, told, logged } = aCompany()
  const made = await makeCodeFor(world, { by: ada, userId: of(riley) })
  const { code, whom } = isRefusal(made) ? { code: '', whom: null } : made
  expect(whom).toMatchObject({ id: riley.id })
  expect(told).toEqual([{ of: riley.id, news: { person: riley.id, what: 'code-made', by: ada } }])
  expect(logged).toContainEqual({
    message: 'an admin made a one-time code',
    by: ada.id,
    admin: 'Ada (ada@acme.example)',
    person: riley.id,
  })
  expect(code).not.toBe('')
  expect(JSON.stringify([told, logged])).not.toContain(code)
  expect(await world.confirming.enrolling.byCode(kim, code)).toHaveProperty('no')
  expect(await world.confirming.enrolling.byCode(riley, code)).toHaveProperty('at')
})

test('an admin removes all that somebody has: their app and what it proved, a code that waits, and pages that stand open', async () => {
  const { world, told, logged } = aCompany()
  await anApp(world)
  const proof = { method: 'totp' as const, at: new Date(), shown: 'An act.', ticket: 'mark' }
  await world.proofs.note(riley.id, proof)
  await makeCodeFor(world, { by: ada, userId: of(riley) })
  const open = await world.tickets.make({ act: 'enrol', by: riley, isProven: true }, 60_000)
  const others = await world.tickets.make({ act: 'enrol', by: kim, isProven: true }, 60_000)

  expect(await removeAllWaysOf(world, { by: sam, userId: of(riley) })).toMatchObject({ removed: 1 })
  expect(await world.confirming.enrolling.ownWays(riley)).toEqual([])
  expect(await codes()).toBe(0)
  expect((await world.proofs.latest([riley.id])).get(riley.id) ?? []).toEqual([])
  expect(await world.tickets.look(open)).toBeNull()
  expect(await world.tickets.look(others)).not.toBeNull()
  expect(told.at(-1)).toEqual({ of: riley.id, news: { person: riley.id, what: 'all-removed', by: sam } })
  expect(logged).toContainEqual(expect.objectContaining({ admin: 'Sam (sam@acme.example)', removed: 1 }))

  const before = told.length
  expect(await removeAllWaysOf(world, { by: sam, userId: of(riley) })).toMatchObject({ removed: 0 })
  expect(told).toHaveLength(before)
})

const question = { isInQuestion: true, isStranger: false }
const stranger = { isInQuestion: false, isStranger: true }
const provisioned = {
  users: [],
  groups: new Set<string>(),
  leftLately: new Set<string>(),
  listed: new Set<string>(),
  managerUserId: null,
  accounts: [],
}

test.each([
  ['who looks after nobody', { by: kim }, {}, 'not-an-admin'],
  ['an admin who left a moment ago', {}, { UADA: { isHere: false } }, 'not-an-admin'],
  ['an admin of another workspace', {}, { UADA: { isExternal: true } }, 'not-an-admin'],
  ['an admin whom Slack does not vouch for now', {}, { UADA: 'unknown' }, 'unsure'],
  [
    'an admin who may be somebody else',
    {},
    { UADA: { provisioned: { ...provisioned, ...question } } },
    'not-an-admin',
  ],
  ['an admin, for themselves', { whom: ada }, {}, 'own-ways'],
  [
    'an admin, for another account of theirs',
    {},
    { UADA: { person: { ...ada, also: [riley.id] } } },
    'own-ways',
  ],
  ['for a bot, or whoever left a moment ago', {}, { URILEY: { isHere: false } }, 'not-helped'],
  ['for a guest from another workspace', {}, { URILEY: { isExternal: true } }, 'not-helped'],
  [
    'for whom no company directory knows',
    {},
    { URILEY: { provisioned: { ...provisioned, ...stranger } } },
    'not-helped',
  ],
  [
    'for who may be somebody else',
    {},
    { URILEY: { provisioned: { ...provisioned, ...question } } },
    'not-helped',
  ],
  ['for whom Slack says nothing of now', {}, { URILEY: 'unknown' }, 'unsure'],
  ['for an id that nobody has', { whom: aPerson('Nobody') }, {}, 'not-helped'],
] as const)(
  'no help by or for: %s',
  async (_who, { by = ada, whom = riley }: { by?: typeof ada; whom?: typeof ada }, now, refused) => {
    const { world, told } = aCompany({ now })
    await anApp(world)
    const before = told.length
    const help = { by, userId: of(whom) }
    expect(await makeCodeFor(world, help)).toMatchObject({ refused })
    expect(await removeAllWaysOf(world, help)).toMatchObject({ refused })
    expect(await codes()).toBe(0)
    expect(await world.confirming.enrolling.ownWays(riley)).toHaveLength(1)
    expect(told).toHaveLength(before)
  },
)

test('every admin helps where the catalog names nobody for it, and without a key nothing is made', async () => {
  const { world } = aCompany({ catalog: sessions })
  expect(await makeCodeFor(world, { by: ada, userId: of(riley) })).toHaveProperty('code')
  expect(await makeCodeFor(world, { by: sam, userId: of(riley) })).toMatchObject({ refused: 'not-an-admin' })
  const without = aCompany({ keys: null })
  expect(await makeCodeFor(without.world, { by: ada, userId: of(riley) })).toMatchObject({
    refused: 'not-made',
  })
  expect(without.told).toEqual([])
})

test('rules that change in that very moment decide anew', async () => {
  const { world } = aCompany()
  const [first, second] = [read(`${sessions}${helpers}`), read(sessions)]
  let asked = 0
  const changing = { ...world, catalog: () => ((asked += 1) === 1 ? first : second) }
  expect(await makeCodeFor(changing, { by: ada, userId: of(riley) })).toMatchObject({
    refused: 'rules-changed',
  })
  expect(await codes()).toBe(0)
})

test('it is offered to whoever may, about whom they may, and where something is to be confirmed', async () => {
  const offers = async ({ world }: ReturnType<typeof aCompany>, by = sam, whom = riley) => {
    const found = await lookUp(world, { by, userId: of(whom) })
    return isRefusal(found) ? found.refused : found.offersHelp
  }
  // Sam is an admin of nothing else.
  expect(await offers(aCompany())).toBe(true)
  expect(await offers(aCompany(), ada)).toBe(true)
  expect(await offers(aCompany(), ada, ada)).toBe(false)
  expect(await offers(aCompany({ catalog: sessions }))).toBe('not-an-admin')
  expect(await offers(aCompany({ catalog: `${withKeys()}${helpers}` }))).toBe(false)
  expect(await offers(aCompany({ keys: null }))).toBe(false)
})
