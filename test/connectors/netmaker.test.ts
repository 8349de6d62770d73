import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { httpClient } from '../../src/connectors/http/client.ts'
import { netmaker } from '../../src/connectors/netmaker/netmaker.ts'
import { ConnectorError, type Connector, type Target } from '../../src/domain/connector.ts'
import type { ToldClient } from '../support/netmaker.ts'
import {
  call,
  connectorContract,
  everyHolder,
  failureOf,
  giveCall,
  surroundings,
} from '../../src/testing/contract.ts'
import { aNetmaker, nameIn, type NetmakerHarness } from './netmaker-harness.ts'

connectorContract('netmaker', aNetmaker, {
  untried: { names: 'a client is called by letters, digits and dashes' },
})

const soon = () => AbortSignal.timeout(5_000)

describe('netmaker', () => {
  let system: NetmakerHarness
  let connector: Connector
  beforeAll(async () => {
    system = await aNetmaker()
    connector = system.connect()
  })
  afterEach(async () => {
    await system.standIn.order({ do: 'release' })
    await system.standIn.order({ do: 'broker', isOpen: true })
    await system.standIn.order({ do: 'gap', ms: 2 })
  })
  afterAll(async () => {
    await connector.close()
    await system.stop()
  })
  let made = 0
  const aNetwork = async () => {
    const network = `own-${made++}`
    await system.standIn.order({ do: 'network', network })
    return network
  }
  /** A network with one client, of somebody who may be let in. */
  async function aPlace(client: object = {}) {
    const network = await aNetwork()
    const principal = `riley-${made++}`
    const [told] = await system.standIn.clients(network, [{ clientid: principal, ...client }])
    await system.standIn.order({ do: 'forget-calls' })
    return { network, principal, target: { network }, told: told! }
  }
  const now = async (name: string) => (await system.standIn.client(name))!
  const has = (principal: string, target: Target, signal = soon()) =>
    connector.has({ principal, target, signal })
  const changes = async () => (await system.standIn.tell()).calls.filter((one) => one.startsWith('PUT'))
  const inject = (what: object) => system.standIn.order({ do: 'inject', method: 'PUT', ...what })
  const failing = (status: number, message: string) => ({
    status,
    body: JSON.stringify({ Code: status, Message: message, Response: null }),
  })
  /** A change by somebody else, whose gap stays open until the hold is released. */
  async function aChangeInItsGap(network: string, client: ToldClient, enabled: boolean) {
    await system.standIn.order({ do: 'hold' })
    const changing = fetch(`${system.standIn.url}/api/extclients/${network}/${client.clientid}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${system.token}` },
      body: JSON.stringify({ clientid: client.clientid, enabled }),
    })
    while ((await system.standIn.client(client.clientid)) !== undefined) await sleep(5)
    return async () => {
      await system.standIn.order({ do: 'release' })
      await changing
    }
  }

  describe('a change', () => {
    test('leaves everything that it could wipe as it was', async () => {
      const { principal, target, told } = await aPlace({
        dns: '10.9.9.9',
        extraallowedips: ['192.168.7.0/24', 'fd00::/64'],
        deniednodeacls: { 'node-1': {}, 'node-2': {} },
        postup: 'iptables -A FORWARD\necho "up" && ß',
        postdown: 'iptables -D FORWARD',
        tags: { 'own.contractors': {}, 'own.laptops': {} },
      })
      await connector.give(giveCall(principal, target))
      const between = await now(principal)
      await connector.take(call(principal, target))
      expect(between).toEqual({ ...told, enabled: true })
      expect(await now(principal)).toEqual(told)
    })

    test('leaves what is empty empty: the DNS of the gateway is not written into a client', async () => {
      const { principal, target, told } = await aPlace()
      await connector.give(giveCall(principal, target))
      await connector.take(call(principal, target))
      expect(await now(principal)).toEqual(told)
    })

    test('is not sent where the state is as wanted', async () => {
      const { principal, target } = await aPlace()
      await connector.take(call(principal, target))
      await connector.give(giveCall(principal, target))
      await connector.give(giveCall(principal, target))
      expect(await changes()).toHaveLength(1)
    })

    test('asks for no private key: neither the client alone nor its file is read', async () => {
      const { principal, target } = await aPlace()
      await connector.give(giveCall(principal, target))
      await connector.take(call(principal, target))
      const { calls } = await system.standIn.tell()
      expect(calls.filter((one) => /^GET \/api\/extclients\/[^/]+\/./.test(one))).toEqual([])
    })

    test('reaches the gateway', async () => {
      const { principal, target, network, told } = await aPlace()
      const peers = async () =>
        (await system.standIn.tell()).gateways.find((one) => one.network === network)?.peers ?? []
      await connector.give(giveCall(principal, target))
      while (!(await peers()).includes(told.publickey)) await sleep(20)
      await connector.take(call(principal, target))
      while ((await peers()).includes(told.publickey)) await sleep(5)
    })

    test('of a client of another network is not made, though Netmaker would make it', async () => {
      const { principal } = await aPlace()
      const target = { network: await aNetwork() }
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      await connector.take(call(principal, target))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toContain('does not exist in the network')
      expect(await changes()).toEqual([])
      expect((await now(principal)).enabled).toBe(false)
    })

    test.each(['client not found', 'no result found'])(
      'that is answered with 500 "%s" is looked after and made again',
      async (message) => {
        const { principal, target } = await aPlace()
        await inject(failing(500, message))
        await connector.give(giveCall(principal, target))
        expect(await changes()).toHaveLength(2)
        expect((await now(principal)).enabled).toBe(true)
      },
    )

    test('that is answered with another 500 is retryable, and may have been made', async () => {
      const { principal, target } = await aPlace()
      await inject({ ...failing(500, 'database is locked'), isDone: true })
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
      expect(failure.message).toContain('database is locked')
      await connector.give(giveCall(principal, target))
      expect((await now(principal)).enabled).toBe(true)
    })

    test('that is answered with 200 and never made is not believed', async () => {
      const { principal, target } = await aPlace()
      for (let i = 0; i < 4; i += 1) await inject({ status: 200, body: '{}' })
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    })

    test.each([
      ['does not let us in any more', 401, false],
      ['fails', 500, true],
    ])('whose read-back %s may have been made', async (_what, status, retryable) => {
      const { principal, target, network } = await aPlace()
      await inject({
        ...failing(status, 'oops'),
        method: 'GET',
        path: `/api/extclients/${network}`,
        after: 1,
      })
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject({ retryable, happened: 'unknown' })
    })

    test('after which the client is gone fails, and may have been made', async () => {
      const { principal, target } = await aPlace()
      await inject({ status: 200, body: '{}', isLost: true })
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
      expect(failure.message).toContain('it is gone since')
    })
  })

  describe('one gone is not gone', () => {
    test('`has` asks again while the client is being changed by somebody else', async () => {
      const { network, principal, target, told } = await aPlace({ enabled: true })
      const end = await aChangeInItsGap(network, told, true)
      const asking = has(principal, target)
      await sleep(300)
      await end()
      expect(await asking).toBe(true)
    })

    test('a take waits for a client that is being changed, and takes it', async () => {
      const { network, principal, target, told } = await aPlace()
      const end = await aChangeInItsGap(network, told, true)
      const taking = connector.take(call(principal, target))
      await sleep(300)
      await end()
      await taking
      expect((await now(principal)).enabled).toBe(false)
    })

    test('a list does not leave out whom it misses for a moment', async () => {
      const { network, principal, target, told } = await aPlace({ enabled: true })
      const asking = connector.list({ target, after: null, signal: soon() })
      while ((await system.standIn.tell()).calls.length === 0) await sleep(2)
      const end = await aChangeInItsGap(network, told, true)
      const { principals } = await asking
      await end()
      expect(principals).toEqual([principal])
    })

    test('whoever is really gone is gone within two seconds', async () => {
      const { principal, target } = await aPlace({ enabled: true })
      await system.standIn.order({ do: 'no-clients', names: [principal] })
      const beganMs = performance.now()
      expect(await has(principal, target)).toBe(false)
      expect(performance.now() - beganMs).toBeGreaterThan(350)
      expect(performance.now() - beganMs).toBeLessThan(2_000)
    })

    test('of a give that is carried out after it was given up the take that follows leaves nothing', async () => {
      const { principal, target } = await aPlace()
      await system.standIn.order({ do: 'hold' })
      const failure = await failureOf(
        connector.give({ ...giveCall(principal, target), signal: AbortSignal.timeout(300) }),
      )
      const taking = connector.take(call(principal, target))
      await sleep(200)
      await system.standIn.order({ do: 'release' })
      await taking
      expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
      expect((await now(principal)).enabled).toBe(false)
      expect(connector.lateMs).toBe(10_000)
    })

    test.each([
      ['<html>welcome</html>', 200],
      ['{"Code":200,"Message":"","Response":[]}', 200],
      ['[{"clientid":"riley"}]', 200],
      ['', 200],
    ])('an answer such as %s is a failure, never "no" or "nobody"', async (body, status) => {
      const { principal, target, network } = await aPlace()
      const failures = []
      for (const ask of [
        () => has(principal, target),
        () => connector.list({ target, after: null, signal: soon() }),
        () => connector.take(call(principal, target)),
      ]) {
        await inject({ method: 'GET', path: `/api/extclients/${network}`, status, body })
        failures.push(await failureOf(ask()))
      }
      for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    })
  })

  describe('many', () => {
    /** They take turns: on a busy machine the last waits long. */
    const patient = () => AbortSignal.timeout(50_000)
    test('two hundred are given and taken at once, none is lost, and one is changed at a time', async () => {
      const network = await aNetwork()
      const names = Array.from({ length: 200 }, (_, i) => `many${i}-${made}`)
      const told = await system.standIn.clients(
        network,
        names.map((clientid, i) => ({
          clientid,
          enabled: i % 2 === 0,
          tags: { [`own.${i}`]: {} },
          postup: `up ${i}`,
        })),
      )
      await system.standIn.order({ do: 'forget-calls' })
      const target = { network }
      await Promise.all(
        names.map((name, i) =>
          i % 2 === 0
            ? connector.take({ ...call(name, target), signal: patient() })
            : connector.give({ ...giveCall(name, target), signal: patient() }),
        ),
      )
      const { clients, mostAtOnce, calls } = await system.standIn.tell()
      const after = new Map(clients.map((client) => [client.clientid, client]))
      expect(names.map((name) => after.get(name))).toEqual(
        told.map((client) => ({ ...client, enabled: !client.enabled })),
      )
      expect(mostAtOnce).toEqual({ network: 1, client: 1 })
      // What is read answers all who wait for it.
      expect(calls.filter((one) => one.startsWith('GET')).length).toBeLessThan(400)
    }, 60_000)

    test('networks do not wait for each other', async () => {
      const [slow, quick] = [await aPlace(), await aPlace()]
      await system.standIn.order({ do: 'hold' })
      const giving = connector.give(giveCall(slow.principal, slow.target))
      while ((await system.standIn.client(slow.principal)) !== undefined) await sleep(5)
      expect(await has(quick.principal, quick.target)).toBe(false)
      const other = connector.give(giveCall(quick.principal, quick.target))
      while ((await system.standIn.client(quick.principal)) !== undefined) await sleep(5)
      await system.standIn.order({ do: 'release' })
      await Promise.all([giving, other])
      expect((await now(quick.principal)).enabled).toBe(true)
    })

    test('whoever waits for a turn leaves when the time is up, and is not changed later', async () => {
      const { network, principal, target } = await aPlace()
      const second = `second-${made++}`
      await system.standIn.clients(network, [{ clientid: second }])
      await system.standIn.order({ do: 'hold' })
      const giving = connector.give(giveCall(principal, target))
      while ((await system.standIn.client(principal)) !== undefined) await sleep(5)
      const beganMs = performance.now()
      const failure = await failureOf(
        connector.give({ ...giveCall(second, target), signal: AbortSignal.timeout(200) }),
      )
      const tookMs = performance.now() - beganMs
      await system.standIn.order({ do: 'release' })
      await giving
      expect(failure).toMatchObject({ retryable: true })
      expect(tookMs).toBeLessThan(600)
      expect(await changes()).toHaveLength(1)
    })

    test('what somebody edits while a change waits for its turn is kept', async () => {
      const { network, principal, target } = await aPlace()
      const second = `edited-${made++}`
      await system.standIn.clients(network, [{ clientid: second, postup: 'before' }])
      await system.standIn.order({ do: 'hold' })
      const giving = connector.give(giveCall(principal, target))
      while ((await system.standIn.client(principal)) !== undefined) await sleep(5)
      const waiting = connector.give(giveCall(second, target))
      // Longer than what was read counts as recent.
      await sleep(400)
      await system.standIn.order({ do: 'no-clients', names: [second] })
      await system.standIn.clients(network, [{ clientid: second, postup: 'after', tags: { 'own.new': {} } }])
      await system.standIn.order({ do: 'release' })
      await Promise.all([giving, waiting])
      expect(await now(second)).toMatchObject({ enabled: true, postup: 'after', tags: { 'own.new': {} } })
    })

    test('among three thousand every call ends in time', async () => {
      const network = await aNetwork()
      const names = Array.from({ length: 3_000 }, (_, i) => `all${String(i).padStart(4, '0')}-${made}`)
      await system.standIn.clients(
        network,
        names.map((clientid) => ({ clientid, enabled: true })),
      )
      const target = { network }
      const inTime = () => AbortSignal.timeout(2_500)
      const first = names[0]!
      await connector.take({ ...call(first, target), signal: inTime() })
      expect(await has(first, target, inTime())).toBe(false)
      expect(await has('nobody-at-all', target, inTime())).toBe(false)
      await connector.give({ ...giveCall(first, target), signal: inTime() })
      const pages = []
      for (let after: string | null = null; ;) {
        const page = await connector.list({ target, after, signal: inTime() })
        pages.push(page.principals)
        after = page.next
        if (after === null) break
      }
      expect(pages.map(({ length }) => length)).toEqual([1_000, 1_000, 1_000])
      expect(pages.flat()).toEqual(names)
    }, 60_000)

    test('pages go on after the last name, whoever came or went meanwhile', async () => {
      const network = await aNetwork()
      const names = Array.from({ length: 1_500 }, (_, i) => `page${String(i).padStart(4, '0')}-${made}`)
      await system.standIn.clients(
        network,
        names.map((clientid) => ({ clientid, enabled: true })),
      )
      const target = { network }
      const first = await connector.list({ target, after: null, signal: soon() })
      await system.standIn.order({ do: 'no-clients', names: names.slice(0, 10) })
      const second = await connector.list({ target, after: first.next, signal: soon() })
      expect([...first.principals, ...second.principals]).toEqual(names)
      expect(second.next).toBeNull()
    })
  })

  describe('names', () => {
    test.each([
      'ada',
      'a'.repeat(33),
      'riley.b',
      'riley b',
      'rîley',
      '../riley',
      'riley%2Fx',
      'riley/file',
      'riley\0',
      '',
    ])('no client can be called %j: refused for good, and nobody else', async (principal) => {
      const { target } = await aPlace({ enabled: true })
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      await connector.take(call(principal, target))
      expect(await has(principal, target)).toBe(false)
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect((await system.standIn.tell()).calls).toEqual([])
    })

    test('differ by case, as Netmaker has them', async () => {
      const { principal, target } = await aPlace({ enabled: true })
      expect(await has(principal.toUpperCase(), target)).toBe(false)
      expect(await has(principal, target)).toBe(true)
    })

    test('a suffix makes a name of each network out of one principal', async () => {
      const [prod, lab] = [await aNetwork(), await aNetwork()]
      const [inProd, inLab] = [
        { network: prod, suffix: `-p${made}` },
        { network: lab, suffix: `-l${made}` },
      ]
      for (const target of [inProd, inLab])
        await system.standIn.clients(target.network, [
          { clientid: nameIn(target, 'kim') },
          { clientid: `someone-${target.network}`, enabled: true },
        ])
      await connector.give(giveCall('kim', inProd))
      expect([await has('kim', inProd), await has('kim', inLab)]).toEqual([true, false])
      expect([await everyHolder(connector, inProd), await everyHolder(connector, inLab)]).toEqual([
        ['kim'],
        [],
      ])
    })
  })

  describe('secrets', () => {
    test('the private key is in nothing that is thrown or returned', async () => {
      const { principal, target, network } = await aPlace()
      const key = (await now(principal)).privatekey
      const whole = JSON.stringify({ clientid: principal, privatekey: key, enabled: true })
      const answers = [
        { ...failing(500, `cannot store ${whole}`) },
        { ...failing(400, `bad client: PrivateKey = ${key}`) },
        { status: 500, body: whole },
        { status: 302, body: whole },
        { raw: `HTTP/1.1 200 OK\r\nbroken header ${key}\r\n\r\n${whole}` },
        { raw: `HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n${whole}` },
        { raw: whole },
        { raw: `HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\nzz${whole}` },
        { raw: `HTTP/1.1 500 Oh\r\ncontent-length: 9999\r\n\r\n${whole}` },
      ]
      const thrown: unknown[] = []
      const outcome = async (attempt: Promise<unknown>) =>
        thrown.push(await attempt.catch((error: unknown) => error))
      for (const answer of answers) {
        await inject(answer)
        await outcome(connector.give(giveCall(principal, target)))
        await connector.take(call(principal, target))
      }
      for (const answer of [{ status: 200, body: whole }, { status: 500, body: whole }, { raw: whole }]) {
        await inject({ method: 'GET', path: `/api/extclients/${network}`, ...answer })
        await outcome(has(principal, target))
      }
      const failures = thrown.filter((one) => one instanceof ConnectorError)
      // One that is cut off in the middle was made all the same.
      for (const rest of ['transfer-encoding: chunked\r\n\r\nzz', 'content-length: 9999\r\n\r\n']) {
        await inject({ raw: `HTTP/1.1 200 OK\r\n${rest}${whole}`, isDone: true })
        await outcome(connector.give(giveCall(principal, target)))
        await outcome(connector.take(call(principal, target)))
      }
      await connector.give(giveCall(principal, target))
      await outcome(everyHolder(connector, target))
      await outcome(connector.check({ targets: [target], signal: soon() }))
      const everything = thrown.map(everyByteOf).join('\n')
      const bytes = Buffer.from(key, 'base64')
      for (const form of [
        key,
        key.slice(0, 20),
        bytes.toString('base64url'),
        bytes.toString('hex'),
        bytes.toString('latin1'),
      ])
        expect(everything).not.toContain(form)
      expect(failures.length).toBeGreaterThanOrEqual(9)
    })

    test('what a success says is not read where it holds one', async () => {
      const { principal, network } = await aPlace()
      const http = httpClient(system.standIn.url, { system: 'Netmaker', surroundings: surroundings(2_500) })
      const request = {
        doing: 'change the client',
        method: 'PUT',
        path: `/api/extclients/${network}/${principal}`,
        headers: () => ({ authorization: `Bearer ${system.token}`, 'content-type': 'application/json' }),
        body: JSON.stringify({ clientid: principal, enabled: true }),
        signal: soon(),
      } as const
      const answers = [await http.send(request), await http.send({ ...request, dropsSuccess: true })]
      await inject(failing(500, 'oops'))
      const refused = await http.send({ ...request, dropsSuccess: true })
      await http.close()
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
      expect(answers.map(({ text }) => text.includes('privatekey'))).toEqual([true, false])
      expect(answers[1]?.text).toBe('')
      expect(refused.text).toContain('oops')
    })

    test('the token is in nothing that is thrown, even where the server says it', async () => {
      const { principal, target } = await aPlace()
      await inject(failing(500, `who is ${system.token}?`))
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(everyByteOf(failure)).not.toContain(system.token)
      expect(failure.message).toContain('who is …?')
    })

    test.each([
      ['unauthorized', async () => 'no-token-at-all'],
      ['unauthorized', async () => system.standIn.aToken('curfew', -1)],
      [
        'user account disabled',
        async () => {
          const token = await system.standIn.aToken('leaver')
          await system.standIn.order({ do: 'user', user: 'leaver', isDisabled: true })
          return token
        },
      ],
      [
        'token revoked',
        async () => {
          const token = await system.standIn.aToken('revoked')
          const api = `${system.standIn.url}/api/v1/users/access_token`
          const headers = { authorization: `Bearer ${system.token}` }
          const listed = (await (await fetch(`${api}?username=revoked`, { headers })).json()) as {
            Response: { id: string }[]
          }
          await fetch(`${api}?id=${listed.Response[0]!.id}`, { method: 'DELETE', headers })
          return token
        },
      ],
    ])('a token that is refused as "%s" fails the check for good, and says so', async (words, aToken) => {
      const stranger = system.connectWith({ token: await aToken() })
      const failure = await failureOf(stranger.check({ targets: [], signal: soon() }))
      await stranger.close()
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toBe(
        `Netmaker could not be checked: it did not accept Curfew's login (401): ${words}`,
      )
    })

    test('a token in a mounted file is read anew once it was rotated, and kept out of the log', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'curfew-secret-'))
      const file = join(folder, 'token')
      const [first, second] = [await system.standIn.aToken('first'), await system.standIn.aToken('second')]
      await writeFile(file, `${first}\n`)
      const hidden: string[] = []
      const rotating = system.connectWith({ token: { file } }, 2_500, (text) => hidden.push(text))
      await rotating.check({ targets: [], signal: soon() })
      await system.standIn.order({ do: 'user', user: 'first', isDisabled: true })
      await failureOf(rotating.check({ targets: [], signal: soon() }))
      await writeFile(file, second)
      expect(await rotating.check({ targets: [], signal: soon() })).toEqual([])
      await rm(folder, { recursive: true })
      const failure = await failureOf(rotating.check({ targets: [], signal: soon() }))
      await rotating.close()
      expect(new Set(hidden)).toEqual(new Set([first, second]))
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    })
  })

  describe('the broker', () => {
    test('without it nothing is changed, since no gateway would hear of it, and it is tried again', async () => {
      const { principal, target } = await aPlace({ enabled: true })
      const other = await aPlace()
      await system.standIn.order({ do: 'broker', isOpen: false })
      // What was asked a moment ago still counts.
      await sleep(300)
      const failures = [
        await failureOf(connector.take(call(principal, target))),
        await failureOf(connector.give(giveCall(other.principal, other.target))),
      ]
      const told = [await has(principal, target), await has(other.principal, other.target)]
      const sent = await changes()
      await system.standIn.order({ do: 'broker', isOpen: true })
      await sleep(300)
      await connector.take(call(principal, target))
      for (const failure of failures) {
        expect(failure).toMatchObject({ retryable: true, happened: 'no' })
        expect(failure.message).toContain('has lost its message broker')
      }
      expect(told).toEqual([true, false])
      expect(sent).toEqual([])
      expect((await now(principal)).enabled).toBe(false)
    })

    test('what every remedy of the check says makes the check pass', async () => {
      const network = `later-${made++}`
      const targets = [{ network }, { network, suffix: '-x' }]
      await system.standIn.order({ do: 'broker', isOpen: false })
      const check = () => connector.check({ targets, signal: soon() })
      const lacks = await check()
      await system.standIn.order({ do: 'broker', isOpen: true })
      const between = await check()
      await system.standIn.order({ do: 'network', network })
      expect(lacks.map(({ what }) => what)).toEqual([
        'Netmaker v1.5.1 is not connected to its message broker, so no gateway hears who may connect',
        `the network ${network} does not exist on Netmaker v1.5.1`,
      ])
      expect(lacks[0]?.remedy).toContain(`${system.standIn.url}/api/server/status`)
      expect(between.map(({ remedy }) => remedy)).toEqual([
        `create the network ${network} in Netmaker's dashboard, or name another in the catalog`,
      ])
      expect(await check()).toEqual([])
    })
  })

  test('headers of the owner go with each call', async () => {
    const { principal, target } = await aPlace()
    await connector.give(giveCall(principal, target))
    await connector.check({ targets: [target], signal: soon() })
    expect((await system.standIn.tell()).tenants).toEqual(['a-tenant-key-of-the-gateway'])
  })

  test('a path of the address is kept', async () => {
    const behind = system.connectWith({ url: `${system.standIn.url}/nm/` })
    await system.standIn.order({ do: 'forget-calls' })
    await failureOf(behind.check({ targets: [], signal: soon() }))
    await behind.close()
    expect((await system.standIn.tell()).calls).toEqual(['GET /nm/api/networks'])
    expect(behind.where).toBe(`netmaker ${system.standIn.url}/nm`)
  })
})

