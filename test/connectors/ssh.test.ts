import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import {
  chmod,
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, promisify } from 'node:util'
import { ssh } from '../../src/connectors/ssh/ssh.ts'
import type { Connector, ConnectorError, Shown, Target } from '../../src/domain/connector.ts'
import { aKeyPair, hasSshd, logIn, openSession } from '../support/sshd.ts'
import { call, connectorContract, failureOf, giveCall } from '../../src/testing/contract.ts'
import { aHeldUpProgram, anAuthority, connectSsh, theSshd, type SshHarness } from './ssh-harness.ts'

const run = promisify(execFile)
const soon = () => AbortSignal.timeout(5_000)

if (hasSshd())
  connectorContract('ssh', theSshd, {
    untried: {
      vanish: 'nobody has to be anywhere: any name can hold something',
      vanishTarget: 'no host is asked whom it lets in',
    },
    handsOver: true,
  })
else test.skip('OpenSSH or curl is not here: ./scripts/servers says how to get them', () => undefined)

const whereThereIsOne = hasSshd() ? describe : describe.skip

interface Asked {
  readonly principal: string
  readonly target: Target
  readonly brought: string | null
  readonly until?: Date
  readonly accessId?: string
}

const asked = ({ principal, target, ...more }: Asked) => ({ ...giveCall(principal, target), ...more })

async function made(connector: Connector, what: Asked): Promise<readonly Shown[]> {
  if (connector.handOver === undefined) throw new Error('it hands nothing over')
  return connector.handOver.make(asked(what))
}

const certificateIn = (shown: readonly Shown[]): string =>
  shown.find(({ label }) => label === 'Certificate')?.text ?? ''

async function listOf(connector: Connector): Promise<Uint8Array> {
  if (connector.publishes === undefined) throw new Error('it publishes nothing')
  return connector.publishes.read(soon())
}

