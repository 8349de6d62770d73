import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  connectorErrorOf,
  type Connector,
  type ConnectorError,
  type HandOver,
  type Shown,
  type Surroundings,
  type Target,
} from '../domain/connector.ts'
import { aGate } from './gate.ts'
import { runnerOfGlobals, type Runner } from './runner.ts'

/** Of a connector that is reached straight, dates by the wall clock, and may open every file. */
export const surroundings = (timeoutMs: number): Surroundings => ({
  timeoutMs,
  now: () => new Date(),
  proxies: null,
  hide: () => undefined,
  opens: () => true,
})

/** A way of its own to the system, on which a call can be held up: between the connector and what carries it out. */
export interface Way {
  /** Goes this way; nothing else does. */
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
  /** With its connector. */
  close(): Promise<void>
}

/** A system that is reached over TCP: the suite itself holds up and breaks off what goes there. */
export interface Harness extends AnyHarness {
  /** Where it listens on this machine. */
  readonly port: number
  /** Connects by another port of 127.0.0.1 that leads there. */
  connectBy(port: number): Connector
}

/** A system that is reached otherwise, and can hold up and break off calls by its own means. */
export interface HarnessWithoutPort extends AnyHarness {
  aWay(): Promise<Way>
}

/**
 * What the contract needs of a real system, beside the connector: a server, a program or a folder of its own, started
 * for these tests. What a system has no way to is null, with the reason told in `Terms.untried`.
 */
interface AnyHarness {
  /** A new connector, with all the rights it needs and a time-out of a few seconds. The suite closes each. */
  connect(): Connector
  /** Points at an address where nobody listens, or at what is not there now. */
  connectUnreachable(): Connector
  /** With a login that the system refuses. What fails then says that it does "not accept" it. */
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
  /** A target that exists, nobody holds and no other test was given, written in two ways. */
  aTarget(): Promise<{ target: Target; sameTarget: Target }>
  /** The system's own answer, by a path that shares no code with the connector. */
  reallyHolds(principal: string, target: Target): Promise<boolean>
  /** From now on the system accepts connections and says nothing; resolves to what ends that. */
  freeze(): Promise<() => Promise<void>>
  /** How many connections it keeps at most, 25 where it is not said; 0: each call makes what it needs. */
  readonly connections?: number
  /** Passwords, tokens and the like, as the connector is given them: must never be read in an error. */
  readonly secrets: readonly string[]
  /** Where the connector hands over what giving made; left out where it does not. */
  readonly handOver?: HandsOver
  /** Ends the system and removes what was made for it. */
  stop(): Promise<void>
}

/** How to use what is handed over. */
export interface HandsOver {
  /** What a holder brings for it, such as a public key: another at each call. Null where nothing is asked for. */
  brings(principal: string): Promise<string | null>
  /** Does this open the system now? By the system's own means, and looked at for as long as it takes to know. */
  opens(shown: readonly Shown[]): Promise<boolean>
  /** What of it nobody else may read. */
  secretsIn(shown: readonly Shown[]): readonly string[]
}

/** What of a harness a system may have no way to. `names`: that people are called as the suite would have it. */
export type MayLack = 'vanish' | 'vanishTarget' | 'lacking' | 'names'

export interface Terms {
  /** Why the harness has null for it, or makes other names. The tests which need it are skipped, and say so by name. */
  readonly untried?: Readonly<Partial<Record<MayLack, string>>>
  /** That the targets of this harness have something to hand over: then that is tried too. */
  readonly handsOver?: boolean
  /** Where tests are not run by functions that are global, as jest's are. */
  readonly runner?: Runner
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
    // As long as a catalog may give a call: how fast a system lists is not the connector's.
    const { principals, next } = await connector.list({ target, after, signal: AbortSignal.timeout(30_000) })
    assert.ok(principals.length <= 5_000, `a page held ${principals.length}: at most a few thousand`)
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
    hold: () => {
      gate.hold()
      return Promise.resolve()
    },
    waiting: () => gate.waiting(),
    breakOff: () => {
      gate.release()
      gate.cut()
      return Promise.resolve()
    },
    mend: () => {
      gate.mend()
      return Promise.resolve()
    },
    letGo: () => {
      gate.release()
      return Promise.resolve()
    },
    close: async () => {
      await connector.close()
      await gate.close()
    },
  }
}

