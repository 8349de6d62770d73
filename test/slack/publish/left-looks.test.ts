import type { Grant } from '../../../src/domain/grant.ts'
import { markOf } from '../../../src/slack/publish/messages.ts'
import type { Picture } from '../../../src/slack/publish/picture.ts'
import type { Publisher } from '../../../src/slack/publish/publisher.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { anActiveGrant, riley } from '../../support/builders.ts'
import { aBusyOne, aDm, aGate, anEdit, card, dm, ended, g1, old } from '../../support/busy-publisher.ts'
import { anOpenWindow, aSeries } from '../../support/lives.ts'
import { aSlack, becomes, replicas, stopReplicas, type Of } from '../../support/publishing-replicas.ts'
import { aPicture, says, secondsGoBy, sentOf, settled, shown, until } from '../../support/publishing.ts'

/** What a look left waiting, as the grant was asked for again, or as something else of it was not to wait so long. */

useBeats()
const running: Publisher[] = []
afterEach(async () => {
  await stopReplicas()
  await Promise.all(running.splice(0).map((publisher) => publisher.stop(100)))
})

const busy: typeof aBusyOne = async (...of) => {
  const made = await aBusyOne(...of)
  running.push(made.publisher)
  return made
}

type Busy = Awaited<ReturnType<typeof aBusyOne>>

const seconds = ({ side }: Busy, many: number): Promise<void> => secondsGoBy(side, many)

describe('what matters more is not kept by a DM of the same grant that waits behind thousands', () => {
  const aCard = (grant: Grant, about: Partial<Picture> = {}) =>
    anEdit(grant, { draw: async () => says(`card: ${grant.reason}`), ...about })

  /** The edits of what is over are let through one by one, and so the DM stays behind them. */
  async function behind(of: (made: () => Busy, grant: Grant) => Picture[]) {
    const gates: (() => void)[] = []
    const waitsFor = {
      lease: (key: string) =>
        key.startsWith('card:over') ? new Promise<void>((go) => gates.push(go)) : undefined,
    }
    const held: { made?: Busy } = {}
    const made = (): Busy => {
      if (held.made === undefined) throw new Error('not yet')
      return held.made
    }
    const all = await busy((grant) => of(made, grant), [card, dm], { waitsFor })
    held.made = all
    const someThrough = async () => {
      for (let i = 0; i < 4; i++) {
        await until(() => gates.length > 0)
        gates.shift()?.()
        await settled(100)
      }
    }
    return { ...all, all, someThrough }
  }
  const cardAndDm = (_: () => Busy, grant: Grant) => [aCard(grant), aDm(grant)]

  test('a card that Slack did not take is sent again', async () => {
    const { side, all, turns, waits, open, someThrough } = await behind(cardAndDm)
    await waits(g1('approved'))
    // Two that had the turns, and the card.
    side.slack.next('chat.update', ...Array.from({ length: 3 }, () => ({ status: 503 })))
    const sent = () => side.slack.texts.filter((text) => text === 'card: approved').length
    open()
    await until(() => sent() === 1)
    await seconds(all, 5)
    await someThrough()
    expect(sent()).toBe(2)
    expect(turns).not.toContain('dm:g1')
  })

  test('a card that somebody deleted is posted again', async () => {
    const { side, all, waits, open, someThrough } = await behind((_, grant) => [
      aCard(grant, { isWanted: true }),
      aDm(grant),
    ])
    await waits(g1('approved'))
    side.slack.next('chat.update', ...Array.from({ length: 3 }, () => ({ error: 'message_not_found' })))
    open()
    await seconds(all, 5)
    await someThrough()
    expect(sentOf(side).filter((said) => said.includes('card: approved'))).toEqual([
      'edit card:g1: card: approved',
      'post: card: approved',
    ])
  })

  test('what hangs on a card follows once that stands', async () => {
    const { side, all, waits } = await behind((made, grant) => [
      aPicture(grant, { key: 'card:new', isWanted: true, isAnchor: true, draw: async () => says('card') }),
      ...(made().side.slack.texts.includes('card')
        ? [
            aPicture(grant, {
              key: 'note:g1',
              isWanted: true,
              to: { channel: 'C1', threadTs: '1.0' },
              draw: async () => says('note'),
            }),
          ]
        : []),
      aDm(grant),
    ])
    await waits(g1('approved'))
    await seconds(all, 5)
    expect(side.slack.texts).toEqual(['card', 'note'])
  })

  test('a card that waited for what comes next is sent once that did not come', async () => {
    let mayWaitUntil: Date | null = null
    const { side, all, waits, open, someThrough } = await behind((_, grant) => [
      aCard(grant, { mayWaitUntil }),
      aDm(grant),
    ])
    mayWaitUntil = new Date(side.world.clock.now().getTime() + 1_000)
    await waits(g1('approved'))
    open()
    await settled()
    side.setNow(new Date(side.world.clock.now().getTime() + 60_000))
    await seconds(all, 5)
    await someThrough()
    expect(side.slack.texts).toContain('card: approved')
  })

  test('a card that another replica had just then is sent afterwards', async () => {
    const { side, all, turns, waits, open, someThrough } = await behind(cardAndDm)
    await waits(g1('approved'))
    const other = side.openSurfaces()
    const { leasedBy } = await other.lease(card, 15_000)
    open()
    await settled()
    await other.save(card, {}, leasedBy)
    await seconds(all, 5)
    await someThrough()
    expect(side.slack.texts).toContain('card: approved')
    expect(turns).not.toContain('dm:g1')
  })
})

