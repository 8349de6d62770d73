import { setTimeout as sleep } from 'node:timers/promises'
import type { Grant } from '../../../src/domain/grant.ts'
import type { Surface, SurfaceStore } from '../../../src/domain/ports/surfaces.ts'
import type { Alert, Picture, Pictures } from '../../../src/slack/publish/picture.ts'
import { markOf } from '../../../src/slack/publish/messages.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { anActiveGrant, aPendingGrant, at, riley } from '../../support/builders.ts'
import { anEndedGrant, aHalfApprovedGrant, anOpenWindow, aSeries, aWindow } from '../../support/lives.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { aPicture, says, sentOf, settled, shown, until } from '../../support/publishing.ts'
import { aSlackSide, type SlackSide } from '../../support/slack-side.ts'

useBeats()
const running: Publisher[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((publisher) => publisher.stop()))
})

const card = { key: 'card:g1', requestId: 'r1' }
/** A replica; `of` says what shows a grant. */
function aPublisher(
  side: SlackSide,
  of: (grant: Grant, rows: ReadonlyMap<string, Surface>) => Picture[] = (grant) => [aPicture(grant)],
  alerts: Pictures['alerts'] = () => Promise.resolve([]),
): Publisher {
  const publisher = new Publisher(side.parts, {
    pictures: { of: async (grant, _, rows) => ({ pictures: of(grant, rows), isWhole: true }), alerts },
    isPaced: false,
  })
  publisher.start()
  running.push(publisher)
  return publisher
}

const active = anActiveGrant()
const askingForMore: Grant = {
  ...active,
  extensions: [
    {
      askedAt: at(60),
      by: riley,
      confirmation: null,
      addMs: 1,
      outcome: 'asked',
      needs: 1,
      approvedBy: [],
      deniedBy: null,
    },
  ],
}