const timeoutMs = 20_000

/** What every connector promises, run against its real system: each promise is a test. */
export function connectorContract(
  name: string,
  start: () => Promise<Harness | HarnessWithoutPort>,
  { untried = {}, handsOver = false, runner = runnerOfGlobals() }: Terms = {},
): void {
  const { describe, beforeAll, afterAll, afterEach } = runner
  const test = (promise: string, body: () => Promise<void>, withinMs = timeoutMs) =>
    runner.test(promise, body, withinMs)
  /** A test of what not every system has a way to. */
  const testWith = (part: MayLack, promise: string, body: () => Promise<void>) => {
    const reason = untried[part]
    if (reason === undefined) test(promise, body)
    else runner.test.skip(`not tried: ${promise} (${reason})`, body)
  }

  describe(`${name}: the connector contract`, () => {
    let system: Harness | HarnessWithoutPort
    let connector: Connector
    let thaw = async () => {}
    beforeAll(async () => {
      system = await start()
      connector = system.connect()
      for (const part of ['vanish', 'vanishTarget', 'lacking'] as const)
        assert.equal(
          system[part] === null,
          untried[part] !== undefined,
          `the harness has null for ${part} exactly where \`untried\` says why`,
        )
      const { target } = await system.aTarget()
      assert.equal(
        connector.handOver?.isFor(target) ?? false,
        handsOver,
        'something is handed over exactly where `handsOver` says so',
      )
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

    /** Each has a connection before it freezes: one that cannot connect knows that nothing happened. */
    async function connected(principal: string, target: Target): Promise<void> {
      const { connections = 25 } = system
      const looks = Array.from({ length: connections }, () =>
        connector.has({ principal, target, signal: soon() }),
      )
      await Promise.all(looks)
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
      assert.deepEqual([between, await system.reallyHolds(principal, target)], [true, false])
    })

    test('giving twice is giving once: one take removes it', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await connector.give(giveCall(principal, target))
      await connector.take(call(principal, target))
      assert.equal(await system.reallyHolds(principal, target), false)
    })

    test('a retry under the same key, after a lost reply, is no second give', async () => {
      const { principal, target } = await aPlace()
      const same = giveCall(principal, target)
      await connector.give(same)
      await connector.give({ ...same, signal: soon() })
      assert.deepEqual(await everyHolder(connector, target), [principal])
    })

    test('taking twice, or what was never given, succeeds', async () => {
      const { principal, target } = await aPlace()
      await connector.take(call(principal, target))
      await connector.take(call(principal, target))
      assert.equal(await system.reallyHolds(principal, target), false)
    })

    test('taking one target leaves the others of that person, and the same target of others, alone', async () => {
      const { principal, target } = await aPlace()
      const { principal: colleague, target: other } = await aPlace()
      await connector.give(giveCall(principal, target))
      await connector.give(giveCall(principal, other))
      await connector.give(giveCall(colleague, target))
      await connector.take(call(principal, target))
      assert.equal(await system.reallyHolds(principal, other), true)
      assert.equal(await system.reallyHolds(colleague, target), true)
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
      assert.deepEqual(before, { has: false, colleagueHas: false, list: [] })
      assert.deepEqual(during, { has: true, colleagueHas: false, list: [principal] })
      assert.deepEqual(await answers(), before)
    })

    test('twenty people who are given the same target at once all hold it', async () => {
      const { target } = await system.aTarget()
      const principals = await Promise.all(Array.from({ length: 20 }, () => system.aPrincipal()))
      // Longer than one alone: how many a system does at once is not the connector's.
      await Promise.all(
        principals.map((principal) =>
          connector.give({ ...giveCall(principal, target), signal: AbortSignal.timeout(15_000) }),
        ),
      )
      assert.deepEqual((await everyHolder(connector, target)).sort(), [...principals].sort())
    })

    test('somebody unknown holds nothing', async () => {
      const { target } = await system.aTarget()
      const principal = `nobody-${randomUUID()}`
      assert.equal(await connector.has({ principal, target, signal: soon() }), false)
    })

    testWith('vanish', 'taking from somebody who vanished succeeds', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await system.vanish?.(principal)
      await connector.take(call(principal, target))
      assert.equal(await connector.has({ principal, target, signal: soon() }), false)
    })

    testWith('vanish', 'giving to somebody who vanished fails for good, and nothing happened', async () => {
      const { principal, target } = await aPlace()
      await system.vanish?.(principal)
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expectFailure(failure, { retryable: false, happened: 'no' })
    })

    test('two ways to write a target are one target', async () => {
      const { principal, target, sameTarget } = await aPlace()
      const { target: other } = await system.aTarget()
      assert.equal(connector.canonical(sameTarget), connector.canonical(target))
      assert.notEqual(connector.canonical(other), connector.canonical(target))
      await connector.give(giveCall(principal, target))
      assert.equal(await connector.has({ principal, target: sameTarget, signal: soon() }), true)
    })

    test('a person who is given and taken at the same moment by two hands ends as one of them says', async () => {
      const { principal, target } = await aPlace()
      await Promise.all([
        connector.give(giveCall(principal, target)),
        connector.take(call(principal, target)),
        connector.give(giveCall(principal, target)),
      ])
      const has = await connector.has({ principal, target, signal: soon() })
      assert.equal(has, await system.reallyHolds(principal, target))
      await connector.take(call(principal, target))
      assert.equal(await system.reallyHolds(principal, target), false)
    })

    for (const name of ['o\'clock "the DBA"', 'a b;c -- d', 'Øst 東京 🦊', '*)(uid=*', 'x/../y?z=1#w%2e'])
      testWith('names', `a person called ${name} is that person and no other`, async () => {
        const mark = randomUUID().slice(0, 8)
        const principal = await system.aPrincipal(`${name} ${mark}`)
        assert.ok(principal.includes(mark), `the harness made ${principal} of it: \`untried\` says why`)
        const colleague = await system.aPrincipal()
        const { target } = await system.aTarget()
        await connector.give(giveCall(principal, target))
        assert.equal(await connector.has({ principal, target, signal: soon() }), true)
        assert.equal(await connector.has({ principal: colleague, target, signal: soon() }), false)
        assert.deepEqual(await everyHolder(connector, target), [principal])
        await connector.take(call(principal, target))
        assert.equal(await system.reallyHolds(principal, target), false)
      })

    test('three thousand who hold the same are all listed, in pages', async () => {
      const { target } = await system.aTarget()
      await system.fill(target, 3_000)
      assert.equal(new Set(await everyHolder(connector, target)).size, 3_000)
    }, 60_000)

    testWith(
      'vanishTarget',
      'a target that vanished cannot be given, says which, and whoever had it has nothing left to take',
      async () => {
        const { principal, target } = await aPlace()
        await connector.give(giveCall(principal, target))
        await system.vanishTarget?.(target)
        const failure = await failureOf(connector.give(giveCall(principal, target)))
        expectFailure(failure, { retryable: false, happened: 'no' })
        assert.match(failure.message, /does not exist/)
        await connector.take(call(principal, target))
        assert.equal(await connector.has({ principal, target, signal: soon() }), false)
      },
    )

    /** Has something made for whoever holds it. */
    async function handedOver(principal: string, target: Target, signal = soon()): Promise<readonly Shown[]> {
      const { handOver } = system
      assert.ok(handOver, 'the connector hands something over, and the harness has no `handOver`')
      const brought = await handOver.brings(principal)
      const { make } = connector.handOver ?? nothingToMake
      return make({ ...giveCall(principal, target), until: inAnHour(), brought, signal })
    }
    const opens = async (shown: readonly Shown[]) => (await system.handOver?.opens(shown)) ?? false

    if (handsOver)
      test('what is handed over opens the system until a newer one is made, and none does after the take', async () => {
        const { principal, target } = await aPlace()
        await connector.give(giveCall(principal, target))
        const first = await handedOver(principal, target)
        const alone = await opens(first)
        // Told of a later end, as when more time was given: what was shown goes on.
        await connector.give({ ...giveCall(principal, target), until: new Date(Date.now() + 7_200_000) })
        const later = await opens(first)
        const second = await handedOver(principal, target)
        const both = [await opens(first), await opens(second)]
        await connector.take(call(principal, target))
        await connector.cut?.(call(principal, target))
        const taken = [await opens(first), await opens(second)]
        await connector.give(giveCall(principal, target))
        const again = [await opens(first), await opens(second)]
        assert.deepEqual(
          { alone, later, both, taken, again },
          {
            alone: true,
            later: true,
            both: [false, true],
            taken: [false, false],
            again: [false, false],
          },
        )
      })

    if (handsOver)
      test('nothing is handed over to whoever holds nothing, and errors hold nothing of what was', async () => {
        const { principal, target } = await aPlace()
        const before = await failureOf(handedOver(principal, target))
        await connector.give(giveCall(principal, target))
        const shown = await handedOver(principal, target)
        await connector.take(call(principal, target))
        const after = await failureOf(handedOver(principal, target))
        const late = await failureOf(handedOver(principal, target, AbortSignal.abort()))
        for (const failure of [before, after]) expectFailure(failure, { retryable: false, happened: 'no' })
        expectFailure(late, { retryable: true, happened: 'no' })
        for (const failure of [before, after, late]) {
          expectNoSecrets(failure)
          const everything = inspect(failure, { depth: 12, showHidden: true })
          for (const secret of system.handOver?.secretsIn(shown) ?? [])
            assert.ok(!everything.includes(secret), failure.message)
        }
        assert.equal(await system.reallyHolds(principal, target), false)
      })

    test('what a take leaves over goes, and what was given again since does not', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await connector.take(call(principal, target))
      await connector.tidy?.(call(principal, target))
      await connector.tidy?.(call(principal, target))
      await connector.give(giveCall(principal, target))
      await connector.tidy?.(call(principal, target))
      assert.equal(await system.reallyHolds(principal, target), true)
    })

    test('the check passes with good credentials and all rights', async () => {
      const { target } = await aPlace()
      const lacks = await connector.check({ targets: [target], signal: soon() })
      assert.equal(lacks.length, 0, inspect(lacks))
    })

    testWith('lacking', 'the check says which right is missing, and how it is granted', async () => {
      const logins = (await system.lacking?.()) ?? []
      assert.ok(logins.length > 0, 'the harness has no login that lacks something')
      for (const { connector: weak, target, what, remedy } of logins) {
        const lacks = await weak.check({ targets: [target], signal: soon() })
        assert.equal(lacks.length, 1)
        assert.match(lacks[0]?.what ?? '', what)
        if (remedy === null) assert.equal(lacks[0]?.remedy, null)
        else assert.match(lacks[0]?.remedy ?? '', remedy)
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
      assert.equal(failure.retryable, true)
      expectNoSecrets(failure)
      assert.equal(really, true)
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
      expectFailure(failure, { retryable: true, happened: 'unknown' })
      assert.deepEqual([after, await system.reallyHolds(principal, target)], [false, false])
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
        expectFailure(failure, { retryable: false, happened: 'no' })
        assert.match(failure.message, /not accept/)
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
        expectFailure(failure, { retryable: true, happened: 'no' })
        expectNoSecrets(failure)
      }
    })

    test('calls end promptly when their time is up, and nobody claims to know what happened', async () => {
      const { principal, target } = await aPlace()
      await connected(principal, target)
      thaw = await frozen()
      const up = AbortSignal.timeout(300)
      // A busy machine is late to say that time is up: only what comes after is the connector's.
      let upAt = Infinity
      up.addEventListener('abort', () => (upAt = performance.now()))
      const failures = await Promise.all([
        failureOf(connector.give({ ...giveCall(principal, target), signal: up })),
        failureOf(connector.take({ ...call(principal, target), signal: up })),
        failureOf(connector.has({ principal, target, signal: up })),
        failureOf(connector.list({ target, after: null, signal: up })),
        failureOf(connector.check({ targets: [], signal: up })),
      ])
      const lateMs = performance.now() - upAt
      await thaw()
      assert.ok(lateMs < 700, `they ended ${lateMs} ms after their time was up`)
      for (const failure of failures) {
        expectFailure(failure, { retryable: true, happened: 'unknown' })
        expectNoSecrets(failure)
      }
    })

    test('a call whose time was up before it began is not sent', async () => {
      const { principal, target } = await aPlace()
      const signal = AbortSignal.abort()
      const failure = await failureOf(connector.give({ ...giveCall(principal, target), signal }))
      expectFailure(failure, { retryable: true, happened: 'no' })
      assert.equal(await system.reallyHolds(principal, target), false)
    })

    test('after the system was silent for a while, the same connector works again', async () => {
      const { principal, target } = await aPlace()
      await connected(principal, target)
      thaw = await frozen()
      await failureOf(connector.has({ principal, target, signal: AbortSignal.timeout(100) }))
      await thaw()
      await connector.give(giveCall(principal, target))
      assert.equal(await system.reallyHolds(principal, target), true)
    })

    test('a closed connector leaves no connection and no timer behind', async () => {
      const { principal, target } = await aPlace()
      const before = handles()
      const brief = system.connect()
      await brief.give(giveCall(principal, target))
      await brief.close()
      await settled(() => handles() <= before)
      assert.ok(
        handles() <= before,
        `of connections and timers ${handles()} are open, and ${before} were before`,
      )
    })

    test('a connector that was never used can be closed', async () => {
      await system.connect().close()
    })

    function expectNoSecrets(failure: ConnectorError): void {
      const everything =
        inspect(failure, { depth: 12, showHidden: true }) + JSON.stringify([failure.message, failure.stack])
      for (const secret of system.secrets)
        assert.ok(!everything.includes(secret), `the error ${failure.message} holds a secret`)
    }
  })
}

