import { Timestamp } from 'mongodb'
import { request } from 'node:http'
import { startMongod } from '../../support/mongod.ts'
import { startScim, type ScimAnswer, type TestScim } from '../../support/scim-server.ts'

let scim: TestScim
beforeAll(async () => {
  scim = await startScim()
})
afterAll(() => scim.close())

let made = 0
const aUser = (about: object = {}): Promise<ScimAnswer> =>
  scim.ask('POST', '/Users', { userName: `riley-${made++}@acme.example`, ...about })
const aGroup = (about: object = {}): Promise<ScimAnswer> =>
  scim.ask('POST', '/Groups', { displayName: `group ${made++}`, ...about })
const patch = (path: string, ...Operations: object[]) => scim.ask('PATCH', path, { Operations })
const membersOf = async (group: string) =>
  ((await scim.ask('GET', `/Groups/${group}`)).json.members ?? []).map(({ value }) => value)
const row = async (collection: string, id: string) =>
  scim.database.connection.collection<{ _id: string }>(collection).findOne({ _id: id })

test('a wrong token is told nothing, and its body is not read', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(`${scim.url}/Users`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer nobody',
        'content-length': 500_000,
        'content-type': 'application/json',
      },
    })
    asked.once('response', (response) => {
      resolve(response.statusCode)
      asked.destroy()
    })
    asked.once('error', reject)
    // Nothing of the body is ever sent.
    asked.flushHeaders()
  })
  expect(status).toBe(401)
  const { json, headers } = await scim.ask('GET', '/Printers', undefined, {
    authorization: 'Basic cmlsZXk6eA==',
  })
  expect(json).toMatchObject({ status: '401' })
  expect(headers.get('www-authenticate')).toBe('Bearer')
})

test('a body of two megabytes that says no length is refused, and the next request works', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(`${scim.url}/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scim.token}`, 'content-type': 'application/json' },
    })
    asked.once('response', (response) => resolve(response.resume().statusCode))
    asked.once('error', reject)
    asked.end(Buffer.alloc(2_000_000, 'x'))
  })
  expect(status).toBe(413)
  expect((await scim.ask('GET', '/Users?count=1')).status).toBe(200)
})

test('a thousand operations in one PATCH work, one more is refused', async () => {
  const { json: user } = await aUser()
  const titles = (n: number) =>
    Array.from({ length: n }, (_, i) => ({ op: 'replace', path: 'title', value: `t${i}` }))
  const done = await patch(`/Users/${user.id}`, ...titles(1_000))
  expect([done.status, done.json['title']]).toEqual([200, 't999'])
  const refused = await patch(`/Users/${user.id}`, ...titles(1_001))
  expect(refused.status).toBe(413)
})

test('what was sent is given back, whatever it is called', async () => {
  const odd =
    '{"userName":"odd-names","$where":"1","a.b":{"$set":{"x":1}},"__proto__":{"polluted":true},"é\\u0000":["ü",null]}'
  const { status, json } = await scim.ask('POST', '/Users', odd)
  expect(status).toBe(201)
  const { text } = await scim.ask('GET', `/Users/${json.id}`)
  expect(text).toContain('"$where":"1"')
  expect(text).toContain('"a.b":{"$set":{"x":1}}')
  expect(text).toContain('"__proto__":{"polluted":true}')
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

test.each([
  ['title co ".*"', 0],
  ['title eq "a.c"', 1],
  ['title sw "A."', 1],
  ['title ew "c"', 1],
  ['title ew "b"', 0],
  ['title co "$where"', 0],
  ['title pr and not (title co "x")', 1],
  ['name.familyName gt "m" and name.familyName le "mosS"', 1],
  ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "m-1"', 1],
  ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m-1"', 0],
  ['emails[type eq "work" and not (value ew "@b.example")]', 1],
  ['emails[type eq "home"].value ew "@a.example"', 0],
  ['emails.value eq "R@A.example"', 1],
  ['emails eq "r@a.example"', 1],
  ['emails.type eq "home" and active eq "True"', 1],
  ['externalId eq "x-1"', 1],
  ['externalId eq "X-1"', 0],
  ['nickName eq "say \\"hi\\" \\\\ there"', 1],
  ['nobody.knows eq "this"', 0],
  ['title ne null', 1],
])('filter %s finds %i', async (filter, count) => {
  const narrow = `userName eq "filters@acme.example" and (${filter})`
  await scim.ask('POST', '/Users', {
    userName: 'filters@acme.example',
    externalId: 'x-1',
    title: 'A.C',
    nickName: 'say "hi" \\ there',
    name: { familyName: 'Moss' },
    emails: [
      { type: 'work', value: 'r@a.example' },
      { type: 'home', value: 'r@b.example' },
    ],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: 'm-1' } },
  })
  const { json } = await scim.ask('GET', `/Users?filter=${encodeURIComponent(narrow)}`)
  expect(json.totalResults).toBe(count)
})