describe('what waits is not sent as it was before, where this process has heard of the change', () => {
  const textsOf = ({ side }: Busy, first: string) => side.slack.texts.filter((text) => text.startsWith(first))
  const lines = (reason: string): [Grant, Grant] => {
    const line = (i: number) =>
      anActiveGrant({ id: `line-${i}`, line: i - 1, lines: 2, reason, subject: { ...riley, id: `p${i}` } })
    return [line(1), line(2)]
  }

  test('a message of several lines, of which another changed', async () => {
    const gate = aGate()
    const [one, two] = lines('old')
    const all = await busy(
      async (grant, many) => {
        if (grant.id === two.id && grant.reason === 'new') await gate.opened
        const words = many.map(({ id, reason }) => `${id} ${reason}`).sort()
        return [anEdit(grant, { key: dm.key, draw: async () => says(words.join(', ')) })]
      },
      [dm],
      { grants: [one, two] },
    )
    await all.waits({ ...one, reason: 'new' })
    await all.waits({ ...two, reason: 'new' })
    all.open()
    await settled()
    gate.open()
    for (const { id } of [one, two]) await shown(all.side, id)
    expect(textsOf(all, 'line')).toEqual(['line-1 new, line-2 new'])
  })

  test('nor after the change was taken back: it is noted as shown by then', async () => {
    const [one, two] = lines('fit')
    const all = await busy(
      (_, many) => {
        const reason = many.find(({ id }) => id === one.id)?.reason ?? ''
        return [anEdit(one, { key: dm.key, draw: async () => says(`line-1 is ${reason}`) })]
      },
      [{ ...dm, shows: markOf(says('line-1 is fit')) }],
      { grants: [one, two] },
    )
    await all.waits({ ...one, reason: 'unfit' })
    await all.waits({ ...two, reason: 'anything else' })
    await all.waits({ ...one, reason: 'fit' })
    await shown(all.side, one.id)
    all.open()
    await settled()
    expect(textsOf(all, 'line')).toEqual([])
  })

  const series = aSeries()
  const window = anOpenWindow(series)
  const seriesCard = (grant: Grant) =>
    anEdit(grant, { key: 'card:series', lane: 'active', draw: async () => says(`series ${grant.reason}`) })

  test('the card of a series, which a window of it drew', async () => {
    const gate = aGate()
    const all = await busy(
      async (grant) => {
        if (grant.window !== null) return []
        if (grant.reason === 'called off') await gate.opened
        return [seriesCard(grant)]
      },
      [{ key: 'card:series', requestId: series.requestId, shows: old }],
      { grants: [series, window] },
    )
    await all.waits({ ...window, reason: 'opens' })
    await all.waits({ ...series, reason: 'called off' })
    all.open()
    await settled()
    gate.open()
    for (const { id } of [series, window]) await shown(all.side, id)
    expect(textsOf(all, 'series')).toEqual(['series called off'])
  })

  test('nor after that was taken back', async () => {
    const all = await busy(
      (grant) => (grant.window === null ? [seriesCard(grant)] : []),
      [{ key: 'card:series', requestId: series.requestId, shows: markOf(says('series a')) }],
      { grants: [{ ...series, reason: 'a' }, window] },
    )
    await all.waits({ ...series, reason: 'b' })
    await all.waits({ ...window, reason: 'opens' })
    await all.waits({ ...series, reason: 'a' })
    await shown(all.side, series.id)
    all.open()
    await settled()
    expect(textsOf(all, 'series')).toEqual([])
  })
})

