import { startScim, type ScimAnswer, type TestScim } from '../../support/scim-server.ts'

let scim: TestScim
beforeAll(async () => {
  scim = await startScim()
})
afterAll(() => scim.close())

const core = 'urn:ietf:params:scim:schemas:core:2.0:User'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
let made = 0
const aUser = (about: object = {}): Promise<ScimAnswer> =>
  scim.ask('POST', '/Users', { userName: `sam-${made++}@acme.example`, ...about })
const aGroup = (about: object = {}): Promise<ScimAnswer> =>
  scim.ask('POST', '/Groups', { displayName: `team ${made++}`, ...about })
const patch = (path: string, ...Operations: object[]) => scim.ask('PATCH', path, { Operations })
const membersOf = async (group: string) =>
  ((await scim.ask('GET', `/Groups/${group}`)).json.members ?? []).map(({ value }) => value)
const row = async (id: string) =>
  scim.database.connection
    .collection<{ _id: string; email: string | null; manager: string | null }>('scim_users')
    .findOne({ _id: id })

// The request names somebody who exists: who leaves. Refused as a whole, they stay a member.
test('who is taken out of a group leaves it, though the same request adds only people who are not known', async () => {
  const { json: sam } = await aUser()
  const { json: ada } = await aUser()
  const { json: group } = await aGroup({ members: [{ value: sam.id }, { value: ada.id }] })
  await patch(
    `/Groups/${group.id}`,
    { op: 'remove', path: `members[value eq "${sam.id}"]` },
    { op: 'add', path: 'members', value: [{ value: 'not-yet-provisioned' }] },
  )
  expect(await membersOf(group.id)).toEqual([ada.id])
})

// Lowercased, the Kelvin sign becomes a k: what Slack verified for Kim is another mailbox.
test('an address that only looks like that of somebody else is not that of somebody else', async () => {
  const { json } = await aUser({ emails: [{ type: 'work', value: '\u212Aim@acme.example' }] })
  const found = await row(json.id)
  expect(found?.email).not.toBe('kim@acme.example')
})

// Entra and others write whole addresses; a 200 tells them that the leaver is out.
test('a deactivation below the address of the core schema deactivates, or is refused, but is no success that does nothing', async () => {
  const { json: sam } = await aUser()
  const { status } = await patch(`/Users/${sam.id}`, { op: 'replace', value: { [core]: { active: false } } })
  const { json } = await scim.ask('GET', `/Users/${sam.id}`)
  expect([status, json.active]).not.toEqual([200, true])
})

test('a PUT that says active with the whole address of the attribute deactivates', async () => {
  const { json: sam } = await aUser()
  const body = { userName: sam.userName, [`${core}:active`]: false }
  const { status } = await scim.ask('PUT', `/Users/${sam.id}`, body)
  const { json } = await scim.ask('GET', `/Users/${sam.id}`)
  expect([status, json.active]).not.toEqual([200, true])
})

// The name of a member is not kept, so nobody matches it.
test('a filtered remove that names a member takes that member out, or is refused, but never does nothing and says 204', async () => {
  const { json: sam } = await aUser({ displayName: 'Sam' })
  const { json: group } = await aGroup({ members: [{ value: sam.id, display: 'Sam' }] })
  const { status } = await patch(`/Groups/${group.id}`, {
    op: 'remove',
    path: `members[value eq "${sam.id}" and display eq "Sam"]`,
  })
  expect([status, (await membersOf(group.id)).length]).not.toEqual([204, 1])
})

// What has a part after members is passed over without a word.
test.each([
  ['members[value eq "ID"].value', undefined],
  ['members.value', 'ID'],
])('a remove by the path %s takes the member out, or is refused', async (path, value) => {
  const { json: sam } = await aUser()
  const { json: group } = await aGroup({ members: [{ value: sam.id }] })
  const { status } = await patch(`/Groups/${group.id}`, {
    op: 'remove',
    path: path.replace('ID', sam.id),
    ...(value === undefined ? {} : { value: sam.id }),
  })
  expect([status, (await membersOf(group.id)).length]).not.toEqual([204, 1])
})

// 200 and the manager before stays the one who approves.
test('a manager given by the path manager alone is the manager, or is refused', async () => {
  const { json: ada } = await aUser()
  const { json: kim } = await aUser()
  const { json: sam } = await aUser({ [enterprise]: { manager: { value: kim.id } } })
  const { status } = await patch(`/Users/${sam.id}`, {
    op: 'Replace',
    path: 'manager',
    value: [{ $ref: `${scim.url}/Users/${ada.id}`, value: ada.id }],
  })
  const found = await row(sam.id)
  expect([status, found?.manager]).not.toEqual([200, kim.id])
})

// One value in a list, for a single reference: 400, and the manager before stays.
test('a manager given as a list of one is the manager', async () => {
  const { json: ada } = await aUser()
  const { json: sam } = await aUser()
  const { status } = await patch(`/Users/${sam.id}`, {
    op: 'Add',
    path: `${enterprise}:manager`,
    value: [{ $ref: `${scim.url}/Users/${ada.id}`, value: ada.id }],
  })
  const found = await row(sam.id)
  expect([status, found?.manager]).toEqual([200, ada.id])
})

