import { z } from 'zod'
import { startScim } from '../support/scim-server.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** What a directory writes stands in the record, and what it only says once more does not. */

const acts = z.array(
  z.object({
    type: z.string(),
    outcome: z.string().nullable(),
    by: z.object({ source: z.string() }),
    about: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
    details: z.record(z.string(), z.string()),
  }),
)

test('people and groups that a directory makes, changes and removes', async () => {
  const scim = await startScim({ isRecorded: true })
  afterThis(() => scim.close())
  const { ask } = scim
  const written = async () =>
    acts.parse(await scim.database.connection.collection('acts').find().sort({ at: 1, _id: 1 }).toArray())
  const user = { userName: 'riley@acme.example', active: true }
  const { id } = (await ask('POST', '/Users', user)).json
  await ask('PUT', `/Users/${id}`, user)
  expect((await ask('POST', '/Users', user)).status).toBe(409)
  const operations = [{ op: 'replace', path: 'active', value: false }]
  await ask('PATCH', `/Users/${id}`, { Operations: operations })
  const group = (await ask('POST', '/Groups', { displayName: 'dba', members: [{ value: id }] })).json
  const isRenamed = [{ op: 'replace', path: 'displayName', value: 'dbas' }]
  await ask('PATCH', `/Groups/${group.id}`, { Operations: isRenamed })
  await ask('DELETE', `/Groups/${group.id}`)
  await ask('DELETE', `/Groups/${group.id}`)
  await ask('DELETE', `/Users/${id}`)

  const said = await written()
  expect(said.map(({ type, outcome }) => `${type}: ${outcome}`)).toEqual([
    'user-created: done',
    'user-changed: done',
    'group-created: done',
    'group-changed: done',
    'group-removed: done',
    'user-removed: done',
  ])
  expect(said[0]).toMatchObject({
    by: { source: 'okta' },
    about: { kind: 'person', id, name: 'riley@acme.example' },
    details: { active: 'yes' },
  })
  expect(said[1]?.details).toEqual({ active: 'no' })
  expect(said[2]?.about).toEqual({ kind: 'group', id: group.id, name: 'dba' })
})
