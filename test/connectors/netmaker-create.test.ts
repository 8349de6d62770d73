import { createServer, connect as connectTo } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { withPrivateKey } from '../../src/connectors/netmaker/configuration.ts'
import { newKeys } from '../../src/connectors/netmaker/keys.ts'
import { createdName } from '../../src/connectors/netmaker/names.ts'
import { netmaker } from '../../src/connectors/netmaker/netmaker.ts'
import type { Connector, HandOver, Target } from '../../src/domain/connector.ts'
import { call, connectorContract, everyHolder, failureOf, giveCall } from '../../src/testing/contract.ts'
import { aCreatingNetmaker, keyIn, publicKeyOf, type CreatingHarness } from './netmaker-create-harness.ts'

connectorContract('netmaker, creating', aCreatingNetmaker, {
  untried: { vanish: 'Netmaker knows of nobody: any name can hold a client' },
  handsOver: true,
})

const soon = () => AbortSignal.timeout(5_000)
const makeCall = (principal: string, target: Target) => ({ ...giveCall(principal, target), brought: null })

describe('netmaker, creating', () => {
  let system: CreatingHarness
  let connector: Connector
  let handOver: HandOver
  beforeAll(async () => {
    system = await aCreatingNetmaker()
    connector = system.connect()
    handOver = handOverOf(connector)
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
  function handOverOf({ handOver: one }: Connector): HandOver {
    if (one === undefined) throw new Error('it hands nothing over')
    return one
  }
  let made = 0
  async function aPlace(isClosed = false) {
    const target = await system.aNetwork(isClosed)
    await system.standIn.order({ do: 'forget-calls' })
    return { principal: `riley.b${made++}@example.com`, target }
  }
  async function aHolder() {
    const place = await aPlace()
    await connector.give(giveCall(place.principal, place.target))
    return place
  }
  const has = (principal: string, target: Target) => connector.has({ principal, target, signal: soon() })
  const client = async (principal: string, target: Target) => (await system.created(principal, target))!
  const calls = async (method: string) =>
    (await system.standIn.tell()).calls.filter((one) => one.startsWith(method))
  const inject = (what: object) => system.standIn.order({ do: 'inject', ...what })
  const failing = (status: number, message: string) => ({
    status,
    body: JSON.stringify({ Code: status, Message: message, Response: null }),
  })
  const peers = async (network: string) =>
    (await system.standIn.tell()).gateways.find((one) => one.network === network)?.peers ?? []
  /** Whether a client is there, or none is, before a second is over. */
  async function until(isThere: boolean, principal: string, target: Target) {
    while (((await system.created(principal, target)) !== undefined) !== isThere) await sleep(5)
  }

  describe('a client', () => {
    test('is named for people to read, and of one principal and target alone', async () => {
      const { network, gateway } = await system.aNetwork()
      const target = { network, gateway }
      const names = [
        createdName('riley.b@example.com', target),
        createdName('riley-b@example.com', target),
        createdName('riley.b@example.com', { network, gateway, tags: ['x.y'] }),
        createdName('riley.b@example.com', { network: 'other', gateway }),
        createdName('riley', target),
        createdName('', target),
        createdName('東京 🦊', target),
        createdName('-', target),
        createdName('x'.repeat(5_000), target),
      ]
      for (const name of names) expect(name).toMatch(/^curfew-[A-Za-z0-9-]{12,25}$/)
      expect(new Set(names).size).toBe(names.length)
      expect(names[0]).toMatch(/^curfew-riley-b-exam-[a-z2-7]{12}$/)
      expect(createdName('riley.b@example.com', target)).toBe(names[0])
    })

    test('is created at the gateway with the tags of its target, and says for whom', async () => {
      const { network, gateway } = await system.aNetwork()
      const target = { network, gateway, tags: [`${network}.contractors`] }
      await connector.give(giveCall('riley', target))
      expect(await client('riley', target)).toMatchObject({
        clientid: createdName('riley', target),
        enabled: true,
        ownerid: 'curfew',
        tags: { 'curfew:riley': {}, [`${network}.contractors`]: {} },
      })
    })

    test('is enabled where the network lets nobody in by default', async () => {
      const { principal, target } = await aPlace(true)
      await connector.give(giveCall(principal, target))
      expect((await client(principal, target)).enabled).toBe(true)
    })

    test('that was made by hand is neither listed nor touched', async () => {
      const { principal, target } = await aHolder()
      await system.standIn.clients(target.network, [
        { clientid: 'riley-laptop', enabled: true },
        { clientid: 'curfew-by-hand', enabled: true },
      ])
      expect(await everyHolder(connector, target)).toEqual([principal])
      await connector.take(call(principal, target))
      const left = (await system.standIn.tell()).clients.filter(({ network }) => network === target.network)
      expect(left.map(({ clientid }) => clientid).sort()).toEqual(['curfew-by-hand', 'riley-laptop'])
    })

    test('whose tags were wiped is still held and listed: by its principal if that can be told', async () => {
      const target = await system.aNetwork()
      for (const principal of ['kim', 'a.long.one@example.com'])
        await connector.give(giveCall(principal, target))
      const ids = [createdName('kim', target), createdName('a.long.one@example.com', target)]
      await fetch(`${system.standIn.url}/api/v1/extclients/${target.network}/bulk/status`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${system.token}` },
        body: JSON.stringify({ ids, enabled: true }),
      })
      await sleep(300)
      expect(await has('a.long.one@example.com', target)).toBe(true)
      expect((await everyHolder(connector, target)).sort()).toEqual([ids[1], 'kim'])
      const elsewhere = { ...target, gateway: `${target.gateway.slice(0, -4)}0000` }
      expect(await everyHolder(connector, elsewhere)).toEqual([])
    })

    test('of another target at the same gateway is no holder of this one', async () => {
      const { principal, target } = await aHolder()
      const other = { ...target, tags: ['x.y'] }
      expect([await has(principal, other), await everyHolder(connector, other)]).toEqual([false, []])
    })

    test('is not created at the gateway of another network, though Netmaker would do it', async () => {
      const [{ network }, { gateway }] = [await system.aNetwork(), await system.aNetwork()]
      await system.standIn.order({ do: 'forget-calls' })
      const failure = await failureOf(connector.give(giveCall('riley', { network, gateway })))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toContain(`the gateway ${gateway} does not exist in the network ${network}`)
      expect(await calls('POST')).toEqual([])
    })

    test('whose name is taken in another network is refused for good, in the words of Netmaker', async () => {
      const { principal, target } = await aPlace()
      const elsewhere = await system.aNetwork()
      await system.standIn.clients(elsewhere.network, [{ clientid: createdName(principal, target) }])
      const failure = await failureOf(connector.give(giveCall(principal, target)))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toContain('duplicate client name')
    })

    test('is created once, however often it is given', async () => {
      const { principal, target } = await aPlace()
      await Promise.all(Array.from({ length: 5 }, () => connector.give(giveCall(principal, target))))
      expect(await calls('POST')).toHaveLength(1)
      expect(await calls('PUT')).toEqual([])
    })

    test('that two processes create at once is there once, and both have given', async () => {
      const { principal, target } = await aPlace()
      const other = system.connect()
      await system.standIn.order({ do: 'gap', ms: 100 })
      await Promise.all([
        connector.give(giveCall(principal, target)),
        other.give(giveCall(principal, target)),
      ])
      await other.close()
      expect(await everyHolder(connector, target)).toEqual([principal])
      expect(await system.handOver.opens(await handOver.make(makeCall(principal, target)))).toBe(true)
    })

    test('that Netmaker says it created, and did not, is not believed', async () => {
      const { principal, target } = await aPlace()
      await inject({ method: 'POST', status: 200, body: '{}' })
      await connector.give(giveCall(principal, target))
      expect((await client(principal, target)).enabled).toBe(true)
    })

    test('that Netmaker says it deleted, and did not, is deleted once more', async () => {
      const { principal, target } = await aHolder()
      await inject({ method: 'DELETE', ...failing(200, 'deleted.') })
      await connector.take(call(principal, target))
      expect(await system.created(principal, target)).toBeUndefined()
      expect(await calls('DELETE')).toHaveLength(2)
    })

    test('that stays whatever is done is never said to be deleted', async () => {
      const { principal, target } = await aHolder()
      for (let i = 0; i < 4; i += 1) await inject({ method: 'DELETE', ...failing(200, 'deleted.') })
      const failure = await failureOf(connector.take(call(principal, target)))
      expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
      expect(failure.message).toContain('it is there again and again')
    })

    test('that is missing while it is changed is waited for, and deleted', async () => {
      const { principal, target } = await aHolder()
      await system.standIn.order({ do: 'hold' })
      const making = handOver.make(makeCall(principal, target)).catch(() => null)
      await until(false, principal, target)
      const other = system.connect()
      const taking = other.take(call(principal, target))
      await sleep(200)
      await system.standIn.order({ do: 'release' })
      await taking
      await making
      await other.close()
      await sleep(100)
      expect(await system.created(principal, target)).toBeUndefined()
    })

    test('of a creation that was given up and is carried out late is deleted by the take that follows', async () => {
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
      expect(await system.created(principal, target)).toBeUndefined()
      expect(connector.lateMs).toBe(10_000)
    })
  })

  describe('a showing that was given up while Netmaker still does it', () => {
    /** Netmaker stands still between its deleting and its inserting, before the change of this number. */
    async function aShowingGivenUp(changes: 1 | 2) {
      const { principal, target } = await aHolder()
      await system.standIn.order({ do: 'forget-calls' })
      await system.standIn.order({ do: 'gap', ms: changes === 1 ? 2 : 150 })
      if (changes === 1) await system.standIn.order({ do: 'hold' })
      const making = failureOf(
        handOver.make({
          ...makeCall(principal, target),
          signal: AbortSignal.timeout(changes === 1 ? 400 : 800),
        }),
      )
      if (changes === 2) {
        while ((await calls('PUT')).length < 2) await sleep(5)
        await system.standIn.order({ do: 'hold' })
      }
      const failure = await making
      expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
      expect(await calls('PUT')).toHaveLength(changes)
      return { principal, target }
    }

    test.each([1, 2] as const)(
      'revives no client after the take (change %i): the take waits for it',
      async (changes) => {
        const { principal, target } = await aShowingGivenUp(changes)
        const impatient = { ...call(principal, target), signal: AbortSignal.timeout(1_500) }
        const early = await failureOf(connector.take(impatient))
        await system.standIn.order({ do: 'release' })
        await connector.take(call(principal, target))
        await sleep(200)
        expect(early).toMatchObject({ retryable: true, happened: 'unknown' })
        expect([await has(principal, target), await system.created(principal, target)]).toEqual([
          false,
          undefined,
        ])
      },
    )

    test('counts among those that are changed one at a time', async () => {
      const { target } = await aShowingGivenUp(1)
      const giving = connector.give(giveCall('ada', target))
      await sleep(400)
      const { mostAtOnce } = await system.standIn.tell()
      await system.standIn.order({ do: 'release' })
      await giving
      expect(mostAtOnce.network).toBe(1)
    })

    test('is waited for no longer than it may come late', async () => {
      const quick = system.connectWith({ late: '700ms' }, 600)
      const { principal, target } = await aHolder()
      await system.standIn.order({ do: 'hold' })
      const looks = { ...makeCall(principal, target), signal: AbortSignal.timeout(300) }
      await failureOf(handOverOf(quick).make(looks))
      await quick.take(call(principal, target))
      await quick.close()
      expect(quick.lateMs).toBe(700)
    })
  })

  describe('a configuration', () => {
    test('opens the network, and is whole', async () => {
      const { principal, target } = await aHolder()
      const shown = await handOver.make(makeCall(principal, target))
      const { address, publickey } = await client(principal, target)
      expect(shown).toHaveLength(1)
      expect(shown[0]).toMatchObject({ label: 'Configuration', file: `${target.network.slice(0, 15)}.conf` })
      expect(shown[0]?.text).toContain(`[Interface]\nAddress = ${address}/32\nPrivateKey = ${keyIn(shown)}\n`)
      expect(shown[0]?.text).toContain('\n[Peer]\n')
      expect(publicKeyOf(keyIn(shown))).toBe(publickey)
      expect(await system.handOver.opens(shown)).toBe(true)
      while (!(await peers(target.network)).includes(publickey)) await sleep(20)
    })

    test('that is made again ends the one before, at the gateway too', async () => {
      const { principal, target } = await aHolder()
      const first = await handOver.make(makeCall(principal, target))
      const before = await client(principal, target)
      while (!(await peers(target.network)).includes(before.publickey)) await sleep(20)
      const second = await handOver.make(makeCall(principal, target))
      const after = await client(principal, target)
      expect([await system.handOver.opens(first), await system.handOver.opens(second)]).toEqual([false, true])
      while (!(await peers(target.network)).includes(after.publickey)) await sleep(20)
      expect(await peers(target.network)).toEqual([after.publickey])
      expect(after).toEqual({ ...before, publickey: after.publickey })
    })

    test('is ended by the take, and is not revived by the give after it', async () => {
      const { principal, target } = await aHolder()
      const shown = await handOver.make(makeCall(principal, target))
      await connector.take(call(principal, target))
      const taken = await system.handOver.opens(shown)
      await connector.give(giveCall(principal, target))
      expect([taken, await system.handOver.opens(shown)]).toEqual([false, false])
      expect(await has(principal, target)).toBe(true)
    })

    test('stays good while the access is extended', async () => {
      const { principal, target } = await aHolder()
      const shown = await handOver.make(makeCall(principal, target))
      await connector.give(giveCall(principal, target))
      expect(await system.handOver.opens(shown)).toBe(true)
    })

    test('of a client that somebody disabled is not revived when it is given again', async () => {
      const { principal, target } = await aHolder()
      const shown = await handOver.make(makeCall(principal, target))
      const { clientid, tags } = await client(principal, target)
      await fetch(`${system.standIn.url}/api/extclients/${target.network}/${clientid}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${system.token}` },
        body: JSON.stringify({ clientid, tags, enabled: false }),
      })
      expect(await has(principal, target)).toBe(false)
      await connector.give(giveCall(principal, target))
      expect([await has(principal, target), await system.handOver.opens(shown)]).toEqual([true, false])
    })

    test('is refused to whoever holds nothing, and nothing is created', async () => {
      const { principal, target } = await aPlace()
      const failure = await failureOf(handOver.make(makeCall(principal, target)))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toContain('it does not exist')
      expect(await system.created(principal, target)).toBeUndefined()
    })

    test('of one person leaves those of others alone', async () => {
      const { principal, target } = await aHolder()
      await connector.give(giveCall('kim', target))
      const shown = await handOver.make(makeCall(principal, target))
      await handOver.make(makeCall('kim', target))
      await connector.take(call('kim', target))
      expect(await system.handOver.opens(shown)).toBe(true)
    })

    test('that failed half way is made the next time, and the one before is dead', async () => {
      const { principal, target } = await aHolder()
      const first = await handOver.make(makeCall(principal, target))
      await inject({ method: 'PUT', after: 1, ...failing(500, 'database is locked') })
      const failure = await failureOf(handOver.make(makeCall(principal, target)))
      const between = await system.handOver.opens(first)
      const second = await handOver.make(makeCall(principal, target))
      expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
      expect([between, await system.handOver.opens(first), await system.handOver.opens(second)]).toEqual([
        false,
        false,
        true,
      ])
    })

    test.each([
      ['does not let us in any more', failing(401, 'unauthorized'), false],
      ['is no configuration', { status: 200, body: '<html>welcome</html>' }, true],
      ['is cut short', { status: 200, body: '[Interface]\nPrivateKey = x\n' }, true],
      ['says that the client is missing', failing(500, 'no result found'), true],
    ])('whose file %s was begun: nobody claims that nothing happened', async (_what, answer, retryable) => {
      const { principal, target } = await aHolder()
      const path = `/api/extclients/${target.network}/${createdName(principal, target)}/file`
      await inject({ method: 'GET', path, ...answer })
      const failure = await failureOf(handOver.make(makeCall(principal, target)))
      expect(failure).toMatchObject({ retryable, happened: 'unknown' })
    })

    test.each([0, 1])(
      'that was given up at its change %i and happens late outlives no take',
      async (after) => {
        const { principal, target } = await aHolder()
        if (after === 1) await inject({ method: 'PUT', after: 1, ...failing(500, 'oops') })
        if (after === 1) await failureOf(handOver.make(makeCall(principal, target)))
        await system.standIn.order({ do: 'hold' })
        const failure = await failureOf(
          handOver.make({ ...makeCall(principal, target), signal: AbortSignal.timeout(300) }),
        )
        const taking = connector.take(call(principal, target))
        await sleep(300)
        await system.standIn.order({ do: 'release' })
        await taking
        await sleep(200)
        expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
        expect(await system.created(principal, target)).toBeUndefined()
        expect(await has(principal, target)).toBe(false)
      },
    )

    test('that is disabled for a moment only is held all the while', async () => {
      const { principal, target } = await aHolder()
      const { clientid } = await client(principal, target)
      const put = (enabled: boolean) =>
        fetch(`${system.standIn.url}/api/extclients/${target.network}/${clientid}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${system.token}` },
          body: JSON.stringify({ clientid, enabled }),
        })
      await put(false)
      const asking = has(principal, target)
      await sleep(200)
      await put(true)
      expect(await asking).toBe(true)
    })

    test('is made while the client counts as held', async () => {
      const { principal, target } = await aHolder()
      const making = handOver.make(makeCall(principal, target))
      const answers = await Promise.all(Array.from({ length: 20 }, () => has(principal, target)))
      await making
      expect(new Set(answers)).toEqual(new Set([true]))
    })

    test('names its interface so that it can be brought up', async () => {
      const { network, gateway } = await system.aNetwork()
      await connector.give(giveCall('riley', { network, gateway }))
      const [shown] = await handOver.make(makeCall('riley', { network, gateway }))
      expect(shown?.file).toMatch(/^[a-zA-Z0-9_=+.-]{1,15}\.conf$/)
    })
  })

  describe('a private key', () => {
    test('never goes to Netmaker, in no byte', async () => {
      const { principal, target } = await aPlace()
      const recorder = await aRecorder(system.port)
      const by = system.connectBy(recorder.port)
      await by.give(giveCall(principal, target))
      const shown = await handOverOf(by).make(makeCall(principal, target))
      await by.take(call(principal, target))
      await by.close()
      const sent = recorder.bytes().toString('latin1')
      const said = recorder.answers().toString('latin1')
      await recorder.close()
      expect(sent).toContain(publicKeyOf(keyIn(shown)))
      for (const form of formsOf(keyIn(shown))) {
        expect(sent).not.toContain(form)
        expect(said).not.toContain(form)
      }
    })

    test("is not in Netmaker's records: it has a key of nobody before, and none after", async () => {
      const { principal, target } = await aHolder()
      await handOver.make(makeCall(principal, target))
      expect((await client(principal, target)).privatekey).toBe('[ENTER PRIVATE KEY]')
    })

    test('is in nothing that is thrown, whatever fails once it was made', async () => {
      const { principal, target } = await aHolder()
      const name = createdName(principal, target)
      const leak = newKeys().privateKey
      const whole = JSON.stringify({ clientid: name, privatekey: leak, enabled: true })
      const thrown: unknown[] = []
      for (const [method, path] of [
        ['PUT', `/api/extclients/${target.network}/${name}`],
        ['GET', `/api/extclients/${target.network}/${name}/file`],
      ])
        for (const answer of [
          failing(500, `cannot store ${whole}`),
          failing(400, `bad client: PrivateKey = ${leak}`),
          { status: 500, body: whole },
          { raw: `HTTP/1.1 200 OK\r\nbroken header ${leak}\r\n\r\n${whole}` },
          { raw: whole },
          { raw: `HTTP/1.1 500 Oh\r\ncontent-length: 9999\r\n\r\n${whole}` },
          { status: 200, body: `[Interface]\nPrivateKey = ${leak}\nPrivateKey = ${leak}\n[Peer]\n` },
        ]) {
          await connector.give(giveCall(principal, target))
          await inject({ method, path, after: method === 'PUT' ? 1 : 0, ...answer })
          thrown.push(
            await handOver.make(makeCall(principal, target)).then(
              () => null,
              (error: unknown) => error,
            ),
          )
        }
      const failures = thrown.filter((one) => one !== null)
      expect(failures.length).toBeGreaterThanOrEqual(11)
      const everything = failures.map((one) => inspect(one, { depth: 20, showHidden: true })).join('\n')
      for (const form of formsOf(leak)) expect(everything).not.toContain(form)
      expect(everything).not.toMatch(/PrivateKey = [A-Za-z0-9+/]{20}/)
    })

    test('that Netmaker made itself is not shown: the configuration has ours', async () => {
      const { principal, target } = await aPlace()
      // As if it had been created by hand, with a key that Netmaker knows.
      const clientid = createdName(principal, target)
      const [own] = await system.standIn.clients(target.network, [{ clientid, enabled: true }])
      const shown = await handOver.make(makeCall(principal, target))
      expect(keyIn(shown)).not.toBe(own?.privatekey)
      expect(await system.handOver.opens(shown)).toBe(true)
    })
  })

  test('one at a time is created or changed in a network, and no two share an address', async () => {
    const { target } = await aPlace()
    const patient = () => AbortSignal.timeout(50_000)
    const names = Array.from({ length: 40 }, (_, i) => `many${i}@example.com`)
    await Promise.all(
      names.map(async (name, i) => {
        await connector.give({ ...giveCall(name, target), signal: patient() })
        await handOver.make({ ...makeCall(name, target), signal: patient() })
        if (i % 4 === 0) await connector.take({ ...call(name, target), signal: patient() })
      }),
    )
    const { clients, mostAtOnce } = await system.standIn.tell()
    const here = clients.filter(({ network, enabled }) => network === target.network && enabled)
    expect(here).toHaveLength(30)
    expect(new Set(here.map(({ address }) => address)).size).toBe(30)
    expect(new Set(here.map(({ publickey }) => publickey)).size).toBe(30)
    expect(mostAtOnce).toEqual({ network: 1, client: 1 })
  }, 60_000)

  test('without its broker nothing is created, changed or deleted, and it is tried again', async () => {
    const { principal, target } = await aHolder()
    const other = await aPlace()
    await system.standIn.order({ do: 'broker', isOpen: false })
    // What was asked a moment ago still counts.
    await sleep(300)
    const failures = [
      await failureOf(connector.give(giveCall(other.principal, other.target))),
      await failureOf(handOver.make(makeCall(principal, target))),
      await failureOf(connector.take(call(principal, target))),
    ]
    for (const failure of failures) {
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect(failure.message).toContain('has lost its message broker')
    }
    expect(await has(principal, target)).toBe(true)
    expect([...(await calls('POST')), ...(await calls('PUT')), ...(await calls('DELETE'))]).toEqual([])
  })

  test('what every remedy of the check says makes the check pass', async () => {
    const network = `later-${made++}`
    const check = (target: Target) => connector.check({ targets: [target], signal: soon() })
    const gateway = '01234567-89ab-cdef-0123-456789abcdef'
    const first = await check({ network, gateway })
    await system.standIn.order({ do: 'network', network })
    const second = await check({ network, gateway })
    const [, named = ''] = / in the catalog: (\S+)$/.exec(second[0]?.remedy ?? '') ?? []
    expect(first.map(({ what }) => what)).toEqual([
      `the network ${network} does not exist on Netmaker v1.5.1`,
    ])
    expect(second.map(({ what }) => what)).toEqual([
      `the node ${gateway} is no gateway of the network ${network}, so no client can be created at it`,
    ])
    expect(await check({ network, gateway: named })).toEqual([])
  })

  test('one system has both ways, and neither touches what is of the other', async () => {
    const { network, gateway } = await system.aNetwork()
    const [own, created] = [{ network }, { network, gateway }]
    await system.standIn.clients(network, [{ clientid: 'kim-laptop' }])
    await connector.give(giveCall('kim-laptop', own))
    await connector.give(giveCall('kim', created))
    const name = createdName('kim', created)
    const failure = await failureOf(connector.give(giveCall(name, own)))
    await connector.take(call(name, own))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('only clients that Curfew creates are called so')
    expect([await has(name, own), await has('kim', created)]).toEqual([false, true])
    expect([await everyHolder(connector, own), await everyHolder(connector, created)]).toEqual([
      ['kim-laptop'],
      ['kim'],
    ])
    expect([handOver.isFor(own), handOver.isFor(created)]).toEqual([false, true])
    const refused = await failureOf(handOver.make(makeCall('kim-laptop', own)))
    expect(refused).toMatchObject({ retryable: false, happened: 'no' })
  })

  test('headers of the owner go with each call', async () => {
    const { principal, target } = await aPlace()
    const by = system.connectWith({ headers: { 'x-tenant-id': 'a-tenant' } })
    await by.give(giveCall(principal, target))
    await handOverOf(by).make(makeCall(principal, target))
    await by.take(call(principal, target))
    await by.check({ targets: [target], signal: soon() })
    await by.close()
    expect((await system.standIn.tell()).tenants).toEqual(['a-tenant'])
  })
})

const gateway = '01234567-89ab-cdef-0123-456789abcdef'

test.each([
  [{ network: 'prod', gateway }, `prod/gateway:${gateway}`],
  [
    { network: 'prod', gateway, tags: ['prod.b', 'prod.a', 'prod.b'] },
    `prod/gateway:${gateway}/tags:prod.a,prod.b`,
  ],
  [{ network: 'prod', gateway, suffix: '-prod' }, null],
  [{ network: 'prod', tags: ['prod.a'] }, null],
  [{ network: 'prod', gateway: gateway.toUpperCase() }, null],
  [{ network: 'prod', gateway: 'gw-1' }, null],
  [{ network: 'prod', gateway, tags: [] }, null],
  [{ network: 'prod', gateway, tags: ['a,b'] }, null],
  [{ network: 'prod', gateway, tags: ['curfew:kim'] }, null],
  [{ gateway }, null],
])('the catalog is told whether %j is a target', (target, written) => {
  const parsed = netmaker.target.safeParse(target)
  expect(parsed.success ? netmaker.canonical(parsed.data) : null).toBe(written)
})

test('a pair of keys belongs together, and is another each time', () => {
  const pairs = Array.from({ length: 50 }, newKeys)
  for (const { privateKey, publicKey } of pairs) {
    expect(publicKeyOf(privateKey)).toBe(publicKey)
    expect(Buffer.from(privateKey, 'base64')).toHaveLength(32)
  }
  expect(new Set(pairs.flatMap(({ privateKey, publicKey }) => [privateKey, publicKey])).size).toBe(100)
})

test.each([
  ['[Interface]\nPrivateKey = x\n[Peer]\n', '[Interface]\nPrivateKey = $&\n[Peer]\n'],
  ['[Interface]\nprivatekey=x\n\n[Peer]\n', '[Interface]\nPrivateKey = $&\n\n[Peer]\n'],
  ['[Interface]\n[Peer]\n', null],
  ['[Interface]\nPrivateKey = x\nPrivateKey = y\n[Peer]\n', null],
  ['PrivateKey = x\n[Peer]\n', null],
  ['', null],
])('the private key is put in its place in %j', (file, whole) => {
  expect(withPrivateKey(file, '$&')).toBe(whole)
})

const formsOf = (key: string) => {
  const bytes = Buffer.from(key, 'base64')
  return [key, key.slice(0, 20), bytes.toString('base64url'), bytes.toString('hex'), bytes.toString('latin1')]
}

/** A way to a port on this machine that keeps what goes there and what comes back. */
async function aRecorder(port: number) {
  const [sent, said]: [Buffer[], Buffer[]] = [[], []]
  const server = createServer((near) => {
    const far = connectTo(port, '127.0.0.1')
    near.on('data', (chunk: Buffer) => void sent.push(chunk)).pipe(far)
    far.on('data', (chunk: Buffer) => void said.push(chunk)).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => Buffer.concat(sent),
    answers: () => Buffer.concat(said),
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