describe('what is true is shown', () => {
  test('as soon as it is written, and noted as shown with where it stands', async () => {
    const side = aSlackSide()
    aPublisher(side)
    await side.writes(aPendingGrant())
    await shown(side)
    expect(sentOf(side)).toEqual(['post: g1 is pending'])
    expect((await side.surfaces.of('r1')).surfaces).toMatchObject([
      { key: 'card:g1', channel: 'C1', ts: '1.0', shows: markOf(says('g1 is pending')), failure: null },
    ])
  })

  test('where it stands already, by an edit', async () => {
    const side = aSlackSide()
    aPublisher(side)
    await side.writes(aPendingGrant())
    await shown(side)
    await side.writes({ ...anEndedGrant(), unshown: true })
    await until(() => side.slack.calls.length === 2)
    expect(sentOf(side)).toEqual(['post: g1 is pending', 'edit 1.0: g1 is ended'])
  })

  test('once: what says the same already is not sent again', async () => {
    const side = aSlackSide()
    aPublisher(side)
    await side.writes(aPendingGrant())
    await shown(side)
    await side.writes({ ...aPendingGrant(), reason: 'another reason', unshown: true })
    await shown(side)
    expect(side.slack.calls).toHaveLength(1)
  })

  test('by a new message only while that is worth one', async () => {
    const side = aSlackSide()
    aPublisher(side)
    await side.writes({ ...anEndedGrant(), unshown: true })
    await shown(side)
    expect(side.slack.calls).toEqual([])
  })

  // A thousand end at once, and who asks at that instant waited for all of them.
  /** Nothing is looked at to its end before `open`; what is looked at then calls `next`. */
  function aBusyOne(side: SlackSide, next: (id: string) => Promise<void> = () => Promise.resolve()) {
    const looked: string[] = []
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    const publisher = new Publisher(side.parts, {
      pictures: {
        of: async (grant) => {
          looked.push(`${grant.id} ${grant.status}`)
          await opened
          await next(grant.id)
          return { pictures: [aPicture(grant)], isWhole: true }
        },
        alerts: () => Promise.resolve([]),
      },
      isPaced: false,
    })
    publisher.start()
    running.push(publisher)
    return { publisher, looked, open: () => open() }
  }
  const ids = (id: string) => ({ id, requestId: id })
  const over = (i: number): Grant => ({ ...anEndedGrant(), ...ids(`over-${i}`), unshown: true })
  const denied = (id: string): Grant => ({
    ...aPendingGrant(),
    ...ids(id),
    status: 'denied',
    closedAt: at(9),
    unshown: true,
  })

  test('of who waits for an answer before who has it, and of both before all that is over', async () => {
    const side = aSlackSide()
    const { looked, open } = aBusyOne(side)
    for (let i = 0; i < 12; i++) await side.writes(over(i))
    await side.writes(denied('denied'))
    await side.writes({ ...anActiveGrant(), ...ids('held'), unshown: true })
    await side.writes(aPendingGrant({ ...ids('asked'), subject: { ...riley, id: 'another' } }))
    await settled()
    open()
    await until(() => looked.length >= 15)
    const first = looked.findIndex((id) => !id.startsWith('over'))
    expect(looked.slice(first, first + 3)).toEqual(['asked pending', 'denied denied', 'held active'])
    expect(first).toBeLessThan(6)
  })

  // Every minute all that waits is looked at, by its id alone: that look waited behind all that was over.
  test('of what was answered while a look at it waits, before all that is over', async () => {
    const side = aSlackSide()
    const { publisher, looked, open } = aBusyOne(side)
    for (let i = 0; i < 60; i++) await side.writes(over(i))
    publisher.look('asked')
    await side.writes(denied('asked'))
    await settled()
    open()
    await until(() => looked.length >= 60)
    expect(looked.indexOf('asked denied')).toBeLessThan(6)
  })

  test('of what is over too, however much comes that is more urgent', async () => {
    const side = aSlackSide()
    let asked = 0
    // Whatever is looked at, somebody asks for two more.
    const { looked, open } = aBusyOne(side, async () => {
      for (let i = 0; i < 2 && asked < 400; i++) {
        const id = `asked-${++asked}`
        await side.writes(aPendingGrant({ ...ids(id), subject: { ...riley, id } }))
      }
    })
    for (let i = 0; i < 10; i++) await side.writes(over(i))
    await settled()
    open()
    await until(() => looked.some((one) => one.startsWith('over-9')))
    expect(looked.findIndex((one) => one.startsWith('over-9'))).toBeLessThan(60)
  })

  test('of a window on the card of its series as soon as of what is no window', async () => {
    const side = aSlackSide()
    const series = { ...aSeries(), subject: { ...riley, id: 'another' }, unshown: false }
    await side.writes(series)
    const { looked, open } = aBusyOne(side)
    for (let i = 0; i < 60; i++) await side.writes(over(i))
    await side.writes({ ...anOpenWindow(series), subject: { ...riley, id: 'another' }, unshown: true })
    await settled()
    open()
    await until(() => looked.length >= 62)
    expect(looked.indexOf(`${series.id} recurring`)).toBeLessThan(40)
  })

  test('though nobody said that it changed: within a second', async () => {
    const side = aSlackSide()
    await side.writes(aPendingGrant())
    aPublisher(side)
    await settled()
    expect(side.slack.calls).toEqual([])
    beat()
    await shown(side)
    expect(sentOf(side)).toEqual(['post: g1 is pending'])
  })

  test('in the end, however often it changes while it is being sent', async () => {
    const side = aSlackSide()
    let changes = 0
    const draw = async (grant: Grant) => {
      if (changes++ === 0) await side.writes({ ...anActiveGrant(), unshown: true })
      return says(`${grant.id} is ${grant.status}`)
    }
    aPublisher(side, (grant) => [aPicture(grant, { draw: () => draw(grant) })])
    await side.writes(aPendingGrant())
    await shown(side)
    expect(sentOf(side).at(-1)).toContain('g1 is active')
    const [row] = (await side.surfaces.of('r1')).surfaces
    expect(row?.shows).toBe(markOf(says('g1 is active')))
  })

  test('by one message, though several replicas see that it changed', async () => {
    const side = aSlackSide()
    for (let i = 0; i < 4; i++)
      aPublisher({ ...side, parts: { ...side.parts, surfaces: side.openSurfaces() } })
    await side.writes(aPendingGrant())
    await shown(side)
    await settled()
    expect(sentOf(side)).toEqual(['post: g1 is pending'])
  })

  test('also where another replica changed a message meanwhile, which this one did not hear of', async () => {
    const side = aSlackSide()
    aPublisher(side)
    await side.writes(aPendingGrant())
    await shown(side)
    await side.surfaces.lease(card, 1_000)
    await side.surfaces.save(card, { shows: markOf(says('g1 is something else')) })
    await side.writes({ ...aPendingGrant(), reason: 'another reason', unshown: true })
    await shown(side)
    expect(sentOf(side)).toEqual(['post: g1 is pending', 'edit 1.0: g1 is pending'])
  })

  test('first where others hang on it: they follow once it stands', async () => {
    const side = aSlackSide()
    aPublisher(side, (grant, rows) => {
      const ts = rows.get('card:g1')?.ts
      const note = {
        key: 'note',
        to: { channel: 'C1', threadTs: ts ?? '' },
        draw: async () => says('a note'),
      }
      return [aPicture(grant, { isAnchor: true }), ...(ts ? [aPicture(grant, note)] : [])]
    })
    await side.writes(aPendingGrant())
    await shown(side)
    expect(sentOf(side)).toEqual(['post: g1 is pending', 'post: a note'])
    expect(side.slack.calls[1]?.args['thread_ts']).toBe('1.0')
  })

  test('of a window once the card of its series tells of it too', async () => {
    const side = aSlackSide()
    aPublisher(side)
    await side.writes({ ...aSeries(), unshown: false })
    await side.writes(aWindow(aSeries()))
    await shown(side, 'g1-0')
    expect(sentOf(side)).toEqual(['post: g1-0 is waiting', 'post: g1 is recurring'])
  })

  test('of a window not before the card of its series could be shown', async () => {
    const side = aSlackSide()
    aPublisher(side, (grant) => (grant.window === null ? [aPicture(grant)] : []))
    side.slack.next('chat.postMessage', { status: 503 })
    await side.writes({ ...aSeries(), unshown: false })
    await side.writes(aWindow(aSeries()))
    await settled()
    expect((await side.world.grants.get('g1-0'))?.unshown).toBe(true)
    side.passes(1_000)
    beat()
    await shown(side, 'g1-0')
    expect(side.slack.calls).toHaveLength(2)
  })
})

