import pg from 'pg'
import type { Shown } from '../../src/domain/connector.ts'
import { giveCall } from '../../src/testing.ts'
import { aPostgresThatMakesLogins } from '../connectors/postgres-harness.ts'

const textOf = (shown: readonly Shown[], label: string) =>
  shown.find((part) => part.label === label)?.text ?? ''

test('a second look kills the password before: also for whoever was half way through signing in by it', async () => {
  const system = await aPostgresThatMakesLogins(18)
  const connector = system.connect()
  try {
    const principal = 'riley@contractor.example'
    const { target } = await system.aTarget()
    await connector.give(giveCall(principal, target))
    const look = async () =>
      (await connector.handOver?.make({
        ...giveCall(principal, target),
        until: new Date(Date.now() + 3_600_000),
        brought: null,
      })) ?? []
    const first = await look()

    // A thief has the first password, began to sign in, and waits with the last message.
    const thief = new pg.Client({
      connectionString: system.server.urlOf(textOf(first, 'User name'), textOf(first, 'Password')),
    })
    thief.on('error', () => undefined)
    const inner = thief as unknown as { _handleAuthSASLContinue(message: unknown): Promise<void> }
    const before = inner._handleAuthSASLContinue.bind(thief)
    let waits: () => void = () => undefined
    let goOn: () => void = () => undefined
    const isWaiting = new Promise<void>((resolve) => (waits = resolve))
    const second = new Promise<void>((resolve) => (goOn = resolve))
    inner._handleAuthSASLContinue = async (message) => {
      waits()
      await second
      await before(message)
    }
    const signedIn = thief.connect().then(
      () => true,
      () => false,
    )
    await isWaiting

    // The holder hears of it, and looks again: "Looking again makes another, and this one stops working."
    await look()
    goOn()
    const isIn = await signedIn
    const rows = isIn
      ? await thief.query<{ who: string }>('SELECT session_user AS who').then(
          (r) => r.rows,
          () => [],
        )
      : []
    await thief.end().catch(() => undefined)
    expect({ isIn, rows }).toEqual({ isIn: false, rows: [] })
  } finally {
    await connector.close()
    await system.stop()
  }
}, 60_000)

test('what is given anew is not opened by the password of the grant before', async () => {
  const system = await aPostgresThatMakesLogins(18)
  const connector = system.connect()
  try {
    const principal = 'riley@contractor.example'
    const { target } = await system.aTarget()
    await connector.give(giveCall(principal, target))
    const look = async () =>
      (await connector.handOver?.make({
        ...giveCall(principal, target),
        until: new Date(Date.now() + 3_600_000),
        brought: null,
      })) ?? []
    const first = await look()

    // A thief has the first password, began to sign in, and waits with the last message.
    const thief = new pg.Client({
      connectionString: system.server.urlOf(textOf(first, 'User name'), textOf(first, 'Password')),
    })
    thief.on('error', () => undefined)
    const inner = thief as unknown as { _handleAuthSASLContinue(message: unknown): Promise<void> }
    const before = inner._handleAuthSASLContinue.bind(thief)
    let waits: () => void = () => undefined
    let goOn: () => void = () => undefined
    const isWaiting = new Promise<void>((resolve) => (waits = resolve))
    const second = new Promise<void>((resolve) => (goOn = resolve))
    inner._handleAuthSASLContinue = async (message) => {
      waits()
      await second
      await before(message)
    }
    const signedIn = thief.connect().then(
      () => true,
      () => false,
    )
    await isWaiting

    await connector.take({ ...giveCall(principal, target) })
    await connector.cut?.({ ...giveCall(principal, target) })
    await connector.give(giveCall(principal, target))
    goOn()
    const isIn = await signedIn
    const rows = isIn
      ? await thief.query<{ who: string }>('SELECT session_user AS who').then(
          (r) => r.rows,
          () => [],
        )
      : []
    await thief.end().catch(() => undefined)
    expect({ isIn, rows }).toEqual({ isIn: false, rows: [] })
  } finally {
    await connector.close()
    await system.stop()
  }
}, 60_000)