test.each([
  'title',
  'title eq',
  'groups.value eq "x"',
  'meta.version eq "1"',
  'title co true',
  'meta.created gt "soon"',
  `title eq "x" ${'or id pr '.repeat(501)}`,
  '$where eq "1"',
])('filter %s is refused as one', async (filter) => {
  const { status, json } = await scim.ask('GET', `/Users?filter=${encodeURIComponent(filter)}`)
  expect([status, json.scimType]).toEqual([400, 'invalidFilter'])
})

test('a userName in other case, and an externalId that somebody active has, are taken', async () => {
  const { json: riley } = await aUser({ userName: 'Riley@acme.example', externalId: 'twin' })
  const sameName = await scim.ask('POST', '/Users', { userName: 'rILEY@acme.example' })
  expect([sameName.status, sameName.json.scimType]).toEqual([409, 'uniqueness'])
  const sameId = await scim.ask('POST', '/Users', { userName: 'other@acme.example', externalId: 'twin' })
  expect(sameId.status).toBe(409)
  expect(sameId.json.detail).toContain('objectId')
  expect((await scim.ask('GET', `/Users/${riley.id}`)).json.userName).toBe('Riley@acme.example')
})

test('whoever comes back by the externalId they had is who they were, and is it once', async () => {
  const { json: was } = await aUser({ externalId: 'back' })
  const { json: group } = await aGroup({ members: [{ value: was.id }] })
  await patch(`/Users/${was.id}`, { op: 'replace', value: { active: false } })
  const body = { userName: 'back-again@acme.example', externalId: 'back' }
  const answers = await Promise.all([scim.ask('POST', '/Users', body), scim.ask('POST', '/Users', body)])
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  const back = answers.find(({ status }) => status === 201)
  expect(back?.json).toMatchObject({ id: was.id, active: true, userName: body.userName })
  expect(await membersOf(group.id)).toEqual([was.id])
  expect(await row('scim_users', was.id)).toMatchObject({ isActive: true, inactiveSince: null })
})

test('who is deleted stays known to the directory, and to nobody who asks by SCIM', async () => {
  const { json: user } = await aUser({ userName: 'leaver@acme.example', externalId: 'leaver' })
  const { json: group } = await aGroup({ members: [{ value: user.id }] })
  await scim.ask('DELETE', `/Users/${user.id}`)
  expect((await scim.ask('GET', `/Users/${user.id}`)).status).toBe(404)
  expect(await row('scim_users', user.id)).toMatchObject({
    userName: 'leaver@acme.example',
    email: 'leaver@acme.example',
    isActive: false,
    deletedAt: expect.any(Date) as Date,
    inactiveSince: expect.any(Date) as Date,
  })
  const left = await scim.database.connection.collection('scim_members').findOne({ user: user.id })
  expect(left).toMatchObject({ group: group.id, removedAt: expect.any(Date) as Date })
  const anew = await scim.ask('POST', '/Users', { userName: 'leaver@acme.example', externalId: 'leaver' })
  expect(anew.status).toBe(201)
  expect(anew.json.id).not.toBe(user.id)
})

test('the directory is told by which address, name and state somebody goes', async () => {
  const { json } = await aUser({
    userName: 'no-address',
    name: { givenName: 'Riley', familyName: 'Moss' },
    active: 'False',
    emails: [{ value: 'first@acme.example' }, { type: 'Work', value: 'Work@Acme.example' }],
  })
  expect(await row('scim_users', json.id)).toMatchObject({
    source: 'okta',
    name: 'Riley Moss',
    email: 'work@acme.example',
    isActive: false,
    inactiveSince: expect.any(Date) as Date,
    deletedAt: null,
  })
})

test('each write says once whom it concerned', async () => {
  const { json: user } = await aUser()
  const { json: other } = await aUser()
  const { json: group } = await aGroup({ members: [{ value: user.id }] })
  scim.changes.length = 0
  const path = `/Groups/${group.id}`
  await patch(path, { op: 'add', path: 'members', value: [{ value: user.id }] })
  await patch(path, { op: 'add', path: 'members', value: [{ value: other.id }] })
  await patch(path, { op: 'replace', path: 'members', value: [{ value: other.id }] })
  await patch(`/Users/${user.id}`, { op: 'replace', value: { active: false } })
  await scim.ask('DELETE', path)
  expect(scim.changes).toEqual([[other.id], [user.id], [user.id], [other.id]])
})