whereThereIsOne('ssh', () => {
  let system: SshHarness
  let connector: Connector
  beforeAll(async () => {
    system = await theSshd()
    connector = system.connect()
  })
  afterAll(async () => {
    await connector.close()
    await system.stop()
  })

  async function aHeldPlace(more: Target = {}) {
    const principal = await system.aPrincipal()
    const { target } = await system.aTarget()
    const place = { principal, target: { ...target, ...more } }
    await connector.give(giveCall(place.principal, place.target))
    return { ...place, brought: await system.handOver.brings(principal) }
  }

  const opens = (shown: readonly Shown[]) => system.handOver.opens(shown)

  /** What ssh-keygen reads in it. */
  async function read(shown: readonly Shown[]): Promise<string> {
    const path = join(await mkdtemp(join(system.base, 'read-')), 'certificate')
    await writeFile(path, `${certificateIn(shown)}\n`)
    return (await run('ssh-keygen', ['-L', '-f', path], { env: { ...process.env, TZ: 'UTC' } })).stdout
  }

  /** What ssh-keygen says of it by a list. */
  async function isRevoked(shown: readonly Shown[], list: Uint8Array): Promise<boolean> {
    const folder = await mkdtemp(join(system.base, 'revoked-'))
    await writeFile(join(folder, 'list'), list)
    await writeFile(join(folder, 'certificate.pub'), `${certificateIn(shown)}\n`)
    const args = ['-Q', '-f', join(folder, 'list'), join(folder, 'certificate.pub')]
    return run('ssh-keygen', args).then(
      () => false,
      (error: unknown) => {
        if (/REVOKED/.test(inspect(error))) return true
        throw error
      },
    )
  }

  test('what is shown opens the host, and its log says whose access it was', async () => {
    const place = await aHeldPlace()
    const shown = await made(connector, { ...place, accessId: 'grant-7 "x"' })
    expect(await opens(shown)).toBe(true)
    const [, serial] = /Serial: (\d+)/.exec(await read(shown)) ?? []
    expect(await system.sshd.log()).toContain(
      `ID curfew:grant-7__x_:${place.principal} (serial ${serial}) CA ED25519`,
    )
    expect(shown.map(({ label, file }) => [label, file])).toEqual([
      ['Certificate', 'id-curfew-cert.pub'],
      ['How to use it', undefined],
    ])
    expect(shown[0]?.text).toMatch(/^ssh-ed25519-cert-v01@openssh\.com \S+$/)
    expect(shown[1]?.text).toMatch(
      /^ssh -i ~\/.ssh\/id_ed25519 -o CertificateFile=id-curfew-cert.pub <account>@<host>\nFor deploy-/,
    )
  })

  test('without a certificate, and with the key of somebody else, nobody is let in', async () => {
    const place = await aHeldPlace()
    const certificate = certificateIn(await made(connector, place))
    await system.fetched()
    const strangers = await system.keyOf('a stranger')
    expect(await logIn(system.sshd, { key: strangers, certificate })).toBeNull()
  })

  test('the second look kills the first, before there is another', async () => {
    const place = await aHeldPlace()
    const first = await made(connector, place)
    const before = await opens(first)
    const second = await made(connector, place)
    expect([before, await opens(first), await opens(second)]).toEqual([true, false, true])
  })

  test('a second look that fails after it began has killed the first, and a third one works', async () => {
    const place = await aHeldPlace()
    const first = await made(connector, place)
    const gate = await aHeldUpProgram(system.base, '-q')
    const slow = connectSsh({ folder: system.folder, ca: { file: system.ca }, sshKeygen: gate.program })
    await gate.hold()
    const failing = failureOf(made(slow, place))
    await gate.waiting()
    const whileItIsMade = await isRevoked(first, await listOf(connector))
    await gate.breakOff()
    expect(whileItIsMade).toBe(true)
    expect(await failing).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(await opens(await made(slow, place))).toBe(true)
    await slow.close()
  })

  test('a take kills what was shown, and what was dead stays dead when it is given again', async () => {
    const place = await aHeldPlace()
    const first = await made(connector, place)
    const before = await opens(first)
    await connector.take(call(place.principal, place.target))
    const taken = await opens(first)
    await connector.give(giveCall(place.principal, place.target))
    const again = await opens(first)
    const second = await made(connector, place)
    expect([before, taken, again, await opens(second)]).toEqual([true, false, false, true])
  })

  test('a session that is open goes on after the take, and ends when its command bounds it', async () => {
    const [place, bounded] = [await aHeldPlace(), await aHeldPlace({ command: 'timeout --foreground 1 cat' })]
    const open = async (what: Asked) => {
      const certificate = certificateIn(await made(connector, what))
      const key = await system.keyOf(what.principal)
      await system.fetched()
      const session = await openSession(system.sshd, { key, certificate, command: 'cat' })
      const says = async (line: string) => {
        const said = once(session.stdout, 'data')
        session.stdin.write(line)
        return String(await said)
      }
      return { session, says }
    }
    const one = await open(place)
    expect(await one.says('before')).toBe('before')
    await connector.take(call(place.principal, place.target))
    await system.fetched()
    expect(await one.says('after')).toBe('after')
    one.session.stdin.end()
    const other = await open(bounded)
    expect(await other.says('begun')).toBe('begun')
    await Promise.all([one.session.removed, other.session.removed])
    expect([one.session.exitCode, other.session.exitCode]).toEqual([0, 124])
  })

  test('giving again, with a later end, leaves what was shown, and does not forget it', async () => {
    const place = await aHeldPlace()
    const shown = await made(connector, place)
    await connector.give(giveCall(place.principal, place.target))
    const before = await opens(shown)
    await connector.take(call(place.principal, place.target))
    expect([before, await opens(shown)]).toEqual([true, false])
  })

  test('taking from one leaves the certificates of others, and those for other targets', async () => {
    const [mine, others] = [await aHeldPlace(), await aHeldPlace()]
    const other = { ...mine, target: others.target }
    await connector.give(giveCall(other.principal, other.target))
    const shown = [await made(connector, others), await made(connector, other)]
    await made(connector, mine)
    await connector.take(call(mine.principal, mine.target))
    expect([await opens(shown[0] ?? []), await opens(shown[1] ?? [])]).toEqual([true, true])
  })

  test('whoever asks without holding gets nothing', async () => {
    const [place, { target }] = [await aHeldPlace(), await system.aTarget()]
    const failures = [
      await failureOf(made(connector, { ...place, principal: 'somebody else' })),
      await failureOf(made(connector, { ...place, target })),
    ]
    for (const failure of failures)
      expect(failure).toMatchObject({
        retryable: false,
        happened: 'no',
        message: 'Could not make a certificate: it is not held',
      })
  })

  test('a certificate is good from a minute ago to the end, by the time that Curfew goes by', async () => {
    const place = await aHeldPlace()
    const now = () => new Date('2031-05-06T07:08:09.900Z')
    const later = connectSsh({ folder: system.folder, ca: { file: system.ca } }, { now })
    const shown = await made(later, { ...place, until: new Date('2031-05-06T09:00:00.999Z') })
    expect(await read(shown)).toContain('Valid: from 2031-05-06T07:07:09 to 2031-05-06T09:00:00')
    const over = await failureOf(made(later, { ...place, until: new Date('2031-05-06T07:08:09.999Z') }))
    expect(over).toMatchObject({ retryable: false, happened: 'no' })
    await later.close()
  })

  test('at its end it opens nothing any more, though nobody takes it', async () => {
    const place = await aHeldPlace()
    const until = new Date(Date.now() + 3_000)
    const shown = await made(connector, { ...place, until })
    const before = await opens(shown)
    while (Date.now() < until.getTime()) await sleep(50)
    expect([before, await opens(shown)]).toEqual([true, false])
  })

  test('where it may be used from, what it runs and what it permits are in it', async () => {
    const elsewhere = await aHeldPlace({ from: ['10.0.0.0/8', '2001:db8::/32'] })
    const here = await aHeldPlace({ from: ['127.0.0.0/8'], command: 'echo "forced, $((1 + 1))"' })
    const bare = await aHeldPlace({ permit: [] })
    expect(await opens(await made(connector, elsewhere))).toBe(false)
    const certificate = certificateIn(await made(connector, here))
    const key = await system.keyOf(here.principal)
    expect(await logIn(system.sshd, { key, certificate })).toBe('forced, 2')
    expect(await read(await made(connector, bare))).toContain('Extensions: (none)')
    expect(
      await read(await made(connector, await aHeldPlace({ permit: ['pty', 'port-forwarding'] }))),
    ).toMatch(/Extensions: \n\s+permit-port-forwarding\n\s+permit-pty/)
  })

  test.each([
    [['-t', 'ed25519'], 'id_ed25519'],
    [['-t', 'ecdsa', '-b', '256'], 'id_ecdsa'],
    [['-t', 'ecdsa', '-b', '384'], 'id_ecdsa'],
    [['-t', 'ecdsa', '-b', '521'], 'id_ecdsa'],
    [['-t', 'rsa', '-b', '3072'], 'id_rsa'],
  ])('a key made by ssh-keygen %s is taken, with whatever comment', async (type, name) => {
    const place = await aHeldPlace()
    const key = join(await mkdtemp(join(system.base, 'type-')), 'key')
    await aKeyPair(key, ...type)
    const [word, base64] = (await readFile(`${key}.pub`, 'utf8')).split(' ')
    const shown = await made(connector, { ...place, brought: `  ${word}\t${base64} Ada's "own"; $(id)\r\n` })
    await system.fetched()
    expect(await logIn(system.sshd, { key, certificate: certificateIn(shown) })).toBe('in')
    expect(shown[1]?.text).toContain(`~/.ssh/${name} `)
  })

  test.each(['sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'])(
    'a key in a token (%s) is taken',
    async (type) => {
      const place = await aHeldPlace()
      const parts = type.startsWith('sk-ssh') ? [Buffer.alloc(32, 7)] : [Buffer.from('nistp256'), aPoint()]
      const shown = await made(connector, {
        ...place,
        brought: keyLine(type, [...parts, Buffer.from('ssh:')]),
      })
      expect(await read(shown)).toContain(`Type: ${type.split('@')[0]}-cert-v01@openssh.com user certificate`)
    },
  )

  describe('what is no public key is refused in words for whoever brought it', () => {
    const ed25519 = (bytes: Buffer) => keyLine('ssh-ed25519', [bytes])
    const good = ed25519(Buffer.alloc(32, 9))
    const privateKey =
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----'
    const pem = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const cases: [string, string | null, RegExp][] = [
      ['nothing', null, /^No public key came\. Paste the one line/],
      ['blanks', ' \n ', /^No public key came/],
      ['a private key', privateKey, /^That is a private key, .* make a new pair/],
      ['a private key of another form', pem.privateKey, /^That is a private key/],
      ['a private key in one line', privateKey.replaceAll('\n', ' '), /^That is a private key/],
      ['a key of PuTTY', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none', /^That is a private key/],
      ['a public key of another form', pem.publicKey, /^That public key is in another form.*ssh-keygen -i/],
      ['two keys', `${good}\n${good}`, /^That is more than one line/],
      ['options in front', `command="id" ${good}`, /^That does not begin with a type of key/],
      ['a certificate', `ssh-ed25519-cert-v01@openssh.com AAAA`, /^That is a certificate, and no public key/],
      ['a word', 'hunter2-hunter2', /^That does not begin with a type/],
      ['half a key', good.slice(0, -8), /^That key is not whole/],
      ['a short key', ed25519(Buffer.alloc(31, 9)), /^That key is not whole/],
      ['a key and more', `${good.slice(0, -1)}AAAA`, /^That key is not whole/],
      ['a key of another type', good.replace('ssh-ed25519', 'ssh-rsa'), /^That key is not whole/],
      ['base64 of nothing', 'ssh-ed25519 AAAA', /^That key is not whole/],
      ['another curve', keyLine('ecdsa-sha2-nistp256', [Buffer.from('nistp384'), aPoint()]), /not whole/],
      ['a short RSA key', rsaLine(2_048), /^That RSA key has 2048 bits, and needs 3072/],
      ['DSA', 'ssh-dss AAAAB3NzaC1kc3M=', /^Keys of type ssh-dss are not safe/],
      ['an end of text', `${good} a\u0000b`, /^That is no public key/],
      ['a book', `ssh-ed25519 ${'A'.repeat(20_000)}`, /^That is too long/],
      // Only ssh-keygen sees that it is on no curve.
      [
        'a point beside the curve',
        keyLine('ecdsa-sha2-nistp256', [Buffer.from('nistp256'), Buffer.alloc(65, 4)]),
        /ssh-keygen does not take that public key/,
      ],
    ]
    test.each(cases)('%s', async (_what, brought, words) => {
      const place = await aHeldPlace()
      const before = await made(connector, place)
      const failure = await failureOf(made(connector, { ...place, brought }))
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toMatch(words)
      expectNoneOf(
        failure,
        (brought ?? '')
          .split(/\s+/)
          .filter((word) => word.length >= 12 && !/^[\w-]+:?$|cert-v01@/.test(word)),
      )
      // What they had is not lost by that.
      expect(await isRevoked(before, await listOf(connector))).toBe(false)
    })
  })

  test('of two replicas that revoke at the same moment neither loses what the other did', async () => {
    const replicas = [system.connect(), system.connect(), system.connect()]
    const places = await Promise.all(Array.from({ length: 12 }, () => aHeldPlace()))
    const shown = await Promise.all(places.map((place) => made(connector, place)))
    await Promise.all(
      places.map(async ({ principal, target }, i) => replicas[i % 3]?.take(call(principal, target))),
    )
    const list = await listOf(connector)
    for (const one of shown) expect(await isRevoked(one, list)).toBe(true)
    await Promise.all(replicas.map((replica) => replica.close()))
  })

  test('a replica that stood still while it wrote the list does not put it over a newer one', async () => {
    const looking = await aHeldUpProgram(system.base, '-Q')
    const writing = await aHeldUpProgram(system.base, '-k', looking.program)
    const slow = connectSsh({ folder: system.folder, ca: { file: system.ca }, sshKeygen: writing.program })
    const [mine, others] = [await aHeldPlace(), await aHeldPlace()]
    const [first, second] = [await made(connector, mine), await made(connector, others)]
    await writing.hold()
    const taking = slow.take(call(mine.principal, mine.target))
    await writing.waiting()
    await connector.take(call(others.principal, others.target))
    await looking.hold()
    await writing.letGo()
    await looking.waiting()
    const has = await connector.has({ ...others, signal: soon() })
    await looking.letGo()
    await taking
    const list = await listOf(connector)
    expect(has).toBe(false)
    expect([await isRevoked(first, list), await isRevoked(second, list)]).toEqual([true, true])
    await slow.close()
  })

  test('a certificate that is signed in the very moment of a take is revoked too', async () => {
    const gate = await aHeldUpProgram(system.base, '-q')
    const slow = connectSsh({ folder: system.folder, ca: { file: system.ca }, sshKeygen: gate.program })
    const place = await aHeldPlace()
    await gate.hold()
    const making = made(slow, place)
    await gate.waiting()
    await connector.take(call(place.principal, place.target))
    await gate.letGo()
    expect(await opens(await making)).toBe(false)
    await slow.close()
  })

  test('a take whose list could not be written is not done, and what it began is finished by whoever reads', async () => {
    const gate = await aHeldUpProgram(system.base, '-k')
    const slow = connectSsh({ folder: system.folder, ca: { file: system.ca }, sshKeygen: gate.program })
    const place = await aHeldPlace()
    const shown = await made(connector, place)
    await gate.hold()
    const signal = AbortSignal.timeout(400)
    const failure = await failureOf(slow.take({ ...call(place.principal, place.target), signal }))
    await gate.letGo()
    await slow.close()
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(await connector.has({ ...place, signal: soon() })).toBe(true)
    expect(await isRevoked(shown, await listOf(connector))).toBe(true)
  })

  test('a list that was damaged or lost is made anew before it is served, and until then nothing is gone', async () => {
    for (const harm of ['cut short', 'lost']) {
      const own = await anAuthority(system.base)
      const alone = connectSsh({ folder: own.folder, ca: { file: own.ca } })
      const place = { principal: 'ada', target: { principals: ['ops'] } }
      await alone.give(giveCall(place.principal, place.target))
      const shown = await made(alone, { ...place, brought: await system.handOver.brings('ada') })
      await alone.take(call(place.principal, place.target))
      const [taken, lists] = [await alone.has({ ...place, signal: soon() }), join(own.folder, 'krl')]
      if (harm === 'lost') await rm(lists, { recursive: true })
      else for (const name of await readdir(lists)) await truncate(join(lists, name, 'krl'), 20)
      const [harmed, list] = [await alone.has({ ...place, signal: soon() }), await listOf(alone)]
      expect([taken, harmed, await alone.has({ ...place, signal: soon() })]).toEqual([false, true, false])
      expect(await isRevoked(shown, list)).toBe(true)
      await alone.close()
    }
  })

  test('a folder that is not mounted says of nobody that they hold nothing, and serves no list', async () => {
    const own = await anAuthority(system.base)
    const alone = connectSsh({ folder: own.folder, ca: { file: own.ca } })
    const empty = (await listOf(alone)).length
    await rename(own.folder, `${own.folder}-away`)
    const place = { principal: 'ada', target: { principals: ['ops'] } }
    const failures = [
      await failureOf(alone.has({ ...place, signal: soon() })),
      await failureOf(listOf(alone)),
    ]
    await alone.close()
    expect(empty).toBe(44)
    for (const failure of failures) {
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect(failure.message).toMatch(/there is no .*ca\.pub that can be read .* not mounted, or not set up/)
    }
  })

  test('what was signed by an authority of before stays revoked', async () => {
    const [old, next] = [await anAuthority(system.base), await anAuthority(system.base)]
    const before = connectSsh({ folder: old.folder, ca: { file: old.ca } })
    const place = { principal: 'ada', target: { principals: ['ops'] } }
    await before.give(giveCall(place.principal, place.target))
    const shown = await made(before, { ...place, brought: await system.handOver.brings('ada') })
    await before.close()
    await writeFile(join(old.folder, 'ca.pub'), `# both for a while\n${next.line}\n${old.line}`)
    const after = connectSsh({ folder: old.folder, ca: { file: next.ca } })
    await after.take(call(place.principal, place.target))
    expect(await isRevoked(shown, await listOf(after))).toBe(true)
    await after.close()
  })

  test('what expired more than a day ago leaves the list', async () => {
    const own = await anAuthority(system.base)
    let nowMs = Date.now()
    const alone = connectSsh({ folder: own.folder, ca: { file: own.ca } }, { now: () => new Date(nowMs) })
    const place = { principal: 'ada', target: { principals: ['ops'] } }
    const brought = await system.handOver.brings('ada')
    const takenAfter = async () => {
      await alone.give(giveCall(place.principal, place.target))
      const shown = await made(alone, { ...place, brought, until: new Date(nowMs + 3_600_000) })
      await alone.take(call(place.principal, place.target))
      return shown
    }
    const first = await takenAfter()
    nowMs += 20 * 3_600_000
    const second = await takenAfter()
    const soonAfter = await listOf(alone)
    nowMs += 6 * 3_600_000
    await takenAfter()
    const later = await listOf(alone)
    expect([await isRevoked(first, soonAfter), await isRevoked(second, soonAfter)]).toEqual([true, true])
    expect([await isRevoked(first, later), await isRevoked(second, later)]).toEqual([false, true])
    await alone.close()
  })

  describe("the authority's key", () => {
    test('may be a text, and is left nowhere', async () => {
      const own = await anAuthority(system.base)
      const alone = connectSsh({ folder: own.folder, ca: own.text })
      const place = { principal: 'ada', target: { principals: ['ops'] } }
      await alone.give(giveCall(place.principal, place.target))
      const shown = await made(alone, { ...place, brought: await system.handOver.brings('ada') })
      expect(await read(shown)).toContain('Type: ssh-ed25519-cert-v01@openssh.com user certificate')
      await failureOf(made(alone, { ...place, brought: 'ssh-rsa AAAA' }))
      await alone.close()
      const folders = (await readdir(tmpdir())).filter((name) => name.startsWith('curfew-ssh-'))
      const left = await Promise.all(
        folders.map((name) => readFile(join(tmpdir(), name, 'ca'), 'utf8').catch(() => '')),
      )
      expect(left.map((text) => text.trim())).not.toContain(own.text.trim())
    })

    test('may be a file that others may read, as mounted secrets are', async () => {
      const own = await anAuthority(system.base)
      await chmod(own.ca, 0o444)
      const alone = connectSsh({ folder: own.folder, ca: { file: own.ca } })
      expect(await alone.check({ targets: [{ principals: ['ops'] }], signal: soon() })).toEqual([])
      await alone.close()
    })

    test.each([
      ['garbage', 'hunter2-hunter2', /does not accept the authority's private key: /],
      ['one with a passphrase', null, /incorrect passphrase/],
    ])('%s is said, and never repeated', async (_what, text, words) => {
      const own = await anAuthority(system.base)
      const path = join(await mkdtemp(join(system.base, 'ca-')), 'ca')
      if (text === null) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'hunter2-hunter2', '-f', path])
      else await writeFile(path, text, { mode: 0o600 })
      const hidden: string[] = []
      const alone = connectSsh(
        { folder: own.folder, ca: { file: path } },
        { hide: (secret) => void hidden.push(secret) },
      )
      const failure = await failureOf(alone.check({ targets: [], signal: soon() }))
      await alone.close()
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toMatch(words)
      const file = await readFile(path, 'utf8')
      expect(hidden).toContain(file.trimEnd())
      expectNoneOf(
        failure,
        file.split('\n').filter((line) => line !== ''),
      )
    })
  })

  test.each(['folder', 'sshKeygen', 'ca'])(
    '%s is opened by whoever starts Curfew, or not at all',
    async (what) => {
      const own = await anAuthority(system.base)
      const gate = await aHeldUpProgram(system.base)
      const settings = { folder: own.folder, ca: { file: own.ca }, sshKeygen: gate.program }
      const path = { folder: own.folder, ca: own.ca, sshKeygen: gate.program }[what]
      const alone = connectSsh(settings, { opens: (asked) => asked !== path })
      const failure = await failureOf(
        alone.has({ principal: 'ada', target: { principals: ['ops'] }, signal: soon() }),
      )
      await alone.close()
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toContain(`${path} is not opened to catalogs: see CATALOG_FILES`)
    },
  )

  test('each remedy mends what the check says', async () => {
    const own = await anAuthority(system.base)
    await chmod(own.folder, 0o775)
    const alone = connectSsh({ folder: own.folder, ca: { file: own.ca } })
    const [lack] = await alone.check({ targets: [], signal: soon() })
    await run('sh', ['-c', lack?.remedy ?? 'false'])
    expect(await alone.check({ targets: [], signal: soon() })).toEqual([])
    await alone.close()
  })

  test('a program that is not there is said, with where it comes from', async () => {
    const own = await anAuthority(system.base)
    const settings = { folder: own.folder, ca: { file: own.ca }, sshKeygen: '/nowhere/ssh-keygen' }
    const alone = connectSsh(settings)
    const failure = await failureOf(alone.check({ targets: [], signal: soon() }))
    await alone.close()
    expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    expect(failure.message).toContain('/nowhere/ssh-keygen cannot be started (ENOENT)')
  })

  test('a host keeps the list that it has, while there is no whole one to be had', async () => {
    const script = join(system.base, 'fetch-revoked')
    const list = join(await mkdtemp(join(system.base, 'host-')), 'revoked-keys')
    await run(script, [system.url, list])
    const had = await readFile(list)
    await run(script, [`${system.url}-other`, list]).catch((error: unknown) => error)
    const half = join(system.base, 'half')
    await copyFile(list, half)
    await truncate(half, had.length - 3)
    await run(script, [`file://${half}`, list]).catch((error: unknown) => error)
    expect(await readFile(list)).toEqual(had)
    expect(await readdir(join(list, '..'))).toEqual(['revoked-keys'])
  })
})

