import type { Grant } from '../../src/domain/grant.ts'
import { answerExtension } from '../../src/operations/answer-extension.ts'
import { heldThere } from './a-scene.ts'
import { admins } from './catalog.ts'
import type { Replica } from './replica.ts'
import { beforeTold, onMoreTime, shownAsHeldBefore, type Word } from './shown-as-held-before.ts'

/*
 * What its system may be told while Slack is silent goes by what Slack said last: by when it was asked, whoever asked, and
 * whenever that is noted.
 */

const lastWord = (grant: Grant | undefined) => (grant?.status === 'active' ? grant.lastWord?.is : undefined)

test.each(['nothing', 'no for a moment'])(
  'what is ours is told of its end while Slack is silent, as the last that Slack said was yes; before that it said %s',
  async (what) => {
    let [isSilent, hasLeft, isRefused] = [false, false, true]
    const heard: string[] = []
    const scene = await shownAsHeldBefore({
      lapsesMs: 40_000,
      durationMs: 60_000,
      trouble: {
        isSilent: () => isSilent,
        hasLeft: () => hasLeft && heard.push('no') > 0,
        refuses: () => isRefused && heard.push('yes') > 0,
      },
    })
    const { db, system, until, grant, missing, turnsOutOurs, one, other } = scene
    for (const { world } of [one, other])
      world.grants.onChange((now) => {
        if (hasLeft && now.status === 'active' && (now.owed?.tries ?? 0) > 0) hasLeft = false
      })
    hasLeft = what.startsWith('no for')
    void turnsOutOurs()
    for (let ms = 9_000; ms < 30_000 && !heard.includes('yes'); ms += 100) await until(ms)
    expect(heard).toContain('yes')
    expect(heard.includes('no')).toBe(what.startsWith('no for'))
    isSilent = true
    isRefused = false
    await until(55_000)
    expect(db.grants.get(grant.id)?.status).toBe('active')
    expect(system.isHeld(heldThere)).toBe(true)
    expect(missing).toEqual([])
  },
)

test('what turns out to be ours is told of no end by itself where Slack had said no to more time before it turned out to be ours', async () => {
  let [isSilent, hasLeft] = [false, false]
  const trouble = { isSilent: () => isSilent, hasLeft: () => hasLeft }
  const scene = await shownAsHeldBefore({ lapsesMs: 30_000, durationMs: 50_000, trouble })
  const { db, system, until, grant, extend, turnsOutOurs, one, other } = scene
  onMoreTime(scene, () => (hasLeft = true))
  for (const { world } of [one, other])
    world.grants.onChange((now) => {
      if (hasLeft && now.status === 'active' && (now.owed?.tries ?? 0) > 0) isSilent = true
    })
  void extend()
  await until(11_000)
  const known = system.held.get(heldThere)
  expect(isSilent).toBe(true)
  expect(db.grants.get(grant.id)).toMatchObject({ heldBefore: true })
  void turnsOutOurs()
  await until(25_000)
  expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', heldBefore: false })
  expect(system.held.get(heldThere)).toEqual(known)
})

test.each([0, 4_000])(
  'a no that was asked for after a yes stands, though whoever heard the yes stops for %d ms before it is noted',
  async (stopMs) => {
    const gives: string[] = []
    let [phase, yesBy]: [Word | 'yes, then no', Replica | null] = ['no', null]
    const noes: Replica[] = []
    const scene = await shownAsHeldBefore({
      lapsesMs: 40_000,
      durationMs: 60_000,
      trouble: {
        says: async (replica) => {
          if (phase !== 'yes, then no') return phase
          if (yesBy !== null) return yesBy !== replica && noes.push(replica) === 1 ? 'no' : 'unknown'
          yesBy = replica
          if (stopMs > 0) replica.pause(stopMs)
          await replica.wait(0)
          return 'yes'
        },
        refuses: () => {
          gives.push(phase)
          return phase !== 'unknown'
        },
      },
    })
    const { db, grant, until, time, turnsOutOurs } = scene
    const stands = () => lastWord(db.grants.get(grant.id))
    void turnsOutOurs()
    for (let ms = 8_100; ms < 20_000 && stands() !== 'no'; ms += 50) await until(ms)
    phase = 'yes, then no'
    for (let ms = time.nowMs; ms < 30_000 && noes.length === 0; ms += 50) await until(ms)
    await until(time.nowMs + stopMs + 300)
    expect(stands()).toBe('no')
    const before = [...gives]
    phase = 'unknown'
    await until(39_000)
    expect(db.grants.get(grant.id)?.status).toBe('active')
    expect(gives).toEqual(before)
  },
)

test.each([0, 3_000])(
  'a yes that was asked for after a no counts, though whoever heard the no stops for %d ms before it is noted',
  async (stopMs) => {
    let [saidNo, saidYes, isRefused] = [false, false, true]
    const gives: string[] = []
    const scene = await shownAsHeldBefore({
      lapsesMs: 40_000,
      durationMs: 60_000,
      trouble: {
        says: async (replica) => {
          if (saidNo) {
            const isFirst = !saidYes
            saidYes = true
            return isFirst ? 'yes' : 'unknown'
          }
          saidNo = true
          if (stopMs > 0) replica.pause(stopMs)
          await replica.wait(0)
          return 'no'
        },
        refuses: () => isRefused && gives.push('refused') > 0,
      },
    })
    const { db, system, grant, until, time, missing, turnsOutOurs } = scene
    void turnsOutOurs()
    for (let ms = 8_100; ms < 20_000 && gives.length === 0; ms += 50) await until(ms)
    expect([saidNo, saidYes, gives]).toEqual([true, true, ['refused']])
    await until(time.nowMs + stopMs + 200)
    isRefused = false
    await until(50_000)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', heldBefore: false })
    expect(system.isHeld(heldThere)).toBe(true)
    expect(missing).toEqual([])
  },
)

