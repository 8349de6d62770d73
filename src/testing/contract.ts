import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { aGate } from './gate.ts'
import { ConnectorError, type Connector, type Surroundings, type Target } from '../domain/connector.ts'

/** Of a connector that is reached straight, and dates by the wall clock. */
export const surroundings = (timeoutMs: number): Surroundings => ({
  timeoutMs,
  now: () => new Date(),
  proxies: null,
  hide: () => undefined,
  opens: () => true,
})

/** A way of its own to the system, on which a call can be held up. */
export interface Way {
  readonly connector: Connector
  /** From now on what is asked of the system waits. */
  hold(): Promise<void>
  /** Resolves once something waits. */
  waiting(): Promise<void>
  /** Breaks off what waits, of which some may be carried out; nothing is held any more. */
  breakOff(): Promise<void>
  /** What was broken off can be called again. */
  mend(): Promise<void>
  /** Lets what waits happen, also what was given up meanwhile and can happen still. */
  letGo(): Promise<void>
  close(): Promise<void>
}

/** A system that is reached over TCP. */
export interface Harness extends AnyHarness {
  /** Where it listens on this machine. */
  readonly port: number
  /** Connects by another port that leads there. */
  connectBy(port: number): Connector
}

/** A system that is reached otherwise, and can hold up and break off calls by its own means. */
export interface HarnessWithoutPort extends AnyHarness {
  aWay(): Promise<Way>
}

/** What the contract needs of a real system, beside the connector. */
interface AnyHarness {
  connect(): Connector
  /** Points at an address where nobody listens. */
  connectUnreachable(): Connector
  connectWithBadCredentials(): Connector
  /** A new principal that holds nothing yet, of this name where the system lets people be called so. */
  aPrincipal(name?: string): Promise<string>
  /** Makes so many holders of a target at once, by the system's own means. */
  fill(target: Target, count: number): Promise<void>
  /** Deletes the target on the system; null where targets are whatever the receiver makes of them. */
  readonly vanishTarget: ((target: Target) => Promise<void>) | null
  /** Logins that lack a right; null where the system tells of none. What the check says of each is expected to match. */
  readonly lacking: (() => Promise<readonly Lacking[]>) | null
  /** Deletes the principal on the system; null where it knows of nobody, and any name can hold something. */
  readonly vanish: ((principal: string) => Promise<void>) | null
  /** A target that nobody holds yet, written in two ways. */
  aTarget(): Promise<{ target: Target; sameTarget: Target }>
  /** The system's own answer, by a path that shares no code with the connector. */
  reallyHolds(principal: string, target: Target): Promise<boolean>
  /** From now on the system accepts connections and says nothing; resolves to what ends that. */
  freeze(): Promise<() => Promise<void>>
  /** Must never be read in an error. */
  readonly secrets: readonly string[]
  stop(): Promise<void>
}

/** A login that lacks something for this target. */
export interface Lacking {
  readonly connector: Connector
  readonly target: Target
  readonly what: RegExp
  readonly remedy: RegExp | null
}

/** Everybody who holds it, page by page. */
export async function everyHolder(connector: Connector, target: Target): Promise<string[]> {
  const found: string[] = []
  for (let after: string | null = null; ;) {
    const { principals, next } = await connector.list({ target, after, signal: soon() })
    expect(principals.length).toBeLessThanOrEqual(5_000)
    found.push(...principals)
    if (next === null) return found
    after = next
  }
}

async function wayTo(system: Harness | HarnessWithoutPort): Promise<Way> {
  if ('aWay' in system) return system.aWay()
  const gate = await aGate(system.port)
  const connector = system.connectBy(gate.port)
  return {
    connector,
    hold: async () => gate.hold(),
    waiting: () => gate.waiting(),
    breakOff: async () => {
      gate.release()
      gate.cut()
    },
    mend: async () => gate.mend(),
    letGo: async () => gate.release(),
    close: async () => {
      await connector.close()
      await gate.close()
    },
  }
}

