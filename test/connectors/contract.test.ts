import { defineConnector } from '../../src/connector.ts'
import { connectorContract, surroundings, type Harness, type Terms } from '../../src/testing/contract.ts'
import { runnerOfGlobals, type Runner } from '../../src/testing/runner.ts'
import { z } from 'zod'

const nothing = async () => undefined
const idle = defineConnector({
  kind: 'idle',
  settings: z.strictObject({}),
  target: z.strictObject({}),
  canonical: () => 'all',
  connect: () => ({
    give: nothing,
    take: nothing,
    has: async () => false,
    list: async () => ({ principals: [], next: null }),
    check: async () => [],
    where: 'idle here',
    hasLagMs: 0,
    lateMs: 0,
  }),
})
const connect = () => idle.connect({}, surroundings(100))
const aHarness: Harness = {
  port: 1,
  secrets: [],
  connect,
  connectBy: connect,
  connectUnreachable: connect,
  connectWithBadCredentials: connect,
  aPrincipal: async () => 'ada',
  aTarget: async () => ({ target: {}, sameTarget: {} }),
  fill: nothing,
  reallyHolds: async () => false,
  vanish: null,
  vanishTarget: null,
  lacking: null,
  freeze: async () => nothing,
  stop: nothing,
}
const untried = { vanish: 'it knows of nobody', vanishTarget: 'all is one', lacking: 'it knows no rights' }

/** What the contract asks a runner for, none of which is run. */
function asked(terms: Terms) {
  const [tests, skipped, starts]: [string[], string[], (() => Promise<void>)[]] = [[], [], []]
  const note = (name: string) => void tests.push(name)
  const runner: Runner = {
    describe: (_name, body) => body(),
    test: Object.assign(note, { skip: (name: string) => void skipped.push(name) }),
    beforeAll: (work) => void starts.push(work),
    afterAll: () => undefined,
    afterEach: () => undefined,
  }
  connectorContract('idle', async () => aHarness, { ...terms, runner })
  return { tests, skipped, start: () => Promise.all(starts.map((start) => start())) }
}

test('what a system has no way to is skipped by name, with the reason', () => {
  const all = asked({}).tests
  const { tests, skipped } = asked({ untried: { ...untried, names: 'all are called ada' } })
  expect(skipped).toContain('not tried: taking from somebody who vanished succeeds (it knows of nobody)')
  expect(skipped).toContain(
    'not tried: a person called *)(uid=* is that person and no other (all are called ada)',
  )
  expect(skipped).toHaveLength(9)
  expect(tests.length + skipped.length).toBe(all.length)
})

test('whoever says why, and only they, may have no way to something', async () => {
  await expect(asked({ untried }).start()).resolves.toBeDefined()
  await expect(asked({ untried: { ...untried, vanish: undefined } }).start()).rejects.toThrow(
    /null for vanish/,
  )
})

test('a runner whose functions are global is found', () => {
  expect(runnerOfGlobals().test).toBe(test)
})

test('a connector of a class keeps what is its own, and is closed', async () => {
  class Counted {
    readonly where = 'counted here'
    readonly hasLagMs = 0
    readonly lateMs = 0
    #given = 0
    give = nothing
    take = nothing
    check = async () => []
    list = async () => ({ principals: [], next: null })
    async has() {
      this.#given += 1
      return this.#given > 1
    }
    async close() {
      this.#given = 0
    }
  }
  const counted = defineConnector({ ...idle, connect: () => new Counted() }).connect({}, surroundings(100))
  const place = { principal: 'ada', target: {}, signal: AbortSignal.timeout(1_000) }
  await counted.has(place)
  const before = await counted.has(place)
  await counted.close()
  expect([before, await counted.has(place), counted.canonical({})]).toEqual([true, false, 'all'])
})