test.each(['unknown', 'yes'] as const)(
  'what was to be told is not, where a no is noted before the call (the word before it: %s)',
  async (word) => {
    const stopped: Replica[] = []
    const gives: number[] = []
    const scene = await shownAsHeldBefore({
      lapsesMs: 40_000,
      durationMs: 60_000,
      trouble: {
        says: (replica) => (stopped.length === 0 ? word : stopped.includes(replica) ? 'unknown' : 'no'),
        refuses: () => gives.push(0) === 0,
      },
    })
    const { db, system, grant, until, turnsOutOurs, one, other } = scene
    for (const replica of [one, other]) {
      const { holds } = replica.world
      const { write } = { ...holds }
      holds.write = async (hold, token, what) => {
        const written = await write(hold, token, what)
        if (stopped.length === 0 && 'call' in what && what.call != null) {
          stopped.push(replica)
          replica.pause(2_000)
          await replica.wait(0)
        }
        return written
      }
    }
    const known = system.held.get(heldThere)
    void turnsOutOurs()
    await until(38_000)
    expect(stopped).toHaveLength(1)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', lastWord: { is: 'no' } })
    expect([gives, system.held.get(heldThere)]).toEqual([[], known])
  },
)

test.each(['before', 'after'])(
  'a no that is noted just %s what is owed is noted to be told is not forgotten, though it turns out to be ours',
  async (when) => {
    const stopped: Replica[] = []
    let isSilent = false
    const scene = await shownAsHeldBefore({
      lapsesMs: 40_000,
      durationMs: 50_000,
      trouble: {
        says: async (replica) => {
          if (isSilent) return 'unknown'
          if (stopped.length === 0 || stopped.includes(replica)) return 'yes'
          if (when === 'after') replica.pause(4_000)
          await replica.wait(0)
          return 'no'
        },
      },
    })
    const { db, system, grant, until, time, extend, turnsOutOurs } = scene
    beforeTold(scene, async (replica) => {
      stopped.push(replica)
      replica.pause(3_000)
      await replica.wait(0)
    })
    void extend()
    for (let ms = 8_100; ms < 20_000 && lastWord(db.grants.get(grant.id)) !== 'no'; ms += 50) await until(ms)
    isSilent = true
    await until(time.nowMs + 4_000)
    expect(db.grants.get(grant.id)).toMatchObject({ heldBefore: true, owed: null, lastWord: { is: 'no' } })
    const known = system.held.get(heldThere)
    void turnsOutOurs()
    await until(38_000)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', heldBefore: false })
    expect(system.held.get(heldThere)).toEqual(known)
  },
)

test.each([false, true])(
  'the yes by which more time is added counts, though Slack said no before and falls silent after (by two: %s)',
  async (byTwo) => {
    let word: Word = 'yes'
    const trouble = { says: () => word }
    const scene = await shownAsHeldBefore({ lapsesMs: 40_000, durationMs: 60_000, byTwo, trouble })
    const { db, system, grant, until, time, one, extend, missing, turnsOutOurs } = scene
    let lastYes: () => Promise<unknown> = extend
    if (byTwo) {
      void extend()
      await until(10_000)
      const now = db.grants.get(grant.id)
      const [asked] = now?.status === 'active' ? now.extensions : []
      const said = { grantId: grant.id, verdict: 'approve', askedAt: asked?.askedAt ?? new Date(0) } as const
      void answerExtension(one.world, { ...said, by: admins[0] })
      await until(11_000)
      lastYes = () => answerExtension(one.world, { ...said, by: admins[1] })
    }
    word = 'no'
    void turnsOutOurs()
    for (let ms = time.nowMs + 20; ms < 26_000 && lastWord(db.grants.get(grant.id)) !== 'no'; ms += 20)
      await until(ms)
    word = 'yes'
    onMoreTime(scene, () => (word = 'unknown'))
    void lastYes()
    await until(50_000)
    expect(word).toBe('unknown')
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', heldBefore: false })
    expect(system.isHeld(heldThere)).toBe(true)
    expect(missing).toEqual([])
  },
)

test.each([0, 3_600_000])(
  'a no from before the clock was set back by %d ms does not outlast a yes',
  async (setBackMs) => {
    let word: Word = 'unknown'
    const scene = await shownAsHeldBefore({
      lapsesMs: 40_000,
      durationMs: 60_000,
      trouble: { says: () => word },
    })
    const { db, system, grant, until, one, missing, turnsOutOurs } = scene
    const said = { is: 'no', at: new Date(8_000 + setBackMs) } as const
    void one.world.grants.change(grant.id, (now) =>
      now.status === 'active' ? { ...now, lastWord: said } : now,
    )
    await until(8_500)
    expect(db.grants.get(grant.id)).toMatchObject({ lastWord: said })
    word = 'yes'
    void turnsOutOurs()
    await until(20_000)
    expect(db.grants.get(grant.id)).toMatchObject({ owed: null, lastWord: { is: 'yes' } })
    await until(55_000)
    expect(system.isHeld(heldThere)).toBe(true)
    expect(missing).toEqual([])
  },
)