const nothingToMake: Pick<HandOver, 'make'> = {
  make: () => Promise.reject(new Error('it makes nothing')),
}

const inAnHour = () => new Date(Date.now() + 3_600_000)

const soon = () => AbortSignal.timeout(5_000)

export const call = (principal: string, target: Target) => ({
  principal,
  target,
  idempotencyKey: randomUUID(),
  signal: soon(),
})

export const giveCall = (principal: string, target: Target) => ({
  ...call(principal, target),
  until: inAnHour(),
})

function expectFailure(
  { message, retryable, happened }: ConnectorError,
  expected: { retryable: boolean; happened: 'no' | 'unknown' },
): void {
  assert.deepEqual({ message, retryable, happened }, { message, ...expected })
}

/** The failure of a call that must fail. */
export async function failureOf(attempt: Promise<unknown>): Promise<ConnectorError> {
  const outcome = await attempt.then(
    () => 'it succeeded',
    (error: unknown) => error,
  )
  const failure = connectorErrorOf(outcome)
  if (failure !== null) return failure
  throw new Error('expected a ConnectorError', { cause: outcome })
}

const kinds = /^(TCPSocketWrap|TLSWrap|PipeWrap|TCPConnectWrap|ProcessWrap|Timeout)$/
const handles = () => process.getActiveResourcesInfo().filter((kind) => kinds.test(kind)).length

async function settled(isSo: () => boolean | Promise<boolean>, withinMs = 2_000): Promise<void> {
  const until = performance.now() + withinMs
  while (!(await isSo()) && performance.now() < until) await sleep(20)
}