describe('what passes by itself within a moment', () => {
  test('is not sent, and not noted as shown, until it has not passed', async () => {
    const side = aSlackSide()
    aPublisher(side, (grant) => [aPicture(grant, { mayWaitUntil: at(21) })])
    await side.writes(aPendingGrant())
    await settled()
    expect(side.slack.calls).toEqual([])
    expect((await side.world.grants.get('g1'))?.unshown).toBe(true)
    side.setNow(at(21))
    beat()
    await shown(side)
    expect(sentOf(side)).toEqual(['post: g1 is pending'])
  })
})

describe('it looks again although no grant changed', () => {
  /** Shown already, and what it should say is another thing by now. */
  async function aShownGrant(grant: Grant) {
    const side = aSlackSide()
    let words = 'as it was'
    const publisher = aPublisher(side, (one) => [aPicture(one, { draw: async () => says(words) })])
    await side.writes(grant)
    await shown(side)
    words = 'as it is'
    const becomes = (now: string) => {
      words = now
    }
    return { side, publisher, becomes }
  }

  test('when it is told to', async () => {
    const { side, publisher } = await aShownGrant(aPendingGrant())
    publisher.look('g1')
    await until(() => side.slack.calls.length === 2)
    expect(sentOf(side)).toEqual(['post: as it was', 'edit 1.0: as it is'])
  })

  test('when somebody clicked a card that nobody kept', async () => {
    const { side } = await aShownGrant(aPendingGrant())
    await side.surfaces.save(card, { channel: 'C1', ts: '9.0', shows: null, needsLook: true })
    beat(5_000)
    await until(() => side.slack.calls.length === 2)
    await until(async () => (await side.surfaces.needingLook(10, 'card:')).length === 0)
    expect(sentOf(side)).toEqual(['post: as it was', 'edit 9.0: as it is'])
  })

  test.each([
    ['some approved', aHalfApprovedGrant()],
    ['nobody answered yet', aPendingGrant()],
    ['more time is asked for', askingForMore],
  ])(
    'at what %s and others are asked about: once a minute, as approvers come and go',
    async (_what, grant) => {
      const { side, becomes } = await aShownGrant(grant)
      beat()
      await until(() => side.slack.calls.length === 2)
      becomes('as it will be')
      side.passes(59_000)
      beat()
      await settled()
      expect(sentOf(side)).toEqual(['post: as it was', 'edit 1.0: as it is'])
      side.passes(1_000)
      beat()
      await until(() => side.slack.calls.length === 3)
      expect(sentOf(side).at(-1)).toBe('edit 1.0: as it will be')
    },
  )
})