// What stood there when it was looked at was right; an edit that was left waiting before came through after that.
test('a grant is not noted as shown by what stood there before what was left waiting came through', async () => {
  const gates = { over: aGate(), save: aGate(), dm: aGate(), looks: aGate() }
  const isHeld = { over: false, save: false, dm: false }
  const all = await busy(
    async (grant) => {
      if (grant.id.startsWith('slow')) await gates.looks.opened
      return grant.id.startsWith('slow')
        ? []
        : [
            anEdit(grant, { lane: 'cleanUp', draw: async () => says(`card ${grant.reason}`) }),
            aDm(grant, { lane: 'active', draw: async () => says(`dm ${grant.revision}`) }),
          ]
    },
    [{ ...card, shows: markOf(says('card fit')) }, dm],
    {
      waitsFor: {
        lease: (key) =>
          isHeld.over && key.startsWith('card:over')
            ? gates.over.opened
            : isHeld.dm && key === dm.key
              ? gates.dm.opened
              : undefined,
        save: (key) => (isHeld.save && key === card.key ? gates.save.opened : undefined),
      },
    },
  )
  const { side, waits, turns } = all
  await waits(g1('unfit'))
  // As it stands there again: the look that follows leaves the card waiting.
  await waits(g1('fit'))
  Object.assign(isHeld, { over: true, save: true })
  all.open()
  await until(() => turns.includes(dm.key))
  await shown(side)
  // It changes while four other looks take long: it is not looked at yet when the card has its turn, and says so.
  for (let i = 0; i < 4; i++) await waits(ended(`slow-${i}`))
  await waits(g1('unfit'))
  gates.over.open()
  await until(() => side.slack.texts.includes('card unfit'))
  await waits(g1('fit'))
  gates.looks.open()
  await settled()
  side.passes(1_100)
  isHeld.dm = true
  await waits(g1('fit'))
  gates.save.open()
  await settled()
  gates.dm.open()
  isHeld.dm = false
  await seconds(all, 10)
  await shown(side)
  expect(side.slack.texts.filter((text) => text.startsWith('card ')).at(-1)).toBe('card fit')
})

// Whoever wrote it died before it showed it: nobody else heard of it.
test('what another replica has written meanwhile is shown before what matters less', async () => {
  const gate = aGate()
  const slack = aSlack(async (method) => {
    if (method === 'chat.update') await gate.opened
    return null
  })
  const of: Of = (grant) => {
    const card = anEdit(grant, { isWanted: true, draw: async () => says(`${grant.id} ${grant.reason}`) })
    return grant.id === 'g1' ? [{ ...card, lane: 'decision' }, aDm(grant, { isWanted: true })] : [card]
  }
  const {
    all: [one, other],
    side,
  } = replicas(2, slack, { of })
  if (!one || !other) throw new Error('two')
  await other.publisher.stop(10)
  const beats = async (many: number) => {
    for (let i = 0; i < many; i++) {
      side.passes(1_000)
      beat()
      await settled(60)
    }
  }
  const others = Array.from({ length: 8 }, (_, i) => `over-${i}`)
  await one.grants.insert({ ...g1('asked'), unshown: true })
  for (const id of others) await one.grants.insert(ended(id))
  await beats(5)
  for (const id of others) await one.grants.change(id, becomes('changed'))
  await settled()
  await one.grants.change('g1', becomes('its DM alone'))
  await settled()
  await other.grants.change('g1', becomes('approved'))
  await beats(10)
  slack.log.length = 0
  gate.open()
  await beats(5)
  // Two had their turns already.
  const edited = slack.log.map((line) => line.replace(/^chat.update \S+ /, ''))
  expect(edited.slice(0, 3)).toContain('g1 approved')
})