test('a group in a group, or in itself, is refused and said', async () => {
  const { json: user } = await aUser()
  const { json: group } = await aGroup()
  const own = await patch(`/Groups/${group.id}`, {
    op: 'add',
    path: 'members',
    value: [{ value: user.id }, { value: group.id }],
  })
  expect([own.status, own.json.scimType]).toEqual([400, 'invalidValue'])
  expect(own.json.detail).toContain('group in a group')
  expect(await membersOf(group.id)).toEqual([])
})

test('the version of a group is another whenever its members are, and by an old one nothing is written', async () => {
  const { json: user } = await aUser()
  const { json: group } = await aGroup()
  const path = `/Groups/${group.id}`
  const versions = [group.meta.version]
  for (const op of ['add', 'remove', 'add']) {
    await patch(path, { op, path: 'members', value: [{ value: user.id }] })
    versions.push((await scim.ask('GET', `${path}?excludedAttributes=members`)).json.meta.version)
  }
  expect(new Set(versions).size).toBe(4)
  const body = { displayName: 'late', members: [] }
  const late = await scim.ask('PUT', path, body, { 'if-match': versions[1] ?? '' })
  expect(late.status).toBe(412)
  expect(await membersOf(group.id)).toEqual([user.id])
  const [one, two] = await Promise.all(
    [1, 2].map(() => scim.ask('PUT', path, body, { 'if-match': versions[3] ?? '' })),
  )
  expect([one?.status, two?.status].sort()).toEqual([200, 412])
})

test('fifty changes of one group at the same time are all done', async () => {
  const users = await Promise.all(Array.from({ length: 50 }, () => aUser()))
  const { json: group } = await aGroup()
  const pairs = users.map(({ json }, i) => [json.id, users[(i + 1) % 50]?.json.id])
  const answers = await Promise.all(
    pairs.map((pair) =>
      patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: pair.map((value) => ({ value })) }),
    ),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
  expect(await membersOf(group.id)).toHaveLength(50)
}, 60_000)

test('of a group of 50,000 nobody waits for its members who did not ask for them, and who did gets all', async () => {
  const { json: group } = await aGroup()
  const members = Array.from({ length: 50_000 }, (_, i) => ({
    source: 'okta',
    group: group.id,
    user: `member-${i}`,
    addedAt: new Date(),
    removedAt: null,
    changedAt: new Timestamp({ t: 1, i: i + 1 }),
  }))
  await scim.database.connection.collection('scim_members').insertMany(members)
  const read: string[] = []
  const client = scim.database.connection.getClient()
  client.on('commandSucceeded', ({ reply }) => read.push(JSON.stringify(reply)))
  const path = `/Groups/${group.id}`
  const without = await scim.ask('GET', `${path}?excludedAttributes=members`)
  await patch(path, { op: 'replace', path: 'displayName', value: `group ${made++}` })
  const list = await scim.ask(
    'GET',
    `/Groups?excludedAttributes=members&filter=${encodeURIComponent(`id eq "${group.id}"`)}`,
  )
  expect([without.status, list.status]).toEqual([200, 200])
  expect(without.json).not.toHaveProperty('members')
  expect(Math.max(0, ...read.map((reply) => reply.length))).toBeLessThan(20_000)
  const whole = await scim.ask('GET', path)
  expect(whole.json.members).toHaveLength(50_000)
}, 60_000)