describe('when Slack does not take a message', () => {
  async function shownOnce() {
    const side = aSlackSide()
    aPublisher(side)
    await side.writes(aPendingGrant())
    await shown(side)
    return side
  }
  const changes = (side: SlackSide) => side.writes({ ...anActiveGrant(), unshown: true })

  test('one that somebody deleted is posted again while it matters', async () => {
    const side = await shownOnce()
    side.slack.next('chat.update', { error: 'message_not_found' })
    await changes(side)
    await shown(side)
    expect(sentOf(side)).toEqual(['post: g1 is pending', 'edit 1.0: g1 is active', 'post: g1 is active'])
    expect((await side.surfaces.of('r1')).surfaces).toMatchObject([{ ts: '2.0' }])
  })

  test('one that somebody deleted is left so once it does not matter any more', async () => {
    const side = await shownOnce()
    side.slack.next('chat.update', { error: 'message_not_found' })
    await side.writes({ ...anEndedGrant(), unshown: true })
    await shown(side)
    expect(sentOf(side)).toEqual(['post: g1 is pending', 'edit 1.0: g1 is ended'])
    expect((await side.surfaces.of('r1')).surfaces).toMatchObject([{ ts: null }])
  })

  test('where it cannot be shown that is said once, and it is tried again only with something new', async () => {
    const side = aSlackSide()
    aPublisher(side)
    side.slack.next('chat.postMessage', { error: 'is_archived' })
    await side.writes(aPendingGrant())
    await until(() => side.warnings.length === 1)
    expect(side.warnings).toEqual(['a message cannot be shown there'])
    expect((await side.surfaces.of('r1')).surfaces).toMatchObject([
      { ts: null, failure: 'is_archived', tries: 1 },
    ])
    beat()
    await settled()
    expect(side.slack.calls).toHaveLength(1)
    await changes(side)
    await shown(side)
    expect(sentOf(side)).toEqual(['post: g1 is pending', 'post: g1 is active'])
    expect((await side.surfaces.of('r1')).surfaces).toMatchObject([{ ts: '1.0', failure: null, tries: 0 }])
  })

  test('what may pass is waited for, twice as long each time, and then sent as it is by then', async () => {
    const side = await shownOnce()
    side.slack.next('chat.update', { status: 503 }, { status: 503 })
    await changes(side)
    const after = async (ms: number, calls: number) => {
      side.passes(ms)
      beat()
      await settled()
      expect(side.slack.calls).toHaveLength(calls)
    }
    await until(() => side.slack.calls.length === 2)
    await after(900, 2)
    await after(100, 3)
    await side.writes({ ...anEndedGrant(), unshown: true })
    await after(1_900, 3)
    await after(100, 4)
    await shown(side)
    expect(sentOf(side).slice(1)).toEqual([
      'edit 1.0: g1 is active',
      'edit 1.0: g1 is active',
      'edit 1.0: g1 is ended',
    ])
    expect((await side.surfaces.of('r1')).surfaces).toMatchObject([{ tries: 0 }])
  })

  /** Of thirty seconds, in each of which another may be written: how often it was tried to draw one that cannot be. */
  async function triedInHalfAMinute({ isAnotherShown }: { isAnotherShown: boolean }) {
    const side = aSlackSide()
    let tried = 0
    const publisher = aPublisher(side, (grant) => {
      if (grant.id !== 'g1' && isAnotherShown) return [aPicture(grant)]
      tried += grant.id === 'g1' ? 1 : 0
      throw new Error('it cannot be drawn')
    })
    await side.writes(aPendingGrant())
    for (let seconds = 0; seconds < 30; seconds++) {
      const id = `g${seconds + 2}`
      await side.writes(aPendingGrant({ id, requestId: id, subject: { ...riley, id } }))
      side.passes(1_000)
      beat()
      await settled()
    }
    return { side, publisher, tried: () => tried }
  }

  test('what cannot be drawn though others can is tried again ever more seldom, and at once where it has become something else', async () => {
    const { side, tried } = await triedInHalfAMinute({ isAnotherShown: true })
    expect(tried()).toBeGreaterThan(3)
    expect(tried()).toBeLessThan(8)
    const before = tried()
    const grant = await side.world.grants.get('g1')
    if (grant === null) throw new Error('it is gone')
    await side.writes({ ...grant, unshown: true })
    await settled()
    expect(tried()).toBe(before + 1)
  })

  test('while nothing can be drawn, all is tried again each second', async () => {
    const { tried } = await triedInHalfAMinute({ isAnotherShown: false })
    expect(tried()).toBeGreaterThan(13)
  })

  test('a grant that cannot be drawn keeps no other from being shown', async () => {
    const side = aSlackSide()
    aPublisher(side, (grant) => [
      aPicture(grant, grant.id === 'g1' ? { draw: () => Promise.reject(new Error('no such person')) } : {}),
    ])
    await side.writes(aPendingGrant())
    await side.writes(
      aPendingGrant({ id: 'g2', requestId: 'r2', subject: { ...aPendingGrant().subject, id: 'p2' } }),
    )
    await shown(side, 'g2')
    expect(sentOf(side)).toEqual(['post: g2 is pending'])
    expect((await side.world.grants.get('g1'))?.unshown).toBe(true)
  })
})