/** Everything that can be read of it, hidden or not, as text and as bytes. */
function everyByteOf(value: unknown): string {
  const seen = new Set<unknown>()
  const found: string[] = [
    inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
  ]
  const walk = (one: unknown): void => {
    if (typeof one === 'string') found.push(one)
    if (Buffer.isBuffer(one)) found.push(one.toString('latin1'), one.toString('base64'))
    if (typeof one !== 'object' || one === null || seen.has(one) || seen.size > 5_000) return
    seen.add(one)
    for (const key of Reflect.ownKeys(one)) {
      try {
        walk((one as Record<PropertyKey, unknown>)[key])
      } catch {
        // A getter that throws tells nothing.
      }
    }
  }
  walk(value)
  return found.join('\n')
}

test.each([
  ['https://api.nm.example.com', true],
  ['https://api.nm.example.com/base/', true],
  ['http://127.0.0.1:8081', true],
  ['http://api.nm.example.com', false],
  ['https://admin:secret@api.nm.example.com', false],
  ['https://api.nm.example.com/?tenant=1', false],
  ['https://api.nm.example.com/#top', false],
  ['', false],
])('the catalog is told whether %s leads to a server', (url, isOne) => {
  expect(netmaker.settings.safeParse({ url, token: 'x' }).success).toBe(isOne)
})

