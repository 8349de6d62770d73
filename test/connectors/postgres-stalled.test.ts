import pg from 'pg'
import type { Connector, Shown } from '../../src/domain/connector.ts'
import { call, giveCall } from '../../src/testing.ts'
import { hasPostgres } from '../support/postgres.ts'
import { aPostgresThatMakesLogins, type PostgresHarness } from './postgres-harness.ts'

/** Whoever began to sign in by a password that is dead by the time they go on. */

const testOnPostgres = hasPostgres(18) ? test : test.skip
const textOf = (shown: readonly Shown[], label: string) =>
  shown.find((part) => part.label === label)?.text ?? ''

/** Begins to sign in, and waits with the last message until it is told to go on: then says whether it is in. */
async function halfWayIn({ server }: PostgresHarness, shown: readonly Shown[]) {
  const session = new pg.Client({
    connectionString: server.urlOf(textOf(shown, 'User name'), textOf(shown, 'Password')),
  })
  session.on('error', () => undefined)
  const inner = session as unknown as { _handleAuthSASLContinue(message: unknown): Promise<void> }
  const last = inner._handleAuthSASLContinue.bind(session)
  let waits = (): void => undefined
  let goOn = (): void => undefined
  const isWaiting = new Promise<void>((resolve) => (waits = resolve))
  const told = new Promise<void>((resolve) => (goOn = resolve))
  inner._handleAuthSASLContinue = async (message) => {
    waits()
    await told
    await last(message)
  }
  const signingIn = session.connect().then(
    () => true,
    () => false,
  )
  await isWaiting
  return async (): Promise<boolean> => {
    goOn()
    const isIn = await signingIn
    await session.end().catch(() => undefined)
    return isIn
  }
}

testOnPostgres.each<[string, (connector: Connector, again: Again) => Promise<unknown>, boolean]>([
  [
    'a second look was made',
    (connector, { make }) => connector.handOver?.make(make()) ?? Promise.resolve(),
    false,
  ],
  [
    'it was taken, and given anew',
    async (connector, { take, give }) => {
      await connector.take(take())
      await connector.cut?.(take())
      await connector.give(give())
    },
    false,
  ],
  ['nothing happened', () => Promise.resolve(), true],
])(
  'who was half way through signing in when %s',
  async (_, meanwhile, isIn) => {
    const system = await aPostgresThatMakesLogins(18)
    const connector = system.connect()
    try {
      const principal = 'riley@contractor.example'
      const { target } = await system.aTarget()
      const again: Again = {
        give: () => giveCall(principal, target),
        take: () => call(principal, target),
        make: () => ({ ...giveCall(principal, target), brought: null }),
      }
      await connector.give(again.give())
      const goOn = await halfWayIn(system, (await connector.handOver?.make(again.make())) ?? [])
      await meanwhile(connector, again)
      expect(await goOn()).toBe(isIn)
    } finally {
      await connector.close()
      await system.stop()
    }
  },
  60_000,
)

interface Again {
  give(): ReturnType<typeof giveCall>
  take(): ReturnType<typeof call>
  make(): ReturnType<typeof giveCall> & { brought: null }
}