describe('what the catalog may say', () => {
  const faultOf = (target: unknown) =>
    ssh.target.safeParse(target).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

  test.each([
    [{}, ['principals: Invalid input: expected array, received undefined']],
    [{ principals: [] }, ['principals: must name a principal']],
    [{ principals: [''] }, ['principals.0: must not be empty']],
    ...['a,b', 'a b', 'a"b', "a'b", 'a\\b', 'a\nb', 'a\u0000b', 'a\u202eb'].map(
      (name): [object, string[]] => [
        { principals: [name] },
        ['principals.0: must hold no comma, space, quote, backslash or control character'],
      ],
    ),
    [
      { principals: ['ops'], from: ['example.com'] },
      ['from.0: must be an address or a network, such as 10.1.0.0/16'],
    ],
    [{ principals: ['ops'], from: [] }, ['from: must name an address']],
    [{ principals: ['ops'], command: 'a\nb' }, ['command: must hold no control character']],
    [
      { principals: ['ops'], permit: ['everything'] },
      [
        'permit.0: Invalid option: expected one of "pty"|"agent-forwarding"|"port-forwarding"|"X11-forwarding"|"user-rc"',
      ],
    ],
    [{ principals: ['ops'], validity: '10y' }, [': Unrecognized key: "validity"']],
  ])('of a target: %j', (target, faults) => expect(faultOf(target)).toEqual(faults))

  test.each(['relative', '/a/../b', '/a/', '/a//b'])('no folder: %s', (folder) => {
    const { error } = ssh.settings.safeParse({ folder, ca: 'key' })
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'must be an absolute path, without .. and without a slash at its end',
    ])
  })

  test('what is not said and what it stands for is one target', () => {
    expect(ssh.canonical({ principals: ['b', 'a'] })).toBe(
      ssh.canonical({ principals: ['a', 'b', 'a'], permit: ['pty'] }),
    )
    expect(ssh.canonical({ principals: ['a'], permit: [] })).not.toBe(ssh.canonical({ principals: ['a'] }))
  })
})

function expectNoneOf(failure: ConnectorError, secrets: readonly string[]): void {
  const everything = inspect(failure, { depth: 12, showHidden: true }) + String(failure.stack)
  for (const secret of secrets) expect(everything).not.toContain(secret)
}

/** As RFC 4253 writes it. */
function keyLine(type: string, parts: readonly Buffer[]): string {
  const all = [Buffer.from(type), ...parts].map((part) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    return Buffer.concat([length, part])
  })
  return `${type} ${Buffer.concat(all).toString('base64')}`
}

/** One on the curve. */
function aPoint(): Buffer {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
}

function rsaLine(bits: number): string {
  const { n = '' } = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' })
  return keyLine('ssh-rsa', [
    Buffer.from([1, 0, 1]),
    Buffer.concat([Buffer.alloc(1), Buffer.from(n, 'base64url')]),
  ])
}
