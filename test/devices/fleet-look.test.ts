import { aHost, aPolicy, type StandinHost } from '../standin/fleet/hosts.ts'
import { aWatchedFleet } from './fleet-harness.ts'

/*
 * What reaches Curfew of a Fleet server, look by look.
 */

const many = (count: number, otherwise: Partial<StandinHost> = {}) =>
  Array.from({ length: count }, (_, i) => aHost(i + 1, otherwise))

const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1))

test('all hosts are heard of, page by page, and what did not change is not told again', async () => {
  const { source, fleet, news } = await aWatchedFleet({ hosts: many(250) })
  const health = await source.lookNow()
  expect(health).toMatchObject({ failingSince: null, error: null })
  expect(health.lastAnsweredAt).not.toBeNull()
  expect(news()).toEqual(ids(250))
  expect(fleet.calls).toHaveLength(4)
  expect(fleet.calls[0]).toContain('page=0&per_page=100&order_key=id')
  await source.lookNow()
  expect(news()).toEqual([])
})

test('a server without hosts is a server that answers', async () => {
  const { source, news } = await aWatchedFleet({ hosts: [] })
  expect(await source.lookNow()).toMatchObject({ failingSince: null })
  expect(news()).toEqual([])
})

test('what changed is told as a whole: a value, its instant alone, a policy, an owner', async () => {
  const { source, fleet, heard, news } = await aWatchedFleet({ hosts: many(5) })
  await source.lookNow()
  news()
  fleet.hosts.set(1, aHost(1, { detail_updated_at: '2026-11-27T10:20:00Z', disk_encryption_enabled: false }))
  fleet.hosts.set(2, aHost(2, { detail_updated_at: '2026-11-27T10:20:00Z' }))
  fleet.hosts.set(3, aHost(3, { policies: [aPolicy('Firewall on', 'fail')] }))
  fleet.hosts.set(
    4,
    aHost(4, { device_mapping: [{ email: 'ada@acme.example', source: 'mdm_idp_accounts' }] }),
  )
  await source.lookNow()
  expect(news()).toEqual(['1', '2', '3', '4'])
  expect(heard.at(-4)?.attributes?.['diskEncrypted']).toEqual({
    value: false,
    at: new Date('2026-11-27T10:20:00Z'),
  })
  expect(heard.at(-1)?.owner).toEqual({ email: 'ada@acme.example', isProven: true })
})

test('a host that was only seen again is said to be there, every ten minutes at most, and makes no value younger', async () => {
  const { source, fleet, heard, news } = await aWatchedFleet()
  await source.lookNow()
  news()
  fleet.hosts.set(1, aHost(1, { seen_time: '2026-11-27T10:15:00Z' }))
  await source.lookNow()
  expect(news()).toEqual([])
  fleet.hosts.set(1, aHost(1, { seen_time: '2026-11-27T10:20:00Z' }))
  await source.lookNow()
  expect(news()).toEqual(['1 seen'])
  expect(heard.at(-1)).toEqual({ sourceId: '1', at: new Date('2026-11-27T10:20:00Z') })
})

test('a host that cannot be read is passed over, and the others are heard of', async () => {
  const hosts = many(3)
  const { source, fleet, news } = await aWatchedFleet({ hosts })
  fleet.instead = [
    { status: 200, body: { hosts: [hosts[0], { id: 'x' }, null, hosts[2]] } },
    { status: 200, body: { hosts: [] } },
  ]
  expect(await source.lookNow()).toMatchObject({ failingSince: null })
  expect(news()).toEqual(['1', '3'])
})

test('no host is lost where others come and go while pages are read', async () => {
  const { source, fleet, heard, news } = await aWatchedFleet({ hosts: many(250) })
  await source.lookNow()
  news()
  // Host 5 is removed as the second page is asked for: 101 moves to the first, which was read.
  for (const id of ids(250).map(Number))
    fleet.hosts.set(id, aHost(id, { policies: [aPolicy('Firewall on', 'fail')] }))
  fleet.before = (call) => {
    if (!call.includes('?page=1&')) return
    fleet.hosts.delete(5)
    fleet.hosts.set(900, aHost(900))
  }
  await source.lookNow()
  const told = news()
  expect(new Set(told)).toEqual(new Set([...ids(250), '900']))
  expect(told).toHaveLength(251)
  expect(heard.at(-1)).toMatchObject({ sourceId: '101', policies: { 'Firewall on': { result: 'fail' } } })
})