test('what one source made, another neither finds nor changes', async () => {
  const { json: user } = await aUser({ userName: 'shared', externalId: 'shared' })
  const { json: group } = await aGroup({ displayName: 'shared', members: [{ value: user.id }] })
  const others = { authorization: `Bearer ${await scim.newToken('agency')}` }
  const ask = (method: string, path: string, body?: unknown) => scim.ask(method, path, body, others)
  for (const path of [`/Users/${user.id}`, `/Groups/${group.id}`])
    for (const method of ['GET', 'DELETE']) expect((await ask(method, path)).status).toBe(404)
  const writes = { active: false, userName: 'shared', displayName: 'another' }
  for (const path of [`/Users/${user.id}`, `/Groups/${group.id}`]) {
    expect((await ask('PUT', path, { ...writes, members: [] })).status).toBe(404)
    const Operations = Object.entries(writes).map(([path, value]) => ({ op: 'replace', path, value }))
    expect((await ask('PATCH', path, { Operations })).status).toBe(404)
    expect((await ask('PATCH', path, { Operations: [{ op: 'remove', path: 'members' }] })).status).toBe(404)
  }
  expect((await scim.ask('GET', `/Users/${user.id}`)).json).toMatchObject({
    active: true,
    userName: 'shared',
  })
  expect((await scim.ask('GET', `/Groups/${group.id}`)).json).toMatchObject({
    displayName: 'shared',
    members: [{ value: user.id }],
  })
  expect((await ask('GET', '/Users')).json.totalResults).toBe(0)
  const theirs = await ask('POST', '/Groups', { displayName: 'shared' })
  expect(theirs.status).toBe(201)
  const add = { Operations: [{ op: 'add', path: 'members', value: [{ value: user.id }] }] }
  expect((await ask('PATCH', `/Groups/${theirs.json.id}`, add)).status).toBe(400)
})

test('too many at once wait, and only who waits too long is told to come again', async () => {
  const narrow = await startScim({ limits: { atOnce: 1, mostWaiting: 3, longestMs: 10_000 } })
  try {
    const answers: Awaited<ReturnType<typeof narrow.ask>>[] = []
    const some = (status: number) => answers.filter((answer) => answer.status === status)
    // On a busy machine they may come one after the other: then once more.
    while (some(429).length === 0)
      answers.push(
        ...(await Promise.all(
          Array.from({ length: 40 }, (_, i) =>
            narrow.ask('POST', '/Users', { userName: `u${answers.length + i}` }),
          ),
        )),
      )
    const made = some(201)
    expect(made.length).toBeGreaterThanOrEqual(4)
    expect(made.length + some(429).length).toBe(answers.length)
    expect(some(429)[0]?.headers.get('retry-after')).toBe('5')
    expect((await narrow.ask('GET', '/Users')).json.totalResults).toBe(made.length)
  } finally {
    await narrow.close()
  }
})

test('while MongoDB is away requests are told to come again, and nothing is half done', async () => {
  const mongod = await startMongod({ replicaSet: true, failPoints: true })
  const own = await startScim({ server: mongod.uri })
  try {
    const ids = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, i) => (await own.ask('POST', '/Users', { userName: `u${i}` })).json.id,
      ),
    )
    const { json: group } = await own.ask('POST', '/Groups', { displayName: 'g' })
    const path = `/Groups/${group.id}`
    const all = ids.map((value) => ({ value }))
    const add = { Operations: [{ op: 'add', path: 'members', value: all }] }
    const remove = { Operations: [{ op: 'remove', path: 'members', value: all }] }
    const sent: Promise<ScimAnswer>[] = []
    for (let i = 0; i < 30; i++) sent.push(own.ask('PATCH', path, i % 2 === 0 ? add : remove))
    await Promise.race(sent)
    const admin = own.database.connection.db?.admin()
    const failing = async (mode: 'alwaysOn' | 'off') => {
      const failCommands = ['aggregate', 'find', 'findAndModify', 'update', 'commitTransaction']
      const data = mode === 'off' ? {} : { data: { failCommands, closeConnection: true } }
      await admin?.command({ configureFailPoint: 'failCommand', mode, ...data })
    }
    await failing('alwaysOn')
    const answers = await Promise.all(sent)
    const statuses = new Set(answers.map(({ status }) => status))
    expect([...statuses].filter((status) => status !== 204 && status !== 503)).toEqual([])
    expect(answers.some(({ status }) => status === 503)).toBe(true)
    const away = await own.ask('POST', '/Users', { userName: 'late' })
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '5'])
    await failing('off')
    // What was begun and never ended would be in the way for a minute.
    await admin?.command({ killAllSessions: [] })
    const there = await own.ask('GET', path)
    expect([0, 20]).toContain(there.json.members?.length)
    expect((await own.ask('POST', '/Users', { userName: 'late' })).status).toBe(201)
  } finally {
    await own.close()
    await mongod.stop()
  }
}, 90_000)

test('a group that is renamed is known to have had its old name, so that no other source takes it', async () => {
  const { json: group } = await aGroup()
  await patch(`/Groups/${group.id}`, { op: 'replace', path: 'displayName', value: 'another name' })
  expect(await row('scim_groups', group.id)).toMatchObject({
    names: [{ name: group.displayName }, { name: 'another name' }],
  })
})
