import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { postgres } from '../../src/connectors/postgres/postgres.ts'
import type { Connector } from '../../src/domain/connector.ts'
import { hasPostgres, postgresVersions } from '../support/postgres.ts'
import { call, connectorContract, everyHolder, failureOf, giveCall } from '../../src/testing/contract.ts'
import { aGuardedPostgres, aPostgresThatMakesLogins, type PostgresHarness } from './postgres-harness.ts'

const { escapeIdentifier: name, escapeLiteral: literal } = pg
const soon = () => AbortSignal.timeout(5_000)

for (const version of postgresVersions) {
  if (!hasPostgres(version)) {
    test.skip(`PostgreSQL ${version} is not here: ./scripts/servers says how to get it`, () => undefined)
    continue
  }
  connectorContract(`postgres ${version}`, () => aGuardedPostgres(version))
  // What differs of them from version to version is tried in postgres-login.test.ts.
  if (version === 18)
    connectorContract(`postgres ${version}, logins made`, () => aPostgresThatMakesLogins(version), {
      handsOver: true,
      untried: { vanish: 'whoever is given a login need not be known to the server before' },
    })

  describe(`postgres ${version}`, () => {
    let system: PostgresHarness
    let connector: Connector
    const opened: { end(): Promise<void> }[] = []
    beforeAll(async () => {
      system = await aGuardedPostgres(version)
      connector = system.connect()
      await system.admin.query('CREATE TABLE orders (item text); INSERT INTO orders VALUES ($$lamp$$)')
    })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((one) => one.end().catch(() => undefined)))
    })
    afterAll(async () => {
      await connector.close()
      await system.stop()
    })
    /** Somebody, and a role that may read the orders. */
    async function aPlace() {
      const principal = await system.aPrincipal()
      const { target } = await system.aTarget()
      const role = String(target['role'])
      await system.admin.query(`GRANT SELECT ON orders TO ${name(role)}`)
      return { principal, target, role }
    }
    async function aSession(principal: string) {
      const session = new pg.Client({ connectionString: system.urlOf(principal) })
      session.on('error', () => undefined)
      await session.connect()
      opened.push(session)
      return session
    }
    const orders = (session: pg.Client) =>
      session.query('SELECT item FROM orders').then(
        ({ rowCount }) => rowCount,
        (error: unknown) => (error as { code?: string }).code,
      )

    test('an open session may read once it was given, and no more once it was taken', async () => {
      const { principal, target } = await aPlace()
      const session = await aSession(principal)
      const seen = [await orders(session)]
      await connector.give(giveCall(principal, target))
      seen.push(await orders(session))
      await connector.take(call(principal, target))
      seen.push(await orders(session))
      expect(seen).toEqual(['42501', 1, '42501'])
    })

    test('a session that did SET ROLE keeps the rights after the take, and is ended by the cut', async () => {
      const { principal, target, role } = await aPlace()
      const cutting = system.connectWith({ cut: true })
      await cutting.give(giveCall(principal, target))
      const session = await aSession(principal)
      await session.query(`SET ROLE ${name(role)}`)
      await cutting.take(call(principal, target))
      const between = await orders(session)
      await cutting.cut?.(call(principal, target))
      const after = await orders(session)
      const { rowCount: open } = await system.admin.query('SELECT FROM pg_stat_activity WHERE usename = $1', [
        principal,
      ])
      await cutting.close()
      expect(between).toBe(1)
      expect(after).not.toBe(1)
      expect(open).toBe(0)
    })

    test('sessions of others are left alone, and nothing open is success', async () => {
      const { principal, target } = await aPlace()
      const colleague = await aSession(await system.aPrincipal())
      const cutting = system.connectWith({ cut: true })
      await cutting.cut?.(call(principal, target))
      await cutting.close()
      expect((await colleague.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    })

    test('without `cut: true` no session is ended', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      const session = await aSession(principal)
      await connector.take(call(principal, target))
      await connector.cut?.(call(principal, target))
      expect(await orders(session)).toBe('42501')
    })

    test('a login that lacks the right to end sessions is told so, with what grants it', async () => {
      await system.admin.query('CREATE ROLE curfew_mild NOLOGIN; GRANT curfew_mild TO curfew')
      const mild = system.connectWith({ owner: 'curfew_mild', cut: true })
      const lacks = await mild.check({ targets: [], signal: soon() })
      await mild.close()
      expect(lacks).toEqual([
        {
          what: 'curfew_mild may not end sessions, which cut: true asks for',
          remedy: 'GRANT pg_signal_backend TO "curfew_mild"',
        },
      ])
    })

    test('an owner role of which the login is no member: the check says so, and a give fails for good', async () => {
      const { principal, target } = await aPlace()
      await system.admin.query('CREATE ROLE curfew_foreign NOLOGIN')
      const foreign = system.connectWith({ owner: 'curfew_foreign' })
      const lacks = await foreign.check({ targets: [], signal: soon() })
      const failure = await failureOf(foreign.give(giveCall(principal, target)))
      await foreign.close()
      expect(lacks).toEqual([
        {
          what: "Curfew's login curfew may not act as curfew_foreign",
          remedy: 'GRANT "curfew_foreign" TO "curfew"',
        },
      ])
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    })

    test('what every remedy of the check says makes the check pass', async () => {
      const role = 'the "auditors"; of today'
      const cutting = system.connectWith({ owner: 'curfew owner 2', cut: true })
      const target = { role }
      const said: string[] = []
      for (let i = 0; i < 10; i++) {
        const [lack] = await cutting.check({ targets: [target], signal: soon() })
        if (!lack?.remedy) break
        said.push(lack.what)
        await system.admin.query(lack.remedy)
      }
      const principal = await system.aPrincipal()
      await cutting.give(giveCall(principal, target))
      const has = await cutting.has({ principal, target, signal: soon() })
      await cutting.close()
      expect(said).toHaveLength(5)
      expect(has).toBe(true)
    })

    test('another login takes what an earlier one gave, and the earlier one can be dropped', async () => {
      const { principal, target } = await aPlace()
      await system.admin.query(
        `CREATE ROLE curfew_old LOGIN PASSWORD ${literal('old')}; GRANT curfew_owner TO curfew_old`,
      )
      const url = `postgres://curfew_old@127.0.0.1:${system.port}/postgres?sslmode=disable`
      const old = system.connectWith({ url, password: 'old' })
      await old.give(giveCall(principal, target))
      await old.close()
      await system.admin.query('DROP ROLE curfew_old')
      expect(await connector.has({ principal, target, signal: soon() })).toBe(true)
      await connector.take(call(principal, target))
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('a membership that somebody else gave too: listed once; from 16 on it stays after the take', async () => {
      const { principal, target, role } = await aPlace()
      await connector.give(giveCall(principal, target))
      await system.admin.query(`GRANT ${name(role)} TO ${name(principal)}`)
      expect(await everyHolder(connector, target)).toEqual([principal])
      await connector.take(call(principal, target))
      expect(await connector.has({ principal, target, signal: soon() })).toBe(version >= 16)
    })

    test('a role that is held through another is not held directly', async () => {
      const { principal, target, role } = await aPlace()
      await system.admin.query(`CREATE ROLE "team ${role}" IN ROLE ${name(role)};
        GRANT "team ${role}" TO ${name(principal)}`)
      expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
      expect(await everyHolder(connector, target)).toEqual([`team ${role}`])
    })

    test('a longer name than the server keeps is refused, and is nobody else', async () => {
      const { target } = await aPlace()
      const known = await system.aPrincipal('a'.repeat(63))
      const longer = `${known}b`
      const failure = await failureOf(connector.give(giveCall(longer, target)))
      await connector.take(call(longer, target))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(await connector.has({ principal: longer, target, signal: soon() })).toBe(false)
      expect(await system.reallyHolds(known, target)).toBe(false)
    })

    test('names differ by case, as the server has them', async () => {
      const { target } = await aPlace()
      const [small, large] = [await system.aPrincipal('kim'), await system.aPrincipal('KIM')]
      await connector.give(giveCall(large, target))
      expect(await connector.has({ principal: small, target, signal: soon() })).toBe(false)
      expect(await connector.has({ principal: large, target, signal: soon() })).toBe(true)
    })

    test('a give that waits for a lock is given up by the server too: it does not happen later', async () => {
      const { principal, target, role } = await aPlace()
      const brief = system.connectWith({}, 4_000)
      const locker = await system.admin.connect()
      await locker.query('BEGIN')
      await locker.query(`GRANT ${name(role)} TO ${name(principal)}`)
      await locker.query(`REVOKE ${name(role)} FROM ${name(principal)}`)
      const failure = await failureOf(
        brief.give({ ...giveCall(principal, target), signal: AbortSignal.timeout(4_000) }),
      )
      await locker.query('COMMIT')
      locker.release()
      await brief.close()
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect(await system.reallyHolds(principal, target)).toBe(false)
    }, 20_000)

    if (version < 16)
      test('the same give by many hands at once succeeds', async () => {
        for (let round = 0; round < 5; round++) {
          const { principal, target } = await aPlace()
          await Promise.all(Array.from({ length: 8 }, () => connector.give(giveCall(principal, target))))
          await connector.take(call(principal, target))
          expect(await system.reallyHolds(principal, target)).toBe(false)
        }
      })

    if (version === postgresVersions.at(-1)) {
      test('a cut succeeds though the programs of a person connect again by themselves', async () => {
        const { principal, target } = await aPlace()
        const cutting = system.connectWith({ cut: true })
        await cutting.give(giveCall(principal, target))
        const over = new AbortController()
        const isOver = () => over.signal.aborted
        const back = async () => {
          while (!isOver()) {
            const session = new pg.Client({ connectionString: system.urlOf(principal) })
            session.on('error', () => undefined)
            const ended = new Promise<void>((resolve) => session.on('end', () => resolve()))
            await session.connect().catch(() => undefined)
            if (isOver()) await session.end().catch(() => undefined)
            else await ended
          }
        }
        const [first, programs] = [await aSession(principal), [back(), back(), back()]]
        await cutting.take(call(principal, target))
        await cutting.cut?.({ ...call(principal, target), signal: AbortSignal.timeout(2_500) })
        over.abort()
        const isCut = await orders(first)
        await system.admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1',
          [principal],
        )
        await Promise.all(programs)
        await cutting.close()
        expect(['57P01', undefined]).toContain(isCut)
      }, 20_000)

      test('the check names a role of superusers, which every give fails for good with', async () => {
        const { principal } = await aPlace()
        await system.admin.query(
          'CREATE ROLE boss SUPERUSER NOLOGIN; GRANT boss TO curfew_owner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
        )
        const target = { role: 'boss' }
        const lacks = await connector.check({ targets: [target], signal: soon() })
        const failure = await failureOf(connector.give(giveCall(principal, target)))
        await system.admin.query('DROP ROLE boss')
        expect(lacks).toEqual([
          { what: 'the role boss is a superuser, and only superusers may give it', remedy: null },
        ])
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      })
    }

    test('a password in a mounted file is read anew once it was rotated, and kept out of the log', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'curfew-secret-'))
      const file = join(folder, 'password')
      await writeFile(file, 'first\n')
      await system.admin.query(
        `CREATE ROLE curfew_rotated LOGIN PASSWORD 'first'; GRANT curfew_owner TO curfew_rotated`,
      )
      const hidden: string[] = []
      const url = `postgres://curfew_rotated@127.0.0.1:${system.port}/postgres?sslmode=disable`
      const rotating = system.connectWith({ url, password: { file } }, 2_500, (text) => hidden.push(text))
      await rotating.check({ targets: [], signal: soon() })
      await system.admin.query(
        `ALTER ROLE curfew_rotated PASSWORD 'second';
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'curfew_rotated'`,
      )
      await failureOf(
        (async () => {
          for (;;) await rotating.check({ targets: [], signal: soon() })
        })(),
      )
      await writeFile(file, 'second')
      const lacks = await rotating.check({ targets: [], signal: soon() })
      await rm(file)
      await rotating.close()
      const gone = system.connectWith({ url, password: { file } })
      const failure = await failureOf(gone.check({ targets: [], signal: soon() }))
      await gone.close()
      await rm(folder, { recursive: true })
      expect(lacks).toEqual([])
      expect(new Set(hidden)).toEqual(new Set(['first', 'second']))
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect(failure.message).toContain(file)
    })
  })
}

test.each([
  ['postgres://curfew@db.example/postgres', true],
  ['postgresql://curfew@db.example:6432/postgres?sslmode=disable', true],
  ['postgres://curfew@[::1]/postgres', true],
  ['postgres://curfew:secret@db.example/postgres', false],
  ['postgres://db.example/postgres', false],
  ['postgres://curfew@db.example', false],
  ['postgres://curfew@db.example/postgres?host=/tmp', false],
  ['postgres://curfew@db.example/postgres?options=-c%20role%3Dpostgres', false],
  ['postgres://curfew@db.example/postgres?sslmode=no-verify', false],
  ['mysql://curfew@db.example/postgres', false],
  ['', false],
])('the catalog is told whether %s leads to a server', (url, isOne) => {
  expect(postgres.settings.safeParse({ url, password: 'x', owner: 'o' }).success).toBe(isOne)
})

test.each([
  [{ role: 'readers' }, true],
  [{ role: 'é'.repeat(31) }, true],
  [{ role: 'é'.repeat(32) }, false],
  [{ role: '' }, false],
  [{ role: 'readers', database: 'orders' }, false],
])('the catalog is told whether %j is a role', (target, isOne) => {
  expect(postgres.target.safeParse(target).success).toBe(isOne)
})
