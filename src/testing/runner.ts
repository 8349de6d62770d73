/** What runs the tests, as jest and vitest have it. Node's own calls `before` and `after` what is `…All` here. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly test: {
    (name: string, body: () => Promise<void>, timeoutMs?: number): unknown
    skip(name: string, body: () => Promise<void>): unknown
  }
  readonly beforeAll: (work: () => Promise<void>) => unknown
  readonly afterAll: (work: () => Promise<void>) => unknown
  readonly afterEach: (work: () => Promise<void>) => unknown
}

/** The runner whose functions are there for every test file. Throws where there is none. */
export function runnerOfGlobals(): Runner {
  const globals: unknown = globalThis
  if (isRunner(globals)) return globals
  throw new Error('no test runner is global here: name one as `runner`, see docs/connectors/your-own.md')
}

const parts = ['describe', 'test', 'beforeAll', 'afterAll', 'afterEach']

const isRunner = (value: unknown): value is Runner =>
  typeof value === 'object' &&
  value !== null &&
  parts.every((part) => typeof Reflect.get(value, part) === 'function')