// Nobody is looked at: who holds by the old name, or is to get by the new one, waits for the look of each minute.
test('a rename of a group says whom it concerned: all who are in it', async () => {
  const { json: sam } = await aUser()
  const { json: group } = await aGroup({ members: [{ value: sam.id }] })
  scim.changes.length = 0
  await patch(`/Groups/${group.id}`, { op: 'replace', value: { displayName: 'dba' } })
  expect(scim.changes.flat()).toEqual([sam.id])
})

// A provider that does not find it makes it anew, or takes it for deleted.
test('a group of more than fifty thousand is in the list of groups', async () => {
  const own = await startScim()
  try {
    const { connection } = own.database
    const ids = Array.from({ length: 50_001 }, (_, i) => `user-${String(i).padStart(6, '0')}`)
    const users = connection.collection<{ _id: string }>('scim_users')
    await users.insertMany(
      ids.map((_id) => ({ _id, source: 'okta', isHere: true, userNameKey: _id, isActive: true })),
    )
    const { json: group } = await own.ask('POST', '/Groups', { displayName: 'everybody' })
    await own.ask('POST', '/Groups', { displayName: 'later' })
    for (let i = 0; i < ids.length; i += 10_000) {
      const value = ids.slice(i, i + 10_000).map((one) => ({ value: one }))
      const { status } = await own.ask('PATCH', `/Groups/${group.id}`, {
        Operations: [{ op: 'add', path: 'members', value }],
      })
      expect(status).toBe(204)
    }
    const { json } = await own.ask('GET', '/Groups?startIndex=1&count=100')
    expect([json.totalResults, json.Resources.length > 0]).toEqual([2, true])
  } finally {
    await own.close()
  }
}, 300_000)

// What is asked for is the time of the group's own document, what is answered that of its members too.
test('a group is found by the time at which it says that it last changed, or that is not to be asked', async () => {
  const { json: sam } = await aUser()
  const { json: group } = await aGroup()
  const told = async () =>
    /"lastModified":"([^"]+)/.exec((await scim.ask('GET', `/Groups/${group.id}`)).text)?.[1] ?? ''
  const first = await told()
  for (let i = 0; (await told()) === first; i++)
    await patch(`/Groups/${group.id}`, {
      op: i % 2 === 0 ? 'add' : 'remove',
      path: 'members',
      value: [{ value: sam.id }],
    })
  const filter = `id eq "${group.id}" and meta.lastModified ge "${await told()}"`
  const { status, json } = await scim.ask('GET', `/Groups?filter=${encodeURIComponent(filter)}`)
  expect(status === 400 || json.totalResults === 1).toBe(true)
})

// The groups are in the answer, and not in its version.
test('a user whose groups changed is not answered as unchanged', async () => {
  const { json: sam } = await aUser()
  const was = (await scim.ask('GET', `/Users/${sam.id}`)).headers.get('etag') ?? ''
  await aGroup({ members: [{ value: sam.id }] })
  const now = await scim.ask('GET', `/Users/${sam.id}`, undefined, { 'if-none-match': was })
  expect(now.status).toBe(200)
})

// constructor is found on the prototype of a table of names.
test('an attribute is found by a filter whatever it is called', async () => {
  const { json } = await aUser({ constructor: 'x' })
  const found = await scim.ask('GET', `/Users?filter=${encodeURIComponent('constructor eq "x"')}`)
  expect(found.json.Resources.map(({ id }) => id)).toEqual([json.id])
})

// Members are in no document of a group, so nobody seems to have any.
test('members pr finds the groups that have members, members.display is no id', async () => {
  const { json: sam } = await aUser()
  const { json: group } = await aGroup({ members: [{ value: sam.id }] })
  const found = await scim.ask(
    'GET',
    `/Groups?filter=${encodeURIComponent(`id eq "${group.id}" and members pr`)}`,
  )
  expect(found.status === 400 || found.json.totalResults === 1).toBe(true)
})

// The page begins after a place that was remembered, and counts all before it as being there still.
test('a page that is asked for by itself says how many there are now', async () => {
  const own = await startScim()
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.push((await own.ask('POST', '/Users', { userName: `u${i}` })).json.id)
  await own.ask('GET', '/Users?count=2')
  await own.ask('DELETE', `/Users/${ids[0]}`)
  await own.ask('DELETE', `/Users/${ids[1]}`)
  const { json } = await own.ask('GET', '/Users?startIndex=3&count=10')
  expect(json.totalResults).toBe(3)
  await own.close()
})

// Matched by nobody, a leaver stays unknown to SCIM.
test('the address of somebody is the one that is there, not an empty one of type work', async () => {
  const { json: sam } = await aUser({
    emails: [{ type: 'work' }, { type: 'other', value: 'sam@acme.example' }],
  })
  const found = await row(sam.id)
  expect(found?.email).toBe('sam@acme.example')
})