test('a host that is gone is asked for once, and is heard of again where it comes back', async () => {
  const { source, fleet, news } = await aWatchedFleet({ hosts: many(3) })
  await source.lookNow()
  news()
  fleet.hosts.delete(2)
  await source.lookNow()
  expect(fleet.calls.at(-1)).toContain('/hosts/2')
  const asked = fleet.calls.length
  await source.lookNow()
  expect(fleet.calls.slice(asked)).toEqual([
    expect.stringContaining('page=0'),
    expect.stringContaining('page=1'),
  ])
  expect(news()).toEqual([])
  fleet.hosts.set(2, aHost(2))
  await source.lookNow()
  expect(news()).toEqual(['2'])
})

test('a team that the token may not see any more is no reason to hear nothing of the others', async () => {
  const { source, fleet, news } = await aWatchedFleet({ hosts: many(3) })
  await source.lookNow()
  news()
  fleet.hosts.delete(2)
  fleet.before = (call) => {
    if (call.includes('/hosts/2')) fleet.instead = [{ status: 403, body: { message: 'forbidden' } }]
  }
  expect(await source.lookNow()).toMatchObject({ failingSince: null })
})

test('what Curfew did not take is told again by the next look, and what it took is not', async () => {
  const watched = await aWatchedFleet({ hosts: many(3) })
  watched.takes = ({ sourceId }) =>
    sourceId === '2' ? { is: 'refused', words: 'its instants are in the future' } : { is: 'heard' }
  await watched.source.lookNow()
  expect(watched.news()).toEqual(['1', '3'])
  expect(watched.logged).toEqual(['warn devices of fleet not taken'])
  watched.takes = () => ({ is: 'heard' })
  await watched.source.lookNow()
  expect(watched.news()).toEqual(['2'])
})

test('while Curfew itself cannot note anything, nothing counts as told', async () => {
  const watched = await aWatchedFleet({ hosts: many(2) })
  watched.takes = () => {
    throw new Error('the database is down')
  }
  expect(await watched.source.lookNow()).toMatchObject({ error: 'What Fleet said could not be noted' })
  expect(watched.logged).toEqual(['error a look at fleet broke'])
  watched.takes = () => ({ is: 'heard' })
  expect(await watched.source.lookNow()).toMatchObject({ error: null })
  expect(watched.news()).toEqual(['1', '2'])
})

test('pages that are larger than is read are asked for in smaller ones, from then on', async () => {
  const policies = [aPolicy('Firewall on', 'pass', 'x'.repeat(400_000))]
  const { source, fleet, news } = await aWatchedFleet({ hosts: many(120, { policies }) })
  expect(await source.lookNow()).toMatchObject({ error: null })
  expect(news()).toEqual(ids(120))
  fleet.calls.splice(0)
  await source.lookNow()
  expect(fleet.calls[0]).toContain('per_page=50')
}, 60_000)

test('a proxy that gives one page for all is found out, and not asked without end', async () => {
  const { source, fleet } = await aWatchedFleet({ hosts: many(100) })
  fleet.repeatsPages = true
  expect((await source.lookNow()).error).toContain('the same page')
  expect(fleet.calls).toHaveLength(2)
})

test('fifty thousand hosts are gone through in pages, and none is told twice', async () => {
  const { source, fleet, heard } = await aWatchedFleet({ hosts: many(50_000) })
  await source.lookNow()
  expect(heard).toHaveLength(50_000)
  expect(fleet.calls).toHaveLength(501)
  heard.splice(0)
  await source.lookNow()
  expect(heard).toHaveLength(0)
}, 240_000)
