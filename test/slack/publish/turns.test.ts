import type { SurfaceStore } from '../../../src/domain/ports/surfaces.ts'
import type { Pictures } from '../../../src/slack/publish/picture.ts'
import { markOf } from '../../../src/slack/publish/messages.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { aPendingGrant, anActiveGrant, riley } from '../../support/builders.ts'
import {
  aBusyOne,
  aDm,
  allOver,
  anEdit,
  card,
  dm,
  ended,
  g1,
  old,
  over,
} from '../../support/busy-publisher.ts'
import { anOpenWindow, aSeries } from '../../support/lives.ts'
import { aPicture, says, sentOf, settled, shown, until } from '../../support/publishing.ts'
import { aSlackSide } from '../../support/slack-side.ts'

useBeats()
const running: Publisher[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((publisher) => publisher.stop(100)))
})

const busy: typeof aBusyOne = async (...of) => {
  const made = await aBusyOne(...of)
  running.push(made.publisher)
  return made
}

describe('while edits wait for their turn', () => {
  // Of five approvals four were not on their card in 75 s: each waited for the edit of a DM, behind 2,400 others.
  test('what a grant has become is shown before what matters less, though another message of it waits behind that', async () => {
    const { side, waits, opened } = await busy(
      (grant) => [
        ...(grant.reason === 'asked' ? [] : [anEdit(grant, { draw: async () => says('approved') })]),
        aDm(grant),
      ],
      [card, dm],
    )
    await waits(g1('asked'))
    await waits(g1('approved'))
    expect(await opened('g1')).toEqual(['card:g1', ...allOver, 'dm:g1'])
    expect(side.slack.texts).toEqual(expect.arrayContaining(['approved', 'dm: approved']))
  })

  test('what a window has become too, though a message of its series waits behind that', async () => {
    const series = aSeries()
    const window = anOpenWindow(series)
    const { waits, opened } = await busy(
      (grant) =>
        grant.window === null
          ? [anEdit(grant, { key: 'card:series', lane: 'cleanUp', draw: async () => says('series') })]
          : grant.reason === 'changed'
            ? [anEdit(grant, { key: 'card:window', lane: 'active', draw: async () => says('window') })]
            : [],
      [
        { key: 'card:series', requestId: series.requestId, shows: old },
        { key: 'card:window', requestId: window.requestId, shows: old },
      ],
      { grants: [series, window] },
    )
    await waits({ ...window, reason: 'opens' })
    await waits({ ...window, reason: 'changed' })
    expect(await opened(window.id)).toEqual(['card:window', ...allOver, 'card:series'])
  })

  test('a message has one turn, however often what it shows changes, and says the newest', async () => {
    const { side, waits, opened } = await busy((grant) => [aDm(grant)], [dm])
    for (const reason of ['1', '2', '3', '4']) await waits(g1(reason))
    expect(await opened('g1')).toEqual([...allOver, 'dm:g1'])
    expect(side.slack.texts.at(-1)).toBe('dm: 4')
  })

  test('one of several lines has one turn too, whichever of them changes', async () => {
    const lines = ['line-1', 'line-2'].map((id, line) =>
      anActiveGrant({ id, line, lines: 2, subject: { ...riley, id } }),
    )
    const { waits, opened } = await busy(
      (grant) => [anEdit(grant, { key: 'dm:g1', lane: 'cleanUp', draw: async () => says('lines') })],
      [dm],
      { grants: lines },
    )
    for (const line of lines) await waits(line)
    for (const line of lines) await waits({ ...line, reason: 'another' })
    expect(await opened('line-1', 'line-2')).toEqual([...allOver, 'dm:g1'])
  })

  test('a message that has come to matter more is sent before what matters less', async () => {
    const { side, waits, opened } = await busy(
      (grant) => [aDm(grant, { lane: grant.reason === 'urgent' ? 'active' : 'cleanUp' })],
      [dm],
    )
    await waits(g1('seldom'))
    await waits(g1('urgent'))
    expect(await opened('g1')).toEqual(['dm:g1', ...allOver])
    expect(side.slack.texts).toContain('dm: urgent')
  })

  test('one that has come to matter less keeps its place', async () => {
    const { waits, opened } = await busy(
      (grant) => [aDm(grant, { lane: grant.reason === 'urgent' ? 'active' : 'cleanUp' })],
      [dm],
    )
    await waits(g1('urgent'))
    await waits(g1('seldom'))
    expect(await opened('g1')).toEqual(['dm:g1', ...allOver])
  })

  test('what stands there already when its turn comes is not sent', async () => {
    const { side, waits, opened } = await busy(
      (grant) => [aDm(grant)],
      [{ ...dm, shows: markOf(says('dm: before')) }],
    )
    await waits(g1('other'))
    await waits(g1('before'))
    await opened('g1')
    await settled()
    expect(side.slack.texts.filter((text) => text.startsWith('dm'))).toEqual([])
  })

  test('what has moved elsewhere meanwhile is posted there', async () => {
    const { side, waits, opened } = await busy(
      (grant) => [
        anEdit(grant, {
          key: 'note:g1',
          isWanted: true,
          to: { channel: 'C1', threadTs: grant.reason },
          draw: async () => says('a note'),
        }),
      ],
      [],
    )
    // Both turns in its channel are taken: what is posted waits like what is edited.
    for (const id of ['held-3', 'held-4'])
      await side.writes(aPendingGrant({ id, requestId: id, subject: { ...riley, id } }))
    await waits(g1('1.0'))
    await waits(g1('2.0'))
    await opened()
    await settled()
    side.passes(1_000)
    beat()
    await shown(side)
    const notes = side.slack.calls.filter(({ args }) => args['text'] === 'a note')
    expect(notes.map(({ args }) => args['thread_ts'])).toEqual(['2.0'])
  })

  test('a message of which the turn has come is waited for, and sent anew where it shows what was before', async () => {
    let letGo = (): void => undefined
    const gate = new Promise<void>((resolve) => (letGo = resolve))
    const side = aSlackSide()
    const publisher = new Publisher(side.parts, {
      pictures: {
        of: async (grant) => ({
          pictures: [
            aDm(grant, {
              isWanted: true,
              draw: async () => {
                if (grant.reason === 'first') await gate
                return says(`dm: ${grant.reason}`)
              },
            }),
          ],
          isWhole: true,
        }),
        alerts: async () => [],
      },
      isPaced: false,
    })
    publisher.start()
    running.push(publisher)
    await side.writes(g1('first'))
    await settled()
    await side.writes({ ...g1('second'), unshown: true })
    await settled()
    expect(side.slack.calls).toEqual([])
    letGo()
    await shown(side)
    expect(sentOf(side)).toEqual(['post: dm: first', 'edit 1.0: dm: second'])
  })

  test('whoever stops waits for what waits for its turn', async () => {
    const { side, publisher, waits, open } = await busy((grant) => [aDm(grant)], [dm])
    await waits(g1('1'))
    await waits(g1('2'))
    let isStopped = false
    const stopping = publisher.stop().then(() => (isStopped = true))
    await settled()
    expect(isStopped).toBe(false)
    open()
    await stopping
    expect(sentOf(side).at(-1)).toBe('edit dm:g1: dm: 2')
  })

  test('what could not be sent is tried again, also where what it shows changed while it waited', async () => {
    const { side, waits, open } = await busy((grant) => [aDm(grant)], [dm])
    await waits(g1('1'))
    await waits(g1('2'))
    side.slack.next('chat.update', ...Array.from({ length: 2 + over.length + 1 }, () => ({ status: 503 })))
    open()
    await until(() => side.slack.texts.includes('dm: 2'))
    await settled()
    expect((await side.world.grants.get('g1'))?.unshown).toBe(true)
    side.passes(2_000)
    beat()
    await shown(side)
    expect(side.slack.texts.filter((text) => text.startsWith('dm'))).toEqual(['dm: 2', 'dm: 2'])
  })

  // As after a restart while a thousand ends are being told of.
  test('what another process left is looked at, however much of what it left waits already', async () => {
    const side = aSlackSide()
    const own = side.parts.surfaces
    const lease: SurfaceStore['lease'] = (row, forMs) =>
      row.key.startsWith('card:over') ? new Promise(() => undefined) : own.lease(row, forMs)
    for (let i = 0; i < 1_100; i++) await side.writes(ended(`over-${String(i).padStart(4, '0')}`))
    await side.writes({ ...anActiveGrant({ id: 'z1', requestId: 'z1' }), unshown: true })
    const pictures: Pictures = {
      of: async (grant) => ({
        pictures: [aPicture(grant, { isWanted: true, to: { channel: grant.id === 'z1' ? 'C1' : 'C2' } })],
        isWhole: true,
      }),
      alerts: async () => [],
    }
    const publisher = new Publisher(
      { ...side.parts, surfaces: { ...own, lease } },
      { pictures, isPaced: false },
    )
    publisher.start()
    running.push(publisher)
    for (let i = 0; i < 8; i++) {
      beat()
      await settled(600)
    }
    expect(side.slack.texts).toEqual(['z1 is active'])
  })

  // Three replicas drew a thousand ends three times, at the instant at which they were to be taken back.
  test('what another process shows while more wait than are looked at together is left to it for a while', async () => {
    const side = aSlackSide()
    const looked: string[] = []
    const pictures: Pictures = {
      of: async (grant) => (looked.push(grant.id), { pictures: [], isWhole: true }),
      alerts: async () => [],
    }
    const unshown: { id: string; revision: number }[] = []
    const grants: typeof side.world.grants = {
      ...side.world.grants,
      unshown: async (limit, after = '') => unshown.filter(({ id }) => id > after).slice(0, limit),
      get: async (id) => ({ ...anActiveGrant(), id, requestId: id }),
    }
    const world = { ...side.world, grants }
    const publisher = new Publisher({ ...side.parts, world }, { pictures, isPaced: false })
    publisher.start()
    running.push(publisher)
    const seconds = async (many: number): Promise<void> => {
      for (let i = 0; i < many; i++) {
        side.passes(1_000)
        beat()
        await settled(30)
      }
    }
    await seconds(3)
    for (let i = 0; i < 700; i++) unshown.push({ id: `g${String(i).padStart(3, '0')}`, revision: 0 })
    await seconds(18)
    expect(looked).toEqual([])
    await seconds(30)
    expect(new Set(looked).size).toBe(700)
  })

  test('also of twenty thousand and more', async () => {
    const side = aSlackSide()
    const ids = Array.from({ length: 21_000 }, (_, i) => String(i).padStart(5, '0'))
    const looked = new Set<string>()
    const grants: typeof side.world.grants = {
      ...side.world.grants,
      unshown: async (limit, after) => {
        const from = after === undefined || after === '' ? 0 : Number(after) + 1
        return ids.slice(from, from + limit).map((id) => ({ id, revision: 0 }))
      },
      get: async (id) => {
        looked.add(id)
        return null
      },
    }
    const pictures: Pictures = { of: async () => ({ pictures: [], isWhole: true }), alerts: async () => [] }
    const world = { ...side.world, grants }
    const publisher = new Publisher({ ...side.parts, world }, { pictures, isPaced: false })
    publisher.start()
    running.push(publisher)
    await until(async () => {
      beat()
      await settled(40)
      return looked.size === ids.length
    })
  })
})