test.each([
  [{ 'X-Organization-ID': '7', 'x-tenant-id': 'a' }, true],
  [{ Authorization: 'Bearer other' }, false],
  [{ host: 'elsewhere' }, false],
  [{ 'x-tenant-id': 'a\r\nauthorization: x' }, false],
])('the catalog is told whether the headers %j may be set', (headers, isSo) => {
  expect(netmaker.settings.safeParse({ url: 'https://nm.example.com', token: 'x', headers }).success).toBe(
    isSo,
  )
})

test.each([
  [{ network: 'prod' }, 'prod'],
  [{ network: 'home_lab.2', suffix: '-lab' }, 'home_lab.2/-lab'],
  [{ network: 'prod', suffix: '' }, null],
  [{ network: 'prod', suffix: '_x' }, null],
  [{ network: '..' }, null],
  [{ network: 'a/b' }, null],
  [{ network: '' }, null],
  [{ network: 'x'.repeat(33) }, null],
  [{ network: 'prod', client: 'riley' }, null],
  [{}, null],
])('the catalog is told whether %j is a target', (target, written) => {
  const parsed = netmaker.target.safeParse(target)
  expect(parsed.success ? netmaker.canonical(parsed.data) : null).toBe(written)
})

test.each([
  ['https://API.nm.example.com:443/', 'netmaker https://api.nm.example.com'],
  ['https://api.nm.example.com./base/', 'netmaker https://api.nm.example.com/base'],
])('%s is the place %s', async (url, where) => {
  const connector = netmaker.connect(
    netmaker.settings.parse({ url, token: 'x', headers: { 'x-tenant-id': 'a' } }),
    {
      timeoutMs: 100,
      now: () => new Date(),
      proxies: null,
      hide: () => undefined,
      opens: () => true,
    },
  )
  await connector.close()
  expect(connector.where).toBe(where)
})
