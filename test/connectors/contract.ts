import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { ConnectorError, type Connector, type Surroundings, type Target } from '../../src/domain/connector.ts'

/** Of a connector that is reached straight, and dates by the wall clock. */
export const surroundings = (timeoutMs: number): Surroundings => ({
  timeoutMs,
  now: () => new Date(),
  proxies: null,
})

/** What the contract needs of a real system, beside the connector. */
export interface Harness {
  connect(): Connector
  /** Points at an address where nobody listens. */
  connectUnreachable(): Connector
  connectWithBadCredentials(): Connector
  /** A new principal that holds nothing yet. */
  aPrincipal(): Promise<string>
  /** Deletes the principal on the system. */
  vanish(principal: string): Promise<void>
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

/** What every connector promises, run against its real system. */
export function connectorContract(name: string, start: () => Promise<Harness>): void {
  describe(`${name}: the connector contract`, () => {
    let system: Harness
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
      expect(await connector.list({ target, signal: soon() })).toEqual([principal])
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
        list: await connector.list({ target, signal: soon() }),
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
      expect((await connector.list({ target, signal: soon() })).sort()).toEqual([...principals].sort())
    })

    test('somebody unknown holds nothing', async () => {
      const { target } = await system.aTarget()
      const principal = `nobody-${randomUUID()}`
      expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
    })

    test('taking from somebody who vanished succeeds', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await system.vanish(principal)
      await connector.take(call(principal, target))
      expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
    })

    test('giving to somebody who vanished fails for good, and nothing happened', async () => {
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

    test('the check passes with good credentials', async () => {
      await expect(connector.check(soon())).resolves.toBeUndefined()
    })

    test('bad credentials fail for good, and say so', async () => {
      const { principal, target } = await aPlace()
      const stranger = system.connectWithBadCredentials()
      const failures = await Promise.all([
        failureOf(stranger.check(soon())),
        failureOf(stranger.give(giveCall(principal, target))),
        failureOf(stranger.take(call(principal, target))),
        failureOf(stranger.has({ principal, target, signal: soon() })),
        failureOf(stranger.list({ target, signal: soon() })),
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
        failureOf(lost.check(soon())),
        failureOf(lost.give(giveCall(principal, target))),
        failureOf(lost.take(call(principal, target))),
        failureOf(lost.has({ principal, target, signal: soon() })),
        failureOf(lost.list({ target, signal: soon() })),
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
      await Promise.all(Array.from({ length: 5 }, () => connector.has({ principal, target, signal: soon() })))
      thaw = await frozen()
      const up = AbortSignal.timeout(300)
      const startedAt = performance.now()
      const failures = await Promise.all([
        failureOf(connector.give({ ...giveCall(principal, target), signal: up })),
        failureOf(connector.take({ ...call(principal, target), signal: up })),
        failureOf(connector.has({ principal, target, signal: up })),
        failureOf(connector.list({ target, signal: up })),
        failureOf(connector.check(up)),
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
      await Promise.all(Array.from({ length: 5 }, () => connector.has({ principal, target, signal: soon() })))
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

const kinds = /^(TCPSocketWrap|TLSWrap|PipeWrap|TCPConnectWrap|Timeout)$/
const handles = () => process.getActiveResourcesInfo().filter((kind) => kinds.test(kind)).length

async function settled(isSo: () => boolean, withinMs = 2_000): Promise<void> {
  const until = performance.now() + withinMs
  while (!isSo() && performance.now() < until) await sleep(20)
}
