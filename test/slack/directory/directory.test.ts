import { setTimeout as sleep } from 'node:timers/promises'
import { as } from '../../journeys/acts.ts'
import { aStage } from '../../support/curfew.ts'

test('many who are looked up at one moment are read from one list, each as they are now', async () => {
  const { app, workspace } = await aStage()
  const people = Array.from({ length: 30 }, (_, i) =>
    workspace.addPerson({ name: `person-${i}`, email: `person-${i}@acme.example` }),
  )
  const [gone] = people
  if (gone) workspace.deactivate(gone)
  const before = workspace.calls.length

  const facts = await Promise.all(people.map((one) => app.world.directory.freshFacts(as({ workspace }, one))))

  expect(facts.map((one) => one !== 'unknown' && one.isHere)).toEqual(people.map((one) => one !== gone))
  const asked = workspace.calls.slice(before)
  // Of who left Slack tells by an event too, for which they are looked up alone.
  const isOfThem = ({ user }: { user?: unknown }) => people.some((one) => one.id === user && one !== gone)
  expect(asked.filter(({ method, args }) => method === 'users.info' && isOfThem(args))).toEqual([])
  expect(asked.filter(({ method }) => method === 'users.list')).toHaveLength(1)
})

test('where the list cannot be read each is asked for, and a few always are', async () => {
  const { app, workspace } = await aStage()
  const people = Array.from({ length: 30 }, (_, i) =>
    workspace.addPerson({ name: `person-${i}`, email: `person-${i}@acme.example` }),
  )
  const ask = (some: typeof people) =>
    Promise.all(some.map((one) => app.world.directory.freshFacts(as({ workspace }, one))))
  workspace.faults.next('users.list', { error: 'internal_error' })
  expect(await ask(people)).not.toContain('unknown')
  const before = workspace.calls.length
  expect(await ask(people.slice(0, 3))).not.toContain('unknown')
  const asked = workspace.calls.slice(before).map(({ method }) => method)
  expect(asked.filter((method) => method === 'users.info')).toHaveLength(3)
  expect(asked).not.toContain('users.list')
}, 30_000)

test('many who are looked up at one moment wait for no list that Slack does not let us read now', async () => {
  const { app, workspace } = await aStage()
  const people = Array.from({ length: 30 }, (_, i) =>
    workspace.addPerson({ name: `person-${i}`, email: `person-${i}@acme.example` }),
  )
  workspace.faults.next('users.list', { ratelimited: true, retryAfterSeconds: 15 })
  const fromMs = performance.now()
  await Promise.all(people.map((one) => app.world.directory.freshFacts(as({ workspace }, one))))
  // Whoever opens what they ask for keeps a place of its system until then: the ends of others come after it.
  expect(performance.now() - fromMs).toBeLessThan(6_000)
}, 60_000)

test('a long listing goes on page by page though Slack says "not so fast" in the middle', async () => {
  const { app, workspace } = await aStage()
  for (let i = 0; i < 3_000; i++) workspace.addPerson({ name: `person-${i}`, email: `${i}@acme.example` })
  const before = workspace.calls.length
  workspace.faults.next('users.list', { delayMs: 0 }, 2)
  workspace.faults.next('users.list', { ratelimited: true, retryAfterSeconds: 1 })
  const found = await app.world.directory.everyone()
  expect(found === 'unknown' ? 0 : found.people.length).toBeGreaterThan(3_000)
  const pages = workspace.calls.slice(before).filter(({ method }) => method === 'users.list')
  expect(pages.map(({ status }) => status)).toEqual([200, 200, 429, 200, 200])
}, 60_000)

test('a page for which Slack takes three seconds keeps nobody from being listed', async () => {
  const { app, workspace } = await aStage()
  workspace.faults.next('users.list', { delayMs: 3_000 })
  const found = await app.world.directory.everyone()
  expect(found === 'unknown' ? found : found.people.length).toBeGreaterThan(3)
}, 30_000)

test('whoever edits user groups all the time keeps nobody else from being known, and what changed is known soon after', async () => {
  const { app, workspace, riley, kim, contractors } = await aStage()
  const { directory } = app.world
  const social = workspace.addGroup({ handle: 'social', name: 'Social', members: [kim] })
  const groupsOf = async () => {
    const facts = await directory.facts(as({ workspace }, riley))
    return facts === 'unknown' ? facts : facts.groups
  }
  const enough = new AbortController()
  const seen = new Set<string>()
  const editing = (async () => {
    for (let times = 0; !enough.signal.aborted; times++) {
      social.members = times % 2 === 0 ? [kim, riley] : [kim]
      seen.add(String((await groupsOf()) === 'unknown'))
      await sleep(100)
    }
  })()
  // More often than Slack lets groups be read: the burst is used up.
  await sleep(8_000)
  const before = workspace.calls.length
  contractors.members = [kim]
  const fromMs = performance.now()
  for (;;) {
    const groups = await groupsOf()
    if (groups !== 'unknown' && !groups.has('@contractors')) break
    if (performance.now() - fromMs > 20_000) throw new Error('never known')
    await sleep(50)
  }
  expect(performance.now() - fromMs).toBeLessThan(7_000)
  enough.abort()
  await editing
  expect([...seen]).toEqual(['false'])
  const read = workspace.calls.slice(before).filter(({ method }) => method === 'usergroups.list')
  expect(read.length).toBeLessThan(6)
}, 60_000)
