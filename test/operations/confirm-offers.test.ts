import { isRefusal } from '../../src/domain/refusal.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoProofs } from '../../src/mongo/confirming/proofs.ts'
import { mongoTickets } from '../../src/mongo/tickets.ts'
import { lookAtEnrolment } from '../../src/operations/confirm/enrol.ts'
import { directoryFrom } from '../../src/people/directory.ts'
import { read, withKeys } from '../catalog/reading.ts'
import { riley } from '../support/builders.ts'
import { confirmingOn } from '../support/confirming-on.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { memoryDirectory } from '../support/memory-directory.ts'
import { noLog } from '../support/no-log.ts'
import { aKey } from '../support/ring.ts'
import { aSlackSide } from '../support/slack-side.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())

test.each([
  ['passkey', ['passkey']],
  ['totp', ['totp']],
])(
  'where only %s counts, the page to add a way offers nothing that confirms nothing',
  async (only, offered) => {
    const catalog = read(
      `${withKeys('mode: session', 'session: { length: 1h }')}confirm: { methods: [${only}] }\n`,
    )
    const { world: others } = aSlackSide({ catalog })
    const clock = { ...others.clock, now: () => new Date() }
    const proofs = mongoProofs(database.connection)
    const confirming = confirmingOn(database, { catalog: others.catalog(), key: aKey('k1') })
    const directory = directoryFrom(memoryDirectory({ people: [riley], groups: {}, channels: {} }))
    const tickets = mongoTickets(database.connection)
    const world = { ...others, clock, log: noLog, directory, confirming, proofs, tickets }
    const token = await tickets.make({ act: 'enrol', by: riley, isProven: true }, 60_000)
    const found = await lookAtEnrolment(world, token)
    const offers = isRefusal(found) ? null : found.offers
    expect([
      ...(offers?.passkey == null ? [] : ['passkey']),
      ...(offers?.code == null ? [] : ['totp']),
    ]).toEqual(offered)
  },
)