test('a message that another replica is just sending is left to it, and looked at a second later', async () => {
  const side = aSlackSide()
  await side.surfaces.lease(card, 500)
  aPublisher(side)
  await side.writes(aPendingGrant())
  await settled()
  expect(side.slack.calls).toEqual([])
  side.passes(1_000)
  beat()
  await shown(side)
  expect(sentOf(side)).toEqual(['post: g1 is pending'])
})

describe('what waited in the queue of one replica while another showed it is not sent again', () => {
  const busy = ['busy1', 'busy2', 'busy3', 'busy4']
  /** Some that are slow to start hold up whatever else this replica has to send; meanwhile something `happens`. */
  async function heldUp(side: SlackSide, happens: () => Promise<unknown>) {
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const own = side.parts.surfaces
    const lease: SurfaceStore['lease'] = async (of, forMs) => {
      if (of.key.startsWith('card:busy')) await gate
      return own.lease(of, forMs)
    }
    aPublisher({ ...side, parts: { ...side.parts, surfaces: { ...own, lease } } })
    for (const id of busy)
      await side.writes(aPendingGrant({ id, requestId: id, subject: { ...aPendingGrant().subject, id } }))
    await settled()
    await side.writes(aPendingGrant())
    await settled()
    await happens()
    open()
    for (const id of busy) await shown(side, id)
    await shown(side)
    return sentOf(side).filter((one) => one.includes('g1'))
  }
  const stands = async (side: SlackSide, id: string, about: Partial<Surface>) => {
    const of = { key: `card:${id}`, requestId: id === 'g1' ? 'r1' : id }
    await side.surfaces.lease(of, 1_000)
    await side.surfaces.save(of, { channel: 'C1', ...about })
  }
  const shows = markOf(says('g1 is pending'))

  test('neither as a second message', async () => {
    const side = aSlackSide()
    expect(await heldUp(side, () => stands(side, 'g1', { ts: '9.0', shows }))).toEqual([])
  })

  test('nor as a second edit', async () => {
    const side = aSlackSide()
    for (const id of ['g1', ...busy]) await stands(side, id, { ts: id, shows: 'something old' })
    expect(await heldUp(side, () => stands(side, 'g1', { shows }))).toEqual([])
  })

  test('nor beside the card that somebody clicked meanwhile: that one is kept', async () => {
    const side = aSlackSide()
    expect(await heldUp(side, () => stands(side, 'g1', { ts: '9.0', shows: null }))).toEqual([
      'edit 9.0: g1 is pending',
    ])
  })
})

