import { createHmac, randomBytes } from 'node:crypto'
import { connect, createServer, type AddressInfo } from 'node:net'
import pg from 'pg'
import { verifierOf } from '../../src/connectors/postgres/login.ts'
import type { Connector, Shown, Target } from '../../src/domain/connector.ts'
import { call, failureOf, giveCall } from '../../src/testing.ts'
import { hasPostgres, postgresVersions } from '../support/postgres.ts'
import { aPostgresThatMakesLogins, type PostgresHarness } from './postgres-harness.ts'

const { escapeIdentifier: name } = pg
const soon = () => AbortSignal.timeout(5_000)

test('what a password is checked by is computed as in the example of RFC 7677', () => {
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const salt = 'W22ZaJ0SNY7soEsUEjb6gQ=='
  const exchanged = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`
  const serverKey = verifierOf('pencil', Buffer.from(salt, 'base64')).split(':').at(-1) ?? ''
  const signature = createHmac('sha256', Buffer.from(serverKey, 'base64')).update(exchanged).digest('base64')
  expect(signature).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
})

for (const version of postgresVersions) {
  if (!hasPostgres(version)) {
    test.skip(`PostgreSQL ${version} is not here: ./scripts/servers says how to get it`, () => undefined)
    continue
  }

  describe(`postgres ${version}, logins made for the time of a grant`, () => {
    let system: PostgresHarness
    let connector: Connector
    const opened: pg.Client[] = []
    beforeAll(async () => {
      system = await aPostgresThatMakesLogins(version)
      connector = system.connect()
      await system.admin.query('GRANT CREATE ON SCHEMA public TO PUBLIC')
    })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((one) => one.end().catch(() => undefined)))
    })
    afterAll(async () => {
      await connector.close()
      await system.stop()
    })

    async function aHolder() {
      const principal = await system.aPrincipal()
      const { target } = await system.aTarget()
      await connector.give(giveCall(principal, target))
      return { principal, target }
    }
    const shownTo = (principal: string, target: Target) =>
      connector.handOver?.make({ ...giveCall(principal, target), brought: null }) ?? []
    const textOf = (shown: readonly Shown[], label: string) =>
      shown.find((part) => part.label === label)?.text ?? ''
    /** A session, or the code with which the server refused it. */
    async function signIn(shown: readonly Shown[]): Promise<pg.Client | string> {
      const connectionString = system.server.urlOf(textOf(shown, 'User name'), textOf(shown, 'Password'))
      const session = new pg.Client({ connectionString })
      session.on('error', () => undefined)
      const failure = await session.connect().then(
        () => null,
        (error: unknown) => (error as { code?: string }).code ?? 'lost',
      )
      if (failure !== null) return failure
      opened.push(session)
      return session
    }
    async function aSignedIn() {
      const { principal, target } = await aHolder()
      const shown = await shownTo(principal, target)
      const session = await signIn(shown)
      if (typeof session === 'string') throw new Error(`refused: ${session}`)
      return { principal, target, login: textOf(shown, 'User name'), session }
    }
    const isAlive = async (session: pg.Client | string) =>
      typeof session !== 'string' &&
      (await session.query('SELECT 1').then(
        () => true,
        () => false,
      ))
    const logins = async (like: string) => {
      const { rows } = await system.admin.query<{ rolname: string; rolcanlogin: boolean }>(
        'SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname = $1',
        [like],
      )
      return rows.map(({ rolcanlogin }) => rolcanlogin)
    }

    test('who is given a login has the rights of its role, and nobody has its password before they look', async () => {
      const { principal, target } = await aHolder()
      const { rows } = await system.admin.query<{ rolpassword: string | null }>(
        `SELECT rolpassword FROM pg_authid WHERE shobj_description(oid, 'pg_authid') = $1`,
        [`made by Curfew for ${principal}`],
      )
      const session = await signIn(await shownTo(principal, target))
      expect(rows).toEqual([{ rolpassword: null }])
      expect(typeof session).toBe('object')
      if (typeof session === 'string') return
      const { rows: rights } = await session.query<{ has: boolean }>(
        "SELECT pg_has_role(current_user, $1, 'USAGE') AS has",
        [target['role']],
      )
      expect(rights).toEqual([{ has: true }])
    })

    test('a second look ends the sessions that the first password opened', async () => {
      const { principal, target } = await aHolder()
      const first = await signIn(await shownTo(principal, target))
      const before = await isAlive(first)
      await shownTo(principal, target)
      expect([before, await isAlive(first)]).toEqual([true, false])
    })

    test('a take closes the login, the cut ends its sessions, and tidying drops it', async () => {
      const { principal, target } = await aHolder()
      const shown = await shownTo(principal, target)
      const session = await signIn(shown)
      await connector.take(call(principal, target))
      const closed = await logins(textOf(shown, 'User name'))
      await connector.cut?.(call(principal, target))
      const after = await isAlive(session)
      await connector.tidy?.(call(principal, target))
      expect({ closed, after, left: await logins(textOf(shown, 'User name')) }).toEqual({
        closed: [false],
        after: false,
        left: [],
      })
    })

    test('the server itself lets a password lapse at the time that the give was told of', async () => {
      const { principal, target } = await aHolder()
      await connector.give({ ...giveCall(principal, target), until: new Date(Date.now() - 1_000) })
      const over = await signIn(await shownTo(principal, target))
      await connector.give(giveCall(principal, target))
      const told = await signIn(await shownTo(principal, target))
      expect([over, typeof told]).toEqual(['28P01', 'object'])
    })

    test('what a login owns keeps it from being dropped, closed as it is, and the check says what to do', async () => {
      const { principal, target } = await aHolder()
      const shown = await shownTo(principal, target)
      const login = textOf(shown, 'User name')
      const session = await signIn(shown)
      if (typeof session !== 'string') await session.query('CREATE TABLE kept_by_a_login (item text)')
      await connector.take(call(principal, target))
      await connector.cut?.(call(principal, target))
      const has = await connector.has({ principal, target, signal: soon() })
      const failure = await failureOf(connector.tidy?.(call(principal, target)) ?? Promise.resolve())
      const lacks = await connector.check({ targets: [target], signal: soon() })
      await system.admin.query(`REASSIGN OWNED BY ${name(login)} TO postgres; DROP OWNED BY ${name(login)}`)
      await connector.tidy?.(call(principal, target))
      const later = await connector.check({ targets: [target], signal: soon() })
      expect(has).toBe(false)
      expect(failure.message).toMatch(/could not drop the login/)
      expect(lacks).toEqual([
        {
          what: `the closed login ${login} owns something, or was granted something, and so cannot be dropped`,
          remedy: `REASSIGN OWNED BY "${login}" TO …; DROP OWNED BY "${login}" -- in each database it used`,
        },
      ])
      expect([later, await logins(login)]).toEqual([[], []])
      await system.admin.query('DROP TABLE kept_by_a_login')
    })

    test('a role that Curfew did not make is never touched, whatever it is called', async () => {
      const { principal, target } = await aHolder()
      const login = textOf(await shownTo(principal, target), 'User name')
      await connector.take(call(principal, target))
      await connector.tidy?.(call(principal, target))
      await system.admin.query(`CREATE ROLE ${name(login)} LOGIN IN ROLE ${name(String(target['role']))}`)
      const before = await connector.has({ principal, target, signal: soon() })
      await connector.give(giveCall(principal, target))
      const shown = await shownTo(principal, target)
      await connector.take(call(principal, target))
      await connector.tidy?.(call(principal, target))
      expect(before).toBe(false)
      expect(textOf(shown, 'User name')).not.toBe(login)
      expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
      expect(await logins(login)).toEqual([true])
    })

    test('a login that another login of Curfew made is closed and dropped by the next', async () => {
      const { principal, target } = await aHolder()
      const login = `curfew_${randomBytes(3).toString('hex')}`
      await system.admin.query(`CREATE ROLE ${login} LOGIN PASSWORD 'other'; GRANT curfew_owner TO ${login}`)
      const next = system.connectWith({
        url: `postgres://${login}@127.0.0.1:${system.port}/postgres?sslmode=disable`,
        password: 'other',
      })
      await next.take(call(principal, target))
      await next.cut?.(call(principal, target))
      await next.tidy?.(call(principal, target))
      await next.close()
      const { rowCount } = await system.admin.query(
        `SELECT FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = $1`,
        [`made by Curfew for ${principal}`],
      )
      expect(rowCount).toBe(0)
    })

    test('a holder cannot keep their access by an open transaction that changes their own password', async () => {
      const { principal, target, login, session } = await aSignedIn()
      await session.query('BEGIN')
      await session.query(`ALTER ROLE ${name(login)} PASSWORD 'mine'`)
      await connector.take({ ...call(principal, target), signal: AbortSignal.timeout(2_500) })
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    if (version === postgresVersions.at(-1)) {
      test('a holder cannot keep their access by a lock that anybody may take', async () => {
        const { principal, target, login, session } = await aSignedIn()
        const { rows } = await session.query<{ stem: string }>(
          "SELECT left($1, -6) AS stem, pg_advisory_lock(hashtextextended('curfew ' || left($1, -6), 0))",
          [login],
        )
        await connector.take({ ...call(principal, target), signal: AbortSignal.timeout(2_500) })
        expect(rows).toHaveLength(1)
        expect(await system.reallyHolds(principal, target)).toBe(false)
      })

      test('a password that its holder changes all the time is taken all the same', async () => {
        const { principal, target, login, session } = await aSignedIn()
        const changing = (async () => {
          for (;;) await session.query(`ALTER ROLE ${name(login)} PASSWORD 'mine'`)
        })().catch(() => 'ended')
        await connector.take({ ...call(principal, target), signal: AbortSignal.timeout(2_500) })
        const holds = await system.reallyHolds(principal, target)
        await connector.cut?.(call(principal, target))
        expect([holds, await changing]).toEqual([false, 'ended'])
      })

      test('whoever has the first password cannot keep a second look from making another', async () => {
        const { principal, target, login, session } = await aSignedIn()
        await session.query('BEGIN')
        await session.query(`ALTER ROLE ${name(login)} PASSWORD 'mine'`)
        const second = await signIn(await shownTo(principal, target))
        expect([typeof second, await isAlive(session)]).toEqual(['object', false])
      })

      test('of two logins that were made at the same moment one take leaves none, and one look one', async () => {
        const principal = await system.aPrincipal()
        const { target } = await system.aTarget()
        await Promise.all(Array.from({ length: 6 }, () => connector.give(giveCall(principal, target))))
        const open = async () => {
          const { rowCount } = await system.admin.query(
            `SELECT FROM pg_roles WHERE rolcanlogin AND shobj_description(oid, 'pg_authid') = $1`,
            [`made by Curfew for ${principal}`],
          )
          return rowCount
        }
        await shownTo(principal, target)
        const seen = await open()
        await connector.take(call(principal, target))
        await connector.tidy?.(call(principal, target))
        const { rowCount: left } = await system.admin.query(
          `SELECT FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = $1`,
          [`made by Curfew for ${principal}`],
        )
        expect([seen, await open(), left]).toEqual([1, 0, 0])
      })

      test.each([
        [
          'at a give',
          'format(text, text)',
          'RETURNS text',
          (does: string) => `BEGIN ${does} RETURN pg_catalog.format($1, $2); END`,
        ],
        [
          'at a give, by a function that is more exact',
          'hashtextextended(text, integer)',
          'RETURNS bigint',
          (does: string) => `BEGIN ${does} RETURN 1; END`,
        ],
        [
          'at a check',
          'unnest(text[])',
          'RETURNS SETOF text',
          (does: string) => `BEGIN SET LOCAL ROLE curfew_owner; ${does} RETURN NEXT 'x'; END`,
        ],
      ])(
        'a function of somebody who holds nothing is not run in the name of the owner: %s',
        async (_, signature, returns, bodyOf) => {
          const principal = await system.aPrincipal()
          const { target } = await system.aTarget()
          const role = String(target['role'])
          await system.admin.query(
            `CREATE ROLE eve LOGIN PASSWORD 'eve'; ALTER DATABASE postgres SET search_path = public, pg_catalog`,
          )
          const eve = new pg.Client({ connectionString: system.server.urlOf('eve', 'eve') })
          await eve.connect()
          const body = bodyOf(`GRANT ${name(role)} TO eve;`)
          await eve.query(`CREATE FUNCTION public.${signature} ${returns} LANGUAGE plpgsql AS $$ ${body} $$`)
          await eve.end()
          const fresh = system.connect()
          await fresh.give(giveCall(principal, target))
          const lacks = await fresh.check({ targets: [target], signal: soon() })
          await fresh.close()
          const { rows } = await system.admin.query<{ has: boolean }>(
            "SELECT pg_has_role('eve', $1, 'MEMBER') AS has",
            [role],
          )
          await system.admin.query(
            'ALTER DATABASE postgres RESET search_path; DROP OWNED BY eve CASCADE; DROP ROLE eve',
          )
          expect([rows, lacks]).toEqual([[{ has: false }], []])
        },
      )

      test("Curfew's own login reads no data, also while a login is made for somebody", async () => {
        const principal = await system.aPrincipal()
        const { target } = await system.aTarget()
        const uses = async () => {
          const { rows } = await system.admin.query<{ uses: boolean }>(
            "SELECT pg_has_role('curfew', $1, 'USAGE') AS uses",
            [target['role']],
          )
          return rows[0]?.uses
        }
        const before = await uses()
        await connector.give(giveCall(principal, target))
        expect([before, await uses()]).toEqual([false, false])
      })
    }

    test('the server is never told a password', async () => {
      const told: Buffer[] = []
      const wire = createServer((incoming) => {
        const outgoing = connect(system.port, '127.0.0.1')
        incoming.on('data', (bytes) => told.push(bytes))
        incoming.pipe(outgoing).pipe(incoming)
        for (const socket of [incoming, outgoing]) socket.on('error', () => undefined)
      })
      await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
      const overheard = system.connectBy((wire.address() as AddressInfo).port)
      const { principal, target } = await aHolder()
      const shown = (await overheard.handOver?.make({ ...giveCall(principal, target), brought: null })) ?? []
      await overheard.close()
      wire.close()
      const bytes = Buffer.concat(told)
      expect(bytes.includes('SCRAM-SHA-256$')).toBe(true)
      expect(bytes.includes(textOf(shown, 'Password'))).toBe(false)
    })
  })
}
