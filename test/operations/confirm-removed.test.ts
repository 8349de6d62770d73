import { Secret, TOTP } from 'otpauth'
import { unrecorded } from '../../src/domain/ports/acts.ts'
import { confirmingFor } from '../../src/confirmers.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { mongoProofs } from '../../src/mongo/confirming/proofs.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoTickets } from '../../src/mongo/tickets.ts'
import { addWay, lookAtEnrolment, proveToEnrol } from '../../src/operations/confirm/enrol.ts'
import { makeCodeFor, removeAllWaysOf } from '../../src/operations/confirm/help.ts'
import type { World } from '../../src/operations/world.ts'
import { directoryFrom } from '../../src/people/directory.ts'
import { read, withKeys } from '../catalog/reading.ts'
import { ada, riley } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { memoryDirectory } from '../support/memory-directory.ts'
import { noLog } from '../support/no-log.ts'
import { aKey } from '../support/ring.ts'
import { aSlackSide } from '../support/slack-side.ts'

/** What an admin removed stays removed, whatever was under way in that moment. */

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())
beforeEach(async () => {
  for (const name of ['enrolment_codes', 'totp', 'tickets'])
    await database.connection.collection(name).deleteMany({})
})

const key = aKey('k1')
const helpers = 'people: { admins: [ada@acme.example] }\n'

function aCompany(): World {
  const known = memoryDirectory({ people: [riley, ada], groups: { '@dba': [ada] }, channels: {} })
  const catalog = read(`${withKeys('mode: session', 'session: { length: 1h }')}${helpers}`)
  const { world: others } = aSlackSide({ catalog })
  const clock = { ...others.clock, now: () => new Date() }
  const proofs = mongoProofs(database.connection)
  const confirming = confirmingFor(
    database.connection,
    { keys: [key], publicUrl: 'https://curfew.acme.example', proxies: null },
    {
      catalog: others.catalog,
      clock,
      proofs,
      acts: unrecorded,
      tell: async () => undefined,
      tellAdmins: () => undefined,
      log: noLog,
    },
  )
  const tickets = mongoTickets(database.connection)
  return { ...others, clock, log: noLog, directory: directoryFrom(known), confirming, proofs, tickets }
}

const helpRiley = { by: ada, userId: riley.slack.userId }

const aCode = async (world: World): Promise<string> => {
  const made = await makeCodeFor(world, helpRiley)
  return isRefusal(made) ? '' : made.code
}

async function typedFor(world: World, token: string): Promise<string> {
  const page = await lookAtEnrolment(world, token)
  const secret = isRefusal(page) ? '' : (page.offers?.code?.secret ?? '')
  return new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) }).generate()
}

test('a way that is being added while an admin removes all of them is not there afterwards', async () => {
  const world = aCompany()
  const token = await world.tickets.make({ act: 'enrol', by: riley, isProven: true }, 60_000)
  const typed = await typedFor(world, token)
  const slow: World = {
    ...world,
    directory: {
      ...world.directory,
      freshFacts: async (whom) => {
        const facts = await world.directory.freshFacts(whom)
        // Slack is slow, and meanwhile:
        expect(await removeAllWaysOf(world, helpRiley)).toHaveProperty('removed', 0)
        return facts
      },
    },
  }
  await addWay(slow, { token, way: { method: 'totp', typed } })
  expect(await world.confirming.enrolling.ownWays(riley)).toEqual([])
})

test('a one-time code typed right before an admin removes all opens no page on which to add a way', async () => {
  const world = aCompany()
  const typed = await aCode(world)
  const token = await world.tickets.make({ act: 'enrol', by: riley, isProven: false }, 60_000)
  const { enrolling } = world.confirming
  const slow: World = {
    ...world,
    confirming: {
      ...world.confirming,
      enrolling: {
        ...enrolling,
        byCode: async (person, code) => {
          const used = await enrolling.byCode(person, code)
          await removeAllWaysOf(world, helpRiley)
          return used
        },
      },
    },
  }
  const proven = await proveToEnrol(slow, { token, proof: { method: 'one-time-code', typed } })
  expect(proven).toMatchObject({ refused: 'bad-ticket' })
})

test('while an admin removes all, a one-time code made before opens no page on which to add a way', async () => {
  const world = aCompany()
  const typed = await aCode(world)
  const token = await world.tickets.make({ act: 'enrol', by: riley, isProven: false }, 60_000)
  let open = token
  const { enrolling } = world.confirming
  const slow: World = {
    ...world,
    confirming: {
      ...world.confirming,
      enrolling: {
        ...enrolling,
        // Another replica answers a page that was asked for in this moment.
        removeAll: async (person, by) => {
          const asked = await world.tickets.make({ act: 'enrol', by: riley, isProven: false }, 60_000)
          const proven = await proveToEnrol(world, {
            token: asked,
            proof: { method: 'one-time-code', typed },
          })
          if (!isRefusal(proven)) open = proven.ticket
          return enrolling.removeAll(person, by)
        },
      },
    },
  }
  await removeAllWaysOf(slow, helpRiley)
  const page = await lookAtEnrolment(world, open)
  expect(isRefusal(page) ? page.refused : 'still open').toBe('bad-ticket')
})