test('what is late is said each five seconds, once for the same words', async () => {
  const side = aSlackSide()
  let words = 'late'
  const alerts = async (): Promise<Alert[]> => {
    const [row] = (await side.surfaces.of('late')).surfaces
    const draw = async () => says(words)
    return [
      {
        key: 'late',
        requestId: 'late',
        row,
        lane: 'alert',
        isWanted: true,
        to: { channel: 'C1' },
        draw,
        needsLook: false,
      },
    ]
  }
  aPublisher(side, undefined, alerts)
  beat(5_000)
  await until(() => side.slack.calls.length === 1)
  await settled()
  beat(5_000)
  await settled()
  words = 'settled'
  beat(5_000)
  await until(() => side.slack.calls.length === 2)
  expect(sentOf(side)).toEqual(['post: late', 'edit 1.0: settled'])
})

describe('once it is stopped', () => {
  test('what is being sent has been, and nothing new is taken', async () => {
    const side = aSlackSide()
    let drawn = (): void => undefined
    const drawing = new Promise<void>((resolve) => {
      drawn = resolve
    })
    const publisher = aPublisher(side, (grant) => [
      aPicture(grant, { draw: () => drawing.then(() => says(`slowly: ${grant.status}`)) }),
    ])
    await side.writes(aPendingGrant())
    await settled()
    const stopping = publisher.stop()
    drawn()
    await stopping
    expect(sentOf(side)).toEqual(['post: slowly: pending'])
    await side.writes({ ...anActiveGrant(), unshown: true })
    publisher.look('g1')
    beat()
    await settled()
    expect(side.slack.calls).toHaveLength(1)
  })
  /** Ten cards for one channel, at the pace of Slack; taking and noting a message is `noted`. */
  async function tenCards(noted: (surfaces: SurfaceStore) => Partial<SurfaceStore> = () => ({})) {
    const side = aSlackSide()
    const surfaces = { ...side.parts.surfaces, ...noted(side.parts.surfaces) }
    const pictures: Pictures = {
      of: async (grant) => ({ pictures: [aPicture(grant, { to: { channel: 'C1' } })], isWhole: true }),
      alerts: async () => [],
    }
    const publisher = new Publisher({ ...side.parts, surfaces }, { pictures })
    publisher.start()
    running.push(publisher)
    for (let i = 0; i < 10; i++) {
      const id = `g${i}`
      await side.writes(aPendingGrant({ id, requestId: id, subject: { ...riley, id } }))
    }
    await until(() => side.slack.calls.length >= 3)
    return { side, publisher }
  }

  test('nothing is begun that waited for its turn', async () => {
    const { side, publisher } = await tenCards()
    await publisher.stop(500)
    const sent = side.slack.calls.length
    await sleep(2_500)
    expect(side.slack.calls).toHaveLength(sent)
  })

  test('what was begun meanwhile is noted', async () => {
    const unnoted = new Set<string>()
    const { publisher } = await tenCards((own) => ({
      lease: (row, forMs) => (unnoted.add(row.key), own.lease(row, forMs)),
      save: async (row, ...of) => {
        await sleep(300)
        const saved = await own.save(row, ...of)
        unnoted.delete(row.key)
        return saved
      },
    }))
    await publisher.stop(2_100)
    expect([...unnoted]).toEqual([])
  })
})
