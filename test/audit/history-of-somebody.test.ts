import { Writable } from 'node:stream'
import { history } from '../../src/audit/history.ts'
import { chainKeys } from '../../src/domain/audit/keys.ts'
import type { PreApproval } from '../../src/domain/pre-approval.ts'
import { mongoActsToRecord } from '../../src/mongo/acts.ts'
import { mongoChain } from '../../src/mongo/audit.ts'
import { pairId } from '../../src/domain/ports/identities.ts'
import { mongoHoldings } from '../../src/mongo/holdings.ts'
import { mongoIdentities } from '../../src/mongo/identities.ts'
import { mongoNamed } from '../../src/mongo/named.ts'
import { recordHistory } from '../../src/operations/by-itself/record-history.ts'
import { wordAct } from '../../src/operations/word-act.ts'
import { ada, at, riley } from '../support/builders.ts'
import { noLog } from '../support/no-log.ts'
import { aKey, written } from '../support/ring.ts'
import { startScim } from '../support/scim-server.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aRecord } from './a-record.ts'

/** All that the record has of somebody is what they did, and what was done about them; and of nobody else. */

const ofPeople = (all: readonly (typeof riley)[]) =>
  all.map(({ id: _id, ...person }) => ({ _id, ...person, emailKey: person.email }))

/** A directory that tells Curfew, and what history says then. */
async function aDirectory() {
  const scim = await startScim({ isRecorded: true })
  afterThis(() => scim.close())
  const { connection, uri, name } = scim.database
  const key = aKey('k1')
  const url = new URL(uri)
  url.pathname = `/${name}`
  const environment = { MONGODB_URI: url.href, AUDIT_KEYS: written(key) }
  const [chain, named, holdings] = [mongoChain(connection), mongoNamed(connection), mongoHoldings(connection)]
  const records = () =>
    recordHistory(
      { chain, places: [mongoActsToRecord(connection, noLog)], holdings, named },
      chainKeys([key])[0],
    )
  const saysOf = async (who: string) => {
    const parts: string[] = []
    const out = new Writable({
      write: (part: Buffer, _, done) => {
        parts.push(part.toString())
        done()
      },
    })
    await history([who, '--json'], environment, out)
    return (JSON.parse(parts.join('')) as { what: string }[]).map(({ what }) => what)
  }
  return { ...scim, connection, records, saysOf }
}

test('that a directory removed somebody stands in their history, as that it made them does', async () => {
  const { ask, connection, records, saysOf } = await aDirectory()
  await connection.collection<{ _id: string }>('people').insertMany(ofPeople([riley]))
  const { id } = (await ask('POST', '/Users', { userName: riley.email, active: true })).json
  await ask('DELETE', `/Users/${id}`)
  await records()
  expect(await saysOf('URILEY')).toEqual(['user-created', 'user-removed'])
})

test('what a directory did to whoever had an address before does not stand in the history of who has it now', async () => {
  const { ask, connection, records, saysOf } = await aDirectory()
  const identities = mongoIdentities(connection)
  const email = riley.email ?? ''
  const people = connection.collection<{ _id: string }>('people')
  const makes = async () => (await ask('POST', '/Users', { userName: email, active: true })).json.id
  const before = await makes()
  await people.insertMany(ofPeople([riley]))
  await identities.match({ source: 'okta', userId: before, personId: riley.id }, email)
  const operations = [{ op: 'replace', path: 'active', value: false }]
  await ask('PATCH', `/Users/${before}`, { Operations: operations })
  await ask('DELETE', `/Users/${before}`)
  // Another Riley comes to the company, and gets that address: an admin said who is who.
  const now = await makes()
  const another = { ...riley, id: 'p-riley-2', slack: { teamId: 'T1', userId: 'URILEY2' } }
  await people.updateOne({ _id: riley.id }, { $set: { email: null, emailKey: null } })
  await people.insertMany(ofPeople([another]))
  const pair = { userId: now, personId: another.id }
  await identities.ask({ source: 'okta', ...pair }, 'used-email')
  expect(await identities.answer(pairId(pair), 'same', ada)).not.toBeNull()
  await records()
  expect(await saysOf('URILEY2')).toEqual(['user-created'])
})

test('that somebody was approved ahead, and that it was stopped, stands in their history', async () => {
  const record = await aRecord()
  const word: PreApproval = {
    id: 'w1',
    approver: ada,
    subject: riley,
    resource: { id: 'orders-db', name: 'Orders database' },
    entitlement: { id: 'read', name: 'Read orders' },
    system: 'orders-cluster',
    canonical: 'read@orders',
    principal: 'riley',
    maxMs: 3_600_000,
    confirmation: null,
    until: at(86_400),
    madeAt: at(0),
    stoppedAt: null,
    stoppedBy: null,
  }
  await record.recordsAct('a1', wordAct('approved-ahead', word, ada))
  await record.recordsAct('a2', wordAct('approval-ahead-stopped', word, { curfew: true }))
  await record.catchesUp()
  await record.connection.collection<{ _id: string }>('people').insertMany(ofPeople([riley, ada]))
  for (const how of [[], ['--thorough']]) {
    const { text } = await record.asked(history, 'URILEY', '--json', ...how)
    const entries = JSON.parse(text) as { what: string }[]
    expect(entries.map(({ what }) => what)).toEqual(['approved-ahead', 'approval-ahead-stopped'])
  }
})

test('a program that reads a history which is not all in the index yet is told so, as people are', async () => {
  const record = await aRecord()
  await record.connection.collection<{ _id: string }>('people').insertMany(ofPeople([riley]))
  const about = { kind: 'person', id: riley.id, name: 'Riley' } as const
  // It stands in the record, and whoever put it there died before it was noted.
  await record.recordsAct('a1', { type: 'ways-removed', by: ada, about, details: {} })
  const people = await record.asked(history, 'URILEY')
  expect(people.text).toContain('is not in the index yet')
  const program = await record.asked(history, 'URILEY', '--json')
  // Beside what it reads, which is JSON still.
  expect(JSON.parse(program.text)).toEqual([])
  expect(program.errors).toContain('is not in the index yet')
})