/** What every connector promises, run against its real system. */
export function connectorContract(name: string, start: () => Promise<Harness | HarnessWithoutPort>): void {
  describe(`${name}: the connector contract`, () => {
    let system: Harness | HarnessWithoutPort
    let connector: Connector
    let thaw = async () => {}
    beforeAll(async () => {
      system = await start()
      connector = system.connect()
    })
    // What a failure leaves frozen would fail every test after it.
    afterEach(() => thaw())
    afterAll(async () => {
      await connector.close()
      await system.stop()
    })

    async function aPlace() {
      return { principal: await system.aPrincipal(), ...(await system.aTarget()) }
    }

    /** Resolves to what ends it, once. */
    async function frozen(): Promise<() => Promise<void>> {
      const end = await system.freeze()
      return async () => {
        thaw = async () => {}
        await end()
      }
    }

    test('access that is given is really there, and really gone once taken', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      const between = await system.reallyHolds(principal, target)
      await connector.take(call(principal, target))
      expect([between, await system.reallyHolds(principal, target)]).toEqual([true, false])
    })

    test('giving twice is giving once: one take removes it', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await connector.give(giveCall(principal, target))
      await connector.take(call(principal, target))
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('a retry under the same key, after a lost reply, is no second give', async () => {
      const { principal, target } = await aPlace()
      const same = giveCall(principal, target)
      await connector.give(same)
      await connector.give({ ...same, signal: soon() })
      expect(await everyHolder(connector, target)).toEqual([principal])
    })

    test('taking twice, or what was never given, succeeds', async () => {
      const { principal, target } = await aPlace()
      await connector.take(call(principal, target))
      await connector.take(call(principal, target))
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('taking one target leaves the others of that person, and the same target of others, alone', async () => {
      const { principal, target } = await aPlace()
      const { principal: colleague, target: other } = await aPlace()
      await connector.give(giveCall(principal, target))
      await connector.give(giveCall(principal, other))
      await connector.give(giveCall(colleague, target))
      await connector.take(call(principal, target))
      expect(await system.reallyHolds(principal, other)).toBe(true)
      expect(await system.reallyHolds(colleague, target)).toBe(true)
    })

    test('who holds what is told as the system has it', async () => {
      const { principal, target } = await aPlace()
      const colleague = await system.aPrincipal()
      const answers = async () => ({
        has: await connector.has({ principal, target, signal: soon() }),
        colleagueHas: await connector.has({ principal: colleague, target, signal: soon() }),
        list: await everyHolder(connector, target),
      })
      const before = await answers()
      await connector.give(giveCall(principal, target))
      const during = await answers()
      await connector.take(call(principal, target))
      expect(before).toEqual({ has: false, colleagueHas: false, list: [] })
      expect(during).toEqual({ has: true, colleagueHas: false, list: [principal] })
      expect(await answers()).toEqual(before)
    })

    test('twenty people who are given the same target at once all hold it', async () => {
      const { target } = await system.aTarget()
      const principals = await Promise.all(Array.from({ length: 20 }, () => system.aPrincipal()))
      await Promise.all(principals.map((principal) => connector.give(giveCall(principal, target))))
      expect((await everyHolder(connector, target)).sort()).toEqual([...principals].sort())
    })

    test('somebody unknown holds nothing', async () => {
      const { target } = await system.aTarget()
      const principal = `nobody-${randomUUID()}`
      expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
    })

    test('taking from somebody who vanished succeeds', async () => {
      if (system.vanish === null) return
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await system.vanish(principal)
      await connector.take(call(principal, target))
      expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
    })

    test('giving to somebody who vanished fails for good, and nothing happened', async () => {
      if (system.vanish === null) return
      const { principal, target } = await aPlace()
      await system.vanish(principal)
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    })

    test('two ways to write a target are one target', async () => {
      const { principal, target, sameTarget } = await aPlace()
      const { target: other } = await system.aTarget()
      expect(connector.canonical(sameTarget)).toBe(connector.canonical(target))
      expect(connector.canonical(other)).not.toBe(connector.canonical(target))
      await connector.give(giveCall(principal, target))
      expect(await connector.has({ principal, target: sameTarget, signal: soon() })).toBe(true)
    })

    test('a person who is given and taken at the same moment by two hands ends as one of them says', async () => {
      const { principal, target } = await aPlace()
      await Promise.all([
        connector.give(giveCall(principal, target)),
        connector.take(call(principal, target)),
        connector.give(giveCall(principal, target)),
      ])
      const has = await connector.has({ principal, target, signal: soon() })
      expect(has).toBe(await system.reallyHolds(principal, target))
      await connector.take(call(principal, target))
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test.each(['o\'clock "the DBA"', 'a b;c -- d', 'Øst 東京 🦊', '*)(uid=*', 'x/../y?z=1#w%2e'])(
      'a person called %s is that person and no other',
      async (name) => {
        const principal = await system.aPrincipal(`${name} ${randomUUID().slice(0, 8)}`)
        const colleague = await system.aPrincipal()
        const { target } = await system.aTarget()
        await connector.give(giveCall(principal, target))
        expect(await connector.has({ principal, target, signal: soon() })).toBe(true)
        expect(await connector.has({ principal: colleague, target, signal: soon() })).toBe(false)
        expect(await everyHolder(connector, target)).toEqual([principal])
        await connector.take(call(principal, target))
        expect(await system.reallyHolds(principal, target)).toBe(false)
      },
    )

    test('three thousand who hold the same are all listed, in pages', async () => {
      const { target } = await system.aTarget()
      await system.fill(target, 3_000)
      expect(new Set(await everyHolder(connector, target)).size).toBe(3_000)
    }, 60_000)

    test('a target that vanished cannot be given, says which, and whoever had it has nothing left to take', async () => {
      if (system.vanishTarget === null) return
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await system.vanishTarget(target)
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toMatch(/does not exist/)
      await connector.take(call(principal, target))
      expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
    })

    test('the check passes with good credentials and all rights', async () => {
      const { target } = await aPlace()
      expect(await connector.check({ targets: [target], signal: soon() })).toEqual([])
    })

    test('the check says which right is missing, and how it is granted', async () => {
      for (const { connector: weak, target, what, remedy } of (await system.lacking?.()) ?? []) {
        const lacks = await weak.check({ targets: [target], signal: soon() })
        expect(lacks).toHaveLength(1)
        expect(lacks[0]?.what).toMatch(what)
        if (remedy === null) expect(lacks[0]?.remedy).toBeNull()
        else expect(lacks[0]?.remedy).toMatch(remedy)
        await weak.close()
      }
    })

    test('a connection that breaks in mid-call leaves the outcome open, and the next call works', async () => {
      const { principal, target } = await aPlace()
      const way = await wayTo(system)
      const by = way.connector
      await by.has({ principal, target, signal: soon() })
      await way.hold()
      const failing = failureOf(by.give(giveCall(principal, target)))
      await way.waiting()
      await way.breakOff()
      const failure = await failing
      await way.mend()
      await by.give(giveCall(principal, target))
      const really = await system.reallyHolds(principal, target)
      await way.close()
      expect(failure).toMatchObject({ retryable: true })
      expectNoSecrets(failure)
      expect(really).toBe(true)
    })

    test('of a give that was given up and is carried out later the take that follows leaves nothing', async () => {
      const { principal, target } = await aPlace()
      const way = await wayTo(system)
      const by = way.connector
      await by.has({ principal, target, signal: soon() })
      await way.hold()
      const failure = await failureOf(
        by.give({ ...giveCall(principal, target), signal: AbortSignal.timeout(300) }),
      )
      await way.letGo()
      await settled(() => system.reallyHolds(principal, target), 500)
      await by.take(call(principal, target))
      const after = await by.has({ principal, target, signal: soon() })
      await way.close()
      expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
      expect([after, await system.reallyHolds(principal, target)]).toEqual([false, false])
    })

    test('bad credentials fail for good, and say so', async () => {
      const { principal, target } = await aPlace()
      const stranger = system.connectWithBadCredentials()
      const failures = await Promise.all([
        failureOf(stranger.check({ targets: [], signal: soon() })),
        failureOf(stranger.give(giveCall(principal, target))),
        failureOf(stranger.take(call(principal, target))),
        failureOf(stranger.has({ principal, target, signal: soon() })),
        failureOf(stranger.list({ target, after: null, signal: soon() })),
      ])
      await stranger.close()
      for (const failure of failures) {
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
        expect(failure.message).toContain('not accept')
        expectNoSecrets(failure)
      }
    })

    test('a system that cannot be reached is tried again, and nothing happened', async () => {
      const { principal, target } = await aPlace()
      const lost = system.connectUnreachable()
      const failures = await Promise.all([
        failureOf(lost.check({ targets: [], signal: soon() })),
        failureOf(lost.give(giveCall(principal, target))),
        failureOf(lost.take(call(principal, target))),
        failureOf(lost.has({ principal, target, signal: soon() })),
        failureOf(lost.list({ target, after: null, signal: soon() })),
      ])
      await lost.close()
      for (const failure of failures) {
        expect(failure).toMatchObject({ retryable: true, happened: 'no' })
        expectNoSecrets(failure)
      }
    })

    test('calls end promptly when their time is up, and nobody claims to know what happened', async () => {
      const { principal, target } = await aPlace()
      // Each has a connection before it freezes: one that cannot connect knows that nothing happened.
      await Promise.all(
        Array.from({ length: 25 }, () => connector.has({ principal, target, signal: soon() })),
      )
      thaw = await frozen()
      const up = AbortSignal.timeout(300)
      const startedAt = performance.now()
      const failures = await Promise.all([
        failureOf(connector.give({ ...giveCall(principal, target), signal: up })),
        failureOf(connector.take({ ...call(principal, target), signal: up })),
        failureOf(connector.has({ principal, target, signal: up })),
        failureOf(connector.list({ target, after: null, signal: up })),
        failureOf(connector.check({ targets: [], signal: up })),
      ])
      const tookMs = performance.now() - startedAt
      await thaw()
      expect(tookMs).toBeLessThan(1_000)
      for (const failure of failures) {
        expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
        expectNoSecrets(failure)
      }
    })

    test('a call whose time was up before it began is not sent', async () => {
      const { principal, target } = await aPlace()
      const signal = AbortSignal.abort()
      const failure = await failureOf(connector.give({ ...giveCall(principal, target), signal }))
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('after the system was silent for a while, the same connector works again', async () => {
      const { principal, target } = await aPlace()
      // Each has a connection before it freezes: one that cannot connect knows that nothing happened.
      await Promise.all(
        Array.from({ length: 25 }, () => connector.has({ principal, target, signal: soon() })),
      )
      thaw = await frozen()
      await failureOf(connector.has({ principal, target, signal: AbortSignal.timeout(100) }))
      await thaw()
      await connector.give(giveCall(principal, target))
      expect(await system.reallyHolds(principal, target)).toBe(true)
    })

    test('a closed connector leaves no connection and no timer behind', async () => {
      const { principal, target } = await aPlace()
      const before = handles()
      const brief = system.connect()
      await brief.give(giveCall(principal, target))
      await brief.close()
      await settled(() => handles() <= before)
      expect(handles()).toBeLessThanOrEqual(before)
    })

    test('a connector that was never used can be closed', async () => {
      await expect(system.connect().close()).resolves.toBeUndefined()
    })

    function expectNoSecrets(failure: ConnectorError): void {
      const everything =
        inspect(failure, { depth: 12, showHidden: true }) + JSON.stringify([failure.message, failure.stack])
      for (const secret of system.secrets) expect(everything).not.toContain(secret)
    }
  })
}

const soon = () => AbortSignal.timeout(5_000)

export const call = (principal: string, target: Target) => ({
  principal,
  target,
  idempotencyKey: randomUUID(),
  signal: soon(),
})

export const giveCall = (principal: string, target: Target) => ({
  ...call(principal, target),
  until: new Date(Date.now() + 3_600_000),
})

/** The failure of a call that must fail. */
export async function failureOf(attempt: Promise<unknown>): Promise<ConnectorError> {
  const outcome = await attempt.then(
    () => 'it succeeded',
    (error: unknown) => error,
  )
  if (outcome instanceof ConnectorError) return outcome
  throw new Error('expected a ConnectorError', { cause: outcome })
}

const kinds = /^(TCPSocketWrap|TLSWrap|PipeWrap|TCPConnectWrap|ProcessWrap|Timeout)$/
const handles = () => process.getActiveResourcesInfo().filter((kind) => kinds.test(kind)).length

async function settled(isSo: () => boolean | Promise<boolean>, withinMs = 2_000): Promise<void> {
  const until = performance.now() + withinMs
  while (!(await isSo()) && performance.now() < until) await sleep(20)
}
