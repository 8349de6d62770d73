import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { kubernetes } from '../../src/connectors/kubernetes/kubernetes.ts'
import {
  connectorErrorOf,
  unused,
  type Connector,
  type Lack,
  type Target,
} from '../../src/domain/connector.ts'
import { aGate } from '../../src/testing/gate.ts'
import { startKubernetes } from '../support/kubernetes.ts'
import {
  call,
  connectorContract,
  everyHolder,
  failureOf,
  giveCall,
  surroundings,
} from '../../src/testing/contract.ts'
import { aGuardedCluster, api, rbac, type KubernetesHarness } from './kubernetes-harness.ts'

connectorContract('kubernetes (stand-in)', aGuardedCluster, {
  untried: { vanish: 'a cluster knows of nobody: any name can be bound' },
})

const soon = () => AbortSignal.timeout(5_000)
const short = () => randomBytes(4).toString('hex')
const user = (name: string) => ({ kind: 'User', apiGroup: rbac, name })

describe('kubernetes', () => {
  let system: KubernetesHarness
  let connector: Connector
  beforeAll(async () => {
    system = await aGuardedCluster()
    connector = system.connect()
  })
  afterAll(async () => {
    await connector.close()
    await system.stop()
  })
  async function aPlace() {
    const principal = await system.aPrincipal()
    const role = await system.aRole('Role')
    await system.entrust({ kind: 'Role', name: role })
    return { principal, target: { namespace: system.namespace, role }, role }
  }
  const ours = async () =>
    (await system.bindings()).filter(
      ({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'curfew',
    )
  const oursOf = async (role: string) => (await ours()).filter(({ roleRef }) => roleRef.name === role)

  test('who looks at the cluster sees whose a binding is, and what it gives to whom', async () => {
    const { principal, target, role } = await aPlace()
    await connector.give(giveCall(principal, target))
    const [binding] = await oursOf(role)
    expect(binding?.metadata.name).toMatch(/^curfew-[0-9a-f]{40}$/)
    expect(binding?.metadata.annotations).toEqual({
      'curfew/principal': principal,
      'curfew/gives': `the Role ${role} in the namespace ${system.namespace}`,
    })
  })

  test('a give that was held up on its way may come after the take, and the connector says how late', async () => {
    const { principal, target } = await aPlace()
    const gate = await aGate(system.port)
    const by = system.connectBy(gate.port)
    // The give itself waits, and not the look at its role before.
    gate.holdFrom((bytes) => bytes.includes('PATCH'))
    const failure = await failureOf(
      by.give({ ...giveCall(principal, target), signal: AbortSignal.timeout(400) }),
    )
    await connector.take(call(principal, target))
    const between = await connector.has({ principal, target, signal: soon() })
    gate.release()
    while (!(await connector.has({ principal, target, signal: soon() }))) await sleep(10)
    await connector.take(call(principal, target))
    await by.close()
    await gate.close()
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect([between, await system.reallyHolds(principal, target)]).toEqual([false, false])
    expect(by.lateMs).toBe(30_000)
  })

  test('how late what was given up may come is what the catalog says', () => {
    const settings = { url: 'https://cluster.example.com', token: 'x' }
    const lateOf = (more: object) =>
      kubernetes.connect(kubernetes.settings.parse({ ...settings, ...more }), unused(100)).lateMs
    expect([lateOf({}), lateOf({ late: '2m' })]).toEqual([30_000, 120_000])
    expect(kubernetes.settings.safeParse({ ...settings, late: '11m' }).success).toBe(false)
  })

  test.each([
    ['second', 'listed'],
    ['first', false],
  ])('a token in a file is read anew where it is not accepted: %s', async (next, outcome) => {
    const folder = await mkdtemp(join(tmpdir(), 'curfew-token-'))
    const file = join(folder, 'token')
    await writeFile(file, 'first\n')
    const asked: unknown[] = []
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization)
      if (request.headers.authorization === 'Bearer second')
        response.end(JSON.stringify({ metadata: {}, items: [] }))
      else {
        writeFileSync(file, next)
        response.writeHead(401).end(JSON.stringify({ kind: 'Status', message: 'Unauthorized' }))
      }
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const by = kubernetes.connect(
      kubernetes.settings.parse({ url: `http://127.0.0.1:${port}`, token: { file } }),
      surroundings(2_500),
    )
    const listed = await everyHolder(by, { namespace: 'a', role: 'b' }).then(
      () => 'listed',
      (error: unknown) => connectorErrorOf(error)?.retryable,
    )
    await by.close()
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
    expect(listed).toBe(outcome)
    expect(asked).toEqual(next === 'second' ? ['Bearer first', 'Bearer second'] : ['Bearer first'])
  })

  test('giving again changes nothing at all, its version neither', async () => {
    const { principal, target, role } = await aPlace()
    await connector.give(giveCall(principal, target))
    const before = await oursOf(role)
    await connector.give(giveCall(principal, target))
    expect(await oursOf(role)).toEqual(before)
  })

  test('what was there before, by a binding of somebody else for several, is seen and never taken', async () => {
    const { principal, target, role } = await aPlace()
    await system.bind({ name: `team-${short()}`, role, subjects: [user('grace'), user(principal)] })
    const before = await connector.has({ principal, target, signal: soon() })
    await connector.give(giveCall(principal, target))
    const listed = await everyHolder(connector, target)
    await connector.take(call(principal, target))
    expect(before).toBe(true)
    expect(listed.sort()).toEqual([principal, 'grace'].sort())
    expect(await oursOf(role)).toEqual([])
    expect(await connector.has({ principal, target, signal: soon() })).toBe(true)
    expect([await system.may(principal, role), await system.may('grace', role)]).toEqual([true, true])
  })

  test('a binding of somebody else is seen however many others come before it', async () => {
    const { principal, target, role } = await aPlace()
    await system.fill(target, 501)
    await system.bind({ name: `zzz-${short()}`, role, subjects: [user(principal)] })
    expect(await connector.has({ principal, target, signal: soon() })).toBe(true)
  })

  test('a role and a cluster role of the same name are two things', async () => {
    const { principal, target, role } = await aPlace()
    await system.bind({ name: `role-${short()}`, role, subjects: [user(principal)] })
    const other = { namespace: system.namespace, clusterRole: role }
    expect(await connector.has({ principal, target, signal: soon() })).toBe(true)
    expect(await connector.has({ principal, target: other, signal: soon() })).toBe(false)
    expect(connector.canonical(other)).not.toBe(connector.canonical(target))
  })

  test('what comes by a group, or in all namespaces, is not held directly', async () => {
    const { principal, target, role } = await aPlace()
    const group = { kind: 'Group', apiGroup: rbac, name: principal }
    await system.bind({ name: `group-${short()}`, role, subjects: [group] })
    expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
    expect(await everyHolder(connector, target)).toEqual([])
  })

  test('who was put into our binding by hand is out of it once it is given again', async () => {
    const { principal, target, role } = await aPlace()
    await connector.give(giveCall(principal, target))
    const [binding] = await oursOf(role)
    const path = `${api}/namespaces/${system.namespace}/rolebindings/${binding?.metadata.name ?? ''}`
    await system.server.admin('PUT', path, {
      ...z.record(z.string(), z.unknown()).parse(await system.server.admin('GET', path)),
      subjects: [user('mallory')],
    })
    const between = await connector.has({ principal, target, signal: soon() })
    await connector.give(giveCall(principal, target))
    expect(between).toBe(false)
    expect(await everyHolder(connector, target)).toEqual([principal])
  })

  test('a binding of our name that gives another role is replaced', async () => {
    const { principal, target, role } = await aPlace()
    await connector.give(giveCall(principal, target))
    const [binding] = await oursOf(role)
    const name = binding?.metadata.name ?? ''
    await connector.take(call(principal, target))
    await system.bind({ name, role: await system.aRole('Role'), subjects: [user(principal)] })
    const between = await connector.has({ principal, target, signal: soon() })
    await connector.give(giveCall(principal, target))
    expect([between, await system.may(principal, role)]).toEqual([false, true])
  })

  test('a cluster role is given in one namespace, and in all where the target says so', async () => {
    const principal = await system.aPrincipal()
    const clusterRole = await system.aRole('ClusterRole')
    await system.entrust({ kind: 'ClusterRole', name: clusterRole })
    const everywhere = { clusterWide: true, clusterRole }
    const here = { namespace: system.namespace, clusterRole }
    const seen = async () => [
      await system.may(principal, clusterRole),
      await system.may(principal, clusterRole, { namespace: 'default' }),
    ]
    await connector.give(giveCall(principal, here))
    const inOne = await seen()
    await connector.take(call(principal, here))
    await follow(await connector.check({ targets: [everywhere], signal: soon() }))
    await connector.give(giveCall(principal, everywhere))
    const inAll = await seen()
    const has = [
      await connector.has({ principal, target: everywhere, signal: soon() }),
      await connector.has({ principal, target: here, signal: soon() }),
      await everyHolder(connector, everywhere),
    ]
    await connector.take(call(principal, everywhere))
    expect({ inOne, inAll, has, after: await seen() }).toEqual({
      inOne: [true, false],
      inAll: [true, true],
      has: [true, false, [principal]],
      after: [false, false],
    })
  })

  test('a group holds it, and a user of the same name does not', async () => {
    const { target, role } = await aPlace()
    const target2 = { ...target, subject: 'Group' }
    await connector.give(giveCall('dba', target2))
    expect([
      await system.may('ada', role, { groups: ['dba'] }),
      await system.may('dba', role),
      await connector.has({ principal: 'dba', target, signal: soon() }),
      await everyHolder(connector, target2),
    ]).toEqual([true, false, false, ['dba']])
    expect(connector.canonical(target2)).not.toBe(connector.canonical(target))
  })

  test('a service account is found however a binding names it', async () => {
    const { target, role } = await aPlace()
    const accounts = { ...target, subject: 'ServiceAccount' }
    await connector.give(giveCall('ci:runner', accounts))
    const may = await system.may('system:serviceaccount:ci:runner', role)
    await connector.take(call('ci:runner', accounts))
    await system.bind({
      name: `by-hand-${short()}`,
      role,
      subjects: [{ kind: 'ServiceAccount', name: 'here' }, user('system:serviceaccount:ci:other')],
    })
    expect(may).toBe(true)
    expect((await everyHolder(connector, accounts)).sort()).toEqual(['ci:other', `${system.namespace}:here`])
    expect(await connector.has({ principal: 'ci:other', target: accounts, signal: soon() })).toBe(true)
  })

  test.each([
    ['system:masters', 'User', /are of Kubernetes itself/],
    ['system:authenticated', 'Group', /are of Kubernetes itself/],
    ['', 'User', /no User can be called so/],
    ['half \ud800 of one', 'User', /no User can be called so/],
    ['runner', 'ServiceAccount', /is written namespace:name/],
    ['ci:Runner', 'ServiceAccount', /is written namespace:name/],
  ])('%s is given nothing as a %s', async (principal, subject, why) => {
    const { target } = await aPlace()
    const failure = await failureOf(connector.give(giveCall(principal, { ...target, subject })))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toMatch(why)
    await connector.take(call(principal, { ...target, subject }))
  })

  test.each(['a\u2028b', 'a\u0085b', 'a\u007fb', '\ufeffa', 'a\nb: c', ' "x" #y'])(
    'somebody called %j is nobody else, although what is applied is read as YAML',
    async (name) => {
      const { target, role } = await aPlace()
      await connector.give(giveCall(name, target))
      expect(await everyHolder(connector, target)).toEqual([name])
      expect([await system.may(name, role), await system.may(name.trim(), role)]).toEqual([
        true,
        name === name.trim(),
      ])
    },
  )

  test('a role that one may bind before it is there is given once it is there, and not before', async () => {
    const principal = await system.aPrincipal()
    const target = { namespace: system.namespace, role: `to-come-${short()}` }
    await system.entrust({ kind: 'Role', name: target.role })
    const failure = await failureOf(connector.give(giveCall(principal, target)))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain(`the Role ${target.role} does not exist`)
    expect(await oursOf(target.role)).toEqual([])
  })

  test('a namespace that is not there cannot be given, says so, and has nothing left to take', async () => {
    const principal = await system.aPrincipal()
    const { gone, target } = await aNamespaceThatWent()
    const failure = await failureOf(connector.give(giveCall(principal, target)))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain(`the namespace ${gone} does not exist`)
    await connector.take(call(principal, target))
    expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
  })

  test('a namespace that is being deleted can be taken from, and not given', async () => {
    const principal = await system.aPrincipal()
    const { target, ending } = await aNamespace()
    await connector.give(giveCall(principal, target))
    await system.server.admin('DELETE', `/api/v1/namespaces/${ending}`)
    const failure = await failureOf(connector.give(giveCall(`${principal} again`, target)))
    await connector.take(call(principal, target))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain('the namespace is being deleted')
    expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
  })

  test('a role that Curfew may not bind is refused for good, although it may write bindings', async () => {
    const principal = await system.aPrincipal()
    const role = await system.aRole('Role')
    await system.entrust({ kind: 'Role', name: `${role} of another name` })
    await letRead(role)
    const target = { namespace: system.namespace, role }
    const failure = await failureOf(connector.give(giveCall(principal, target)))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toMatch(/lacks the right \(403\).*permissions not currently held/)
    expect(await system.may(principal, role)).toBe(false)
  })

  test.each<[string, () => Promise<Target>]>([
    ['a role', async () => ({ namespace: 'default', role: await system.aRole('Role', 'default') })],
    [
      'a cluster role in a namespace',
      async () => ({ namespace: 'default', clusterRole: await system.aRole('ClusterRole') }),
    ],
    [
      'a cluster role everywhere',
      async () => ({ clusterWide: true, clusterRole: await system.aRole('ClusterRole') }),
    ],
    ['a role that is not there', async () => ({ namespace: 'default', role: `none-${short()}` })],
    ['a cluster role that is not there', async () => ({ clusterWide: true, clusterRole: `none-${short()}` })],
    [
      'a service account',
      async () => ({
        namespace: 'default',
        role: await system.aRole('Role', 'default'),
        subject: 'ServiceAccount',
      }),
    ],
  ])('whoever follows the remedies of the check can give and take %s', async (_what, make) => {
    const weak = system.connectWith({ token: 'token-of-somebody-weak' })
    const target = await make()
    for (let round = 0; round < 4; round += 1) {
      const lacks = await weak.check({ targets: [target], signal: soon() })
      if (lacks.length === 0) break
      await follow(lacks)
    }
    expect(await weak.check({ targets: [target], signal: soon() })).toEqual([])
    const principal = target['subject'] === 'ServiceAccount' ? 'ci:runner' : 'ada'
    await weak.give(giveCall(principal, target))
    const listed = await everyHolder(weak, target)
    await weak.take(call(principal, target))
    await weak.close()
    expect(listed).toEqual([principal])
  })

  test('whoever applies what the page says has all rights that the targets of the page need', async () => {
    const page = await readFile(new URL('../../docs/connectors/kubernetes.md', import.meta.url), 'utf8')
    const [example = '', rights = ''] = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml)
    const targets = [...example.matchAll(/target: (\{.*?\})/g)].map(([, target]) =>
      z.record(z.string(), z.unknown()).parse(parse(target ?? '')),
    )
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'orders' } })
    for (const [kind, name] of [
      ['Role', 'reader'],
      ['ClusterRole', 'edit'],
      ['ClusterRole', 'node-reader'],
    ] as const)
      await apply({
        apiVersion: `${rbac}/v1`,
        kind,
        metadata: { name, ...(kind === 'Role' ? { namespace: 'orders' } : {}) },
        rules: [],
      })
    for (const document of parseAllDocuments(rights)) await apply(document.toJS())
    const account = system.connectWith({ token: 'token-of-the-account' })
    const lacks = await account.check({ targets, signal: soon() })
    await account.close()
    expect(targets).toHaveLength(3)
    expect(lacks).toEqual([])
  })

  test('a service account of Curfew is granted what it lacks as what it is', async () => {
    const account = system.connectWith({ token: 'token-of-the-account' })
    const target = { namespace: 'default', role: await system.aRole('Role', 'default') }
    const [lack] = await account.check({ targets: [target], signal: soon() })
    await account.close()
    expect(lack?.remedy).toMatch(/- kind: ServiceAccount\n +name: curfew\n +namespace: curfew\nEOF$/)
  })

  test('the check says that a namespace is not there, and how it comes into being', async () => {
    const { gone, target } = await aNamespaceThatWent()
    const lacks = await connector.check({ targets: [target], signal: soon() })
    expect(lacks).toEqual([
      { what: `the namespace ${gone} does not exist`, remedy: `kubectl create namespace ${gone}` },
    ])
    await follow(lacks)
    expect(await connector.check({ targets: [target], signal: soon() })).toEqual([])
  })

  test('the check writes nothing', async () => {
    const { target } = await aPlace()
    const before = await system.bindings()
    await connector.check({ targets: [target], signal: soon() })
    expect(await system.bindings()).toEqual(before)
  })

  test('a token that is mounted is read anew at each call, and kept out of the log', async () => {
    const { principal, target } = await aPlace()
    const folder = await mkdtemp(join(tmpdir(), 'token-'))
    const file = join(folder, 'token')
    await writeFile(file, 'an-old-token\n')
    const hidden: string[] = []
    const url = `http://127.0.0.1:${system.port}`
    const rotating = kubernetes.connect(kubernetes.settings.parse({ url, token: { file } }), {
      ...surroundings(2_000),
      hide: (secret) => void hidden.push(secret),
    })
    const failure = await failureOf(rotating.give(giveCall(principal, target)))
    await writeFile(file, `${system.secrets[0] ?? ''}\n`)
    await rotating.give(giveCall(principal, target))
    await rotating.close()
    await rm(folder, { recursive: true })
    expect(failure.message).toContain('did not accept')
    expect(hidden).toEqual(expect.arrayContaining(['an-old-token', system.secrets[0]]))
  })

  async function aNamespace() {
    const ending = `ending-${short()}`
    await system.server.admin('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: ending },
    })
    const clusterRole = await system.aRole('ClusterRole')
    const target = { namespace: ending, clusterRole }
    await follow(await connector.check({ targets: [target], signal: soon() }))
    return { ending, target }
  }

  /** Curfew may do everything in it, by rights in all namespaces. */
  async function aNamespaceThatWent() {
    const gone = `gone-${short()}`
    const clusterRole = await system.aRole('ClusterRole')
    await system.entrust({ kind: 'ClusterRole', name: clusterRole })
    const name = `everywhere-${short()}`
    const verbs = ['get', 'list', 'create', 'delete', 'patch']
    await apply({
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        { apiGroups: [rbac], resources: ['rolebindings'], verbs },
        { apiGroups: [rbac], resources: ['clusterroles'], resourceNames: [clusterRole], verbs: ['bind'] },
      ],
    })
    await apply({
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [user('curfew')],
    })
    return { gone, target: { namespace: gone, clusterRole } }
  }

  async function letRead(role: string) {
    const name = `reads-${short()}`
    const rule = { apiGroups: [rbac], resources: ['roles'], resourceNames: [role], verbs: ['get'] }
    const metadata = { name, namespace: system.namespace }
    await apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: [rule] })
    await system.bind({ name, role: name, subjects: [user('curfew')] })
  }

  /** Does what the remedies say, as an admin who copies them. */
  async function follow(lacks: readonly Lack[]): Promise<void> {
    for (const { remedy } of lacks) {
      const [, namespace] = /^kubectl create namespace (\S+)$/.exec(remedy ?? '') ?? []
      const [, yaml] = /^kubectl apply -f - <<'EOF'\n([^]*)EOF$/.exec(remedy ?? '') ?? []
      if (namespace !== undefined)
        await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
      else if (yaml !== undefined)
        for (const document of parseAllDocuments(yaml)) await apply(document.toJS())
      else throw new Error(`what is to be done? ${remedy ?? 'nothing is said'}`)
    }
  }

  async function apply(object: unknown): Promise<void> {
    const { kind, metadata } = z
      .object({ kind: z.string(), metadata: z.object({ namespace: z.string().optional() }) })
      .parse(object)
    const where = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
    const plural = `${kind.toLowerCase()}s`
    await system.server.admin(
      'POST',
      kind === 'Namespace' ? '/api/v1/namespaces' : `${api}${where}/${plural}`,
      z.record(z.string(), z.unknown()).parse(object),
    )
  }
})

test('a list that went stale while it was read is a failure to try again, and never a short list', async () => {
  const system = await aGuardedCluster(['--compact-after-ms', '0'])
  const connector = system.connect()
  const { target } = await system.aTarget()
  await system.fill(target, 600)
  const first = await connector.list({ target, after: null, signal: soon() })
  await system.bind({ name: 'meanwhile', role: String(target['role']), subjects: [] })
  const failures = [await failureOf(connector.list({ target, after: first.next, signal: soon() }))]
  await connector.close()
  await system.stop()
  expect(failures).toMatchObject([{ retryable: true, happened: 'no' }])
})

test('a server that takes longer than Curfew waits does nothing later', async () => {
  const system = await aGuardedCluster(['--slow-ms', '400'])
  const patient = system.connect()
  const connector = system.connectWith({}, 300)
  const role = await system.aRole('Role')
  await system.entrust({ kind: 'Role', name: role })
  const target = { namespace: system.namespace, role }
  const signal = AbortSignal.timeout(300)
  const failure = await failureOf(connector.give({ ...giveCall('ada', target), signal }))
  await sleep(400)
  const really = await system.may('ada', role)
  await patient.give(giveCall('ada', target))
  const once = await system.may('ada', role)
  await Promise.all([connector.close(), patient.close()])
  await system.stop()
  expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  expect([really, once]).toEqual([false, true])
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl && process.env['CI']) throw new Error('openssl is not here: apt-get install openssl')
const withOpenssl = hasOpenssl ? test : test.skip

withOpenssl(
  'a certificate of an own authority is trusted where the settings hold it, and not else',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'authority-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    await promisify(execFile)(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat(
        ['-keyout', key, '-out', cert, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ),
    )
    const server = await startKubernetes({
      tokens: { good: 'curfew' },
      options: ['--cert', cert, '--key', key],
    })
    const url = `https://127.0.0.1:${server.port}`
    const connectors = [undefined, { file: cert }, await readFile(cert, 'utf8')].map((ca) =>
      kubernetes.connect(
        kubernetes.settings.parse({ url, token: 'good', ...(ca === undefined ? {} : { ca }) }),
        surroundings(2_000),
      ),
    )
    const answers = await Promise.all(
      connectors.map((connector) =>
        connector.check({ targets: [], signal: soon() }).catch((error: unknown) => error),
      ),
    )
    await Promise.all(connectors.map((connector) => connector.close()))
    await server.stop()
    await rm(folder, { recursive: true })
    expect(answers).toMatchObject([{ retryable: true, happened: 'no' }, [], []])
  },
)

describe('kubernetes, where what answers is not as it should be', () => {
  const target = { namespace: 'orders', role: 'reader' }
  const place = { principal: 'ada', target }
  let answer: RequestListener
  const asked: string[] = []
  const server = createServer((request, response) => {
    request.resume()
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
    answer(request, response)
  })
  let connector: Connector
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const url = `http://127.0.0.1:${port}/k8s/clusters/c-1/`
    connector = kubernetes.connect(
      kubernetes.settings.parse({ url, token: 'the-token' }),
      surroundings(2_000),
    )
  })
  afterAll(async () => {
    await connector.close()
    server.closeAllConnections()
    server.close()
  })
  const says = (status: number, body: unknown): void => {
    answer = (_request, response) => response.writeHead(status).end(JSON.stringify(body))
  }
  const aStatus = (reason: string, message = 'why') => ({
    kind: 'Status',
    reason,
    message,
    details: { kind: 'rolebindings', name: 'x' },
  })

  test('a url with a path leads below it, and the server is told to give up before we do', async () => {
    says(200, { kind: 'Status' })
    asked.splice(0)
    await connector.take(call('ada', target))
    expect(asked).toEqual([
      expect.stringMatching(
        /^DELETE \/k8s\/clusters\/c-1\/apis\/rbac\.authorization\.k8s\.io\/v1\/namespaces\/orders\/rolebindings\/curfew-[0-9a-f]{40}\?timeout=1600ms$/,
      ),
    ])
    expect(connector.where).toMatch(/^kubernetes http:\/\/127\.0\.0\.1:\d+\/k8s\/clusters\/c-1$/)
  })

  test.each([
    [{ error: 'no such page' }],
    [{ kind: 'Status', reason: 'Expired', details: { kind: 'rolebindings', name: 'x' } }],
    [{ kind: 'Status', reason: 'NotFound', message: 'could not find the requested resource', details: {} }],
  ])('a 404 with %j is not taken for "it is gone"', async (body) => {
    says(404, body)
    const failures = [
      await failureOf(connector.take(call('ada', target))),
      await failureOf(connector.has({ ...place, signal: soon() })),
    ]
    for (const failure of failures) expect(failure).toMatchObject({ retryable: false, happened: 'no' })
  })

  test('a page of a gateway with 200 is no answer', async () => {
    says(200, '<html>Sign in</html>')
    const failures = [
      await failureOf(connector.give(giveCall('ada', target))),
      await failureOf(connector.take(call('ada', target))),
      await failureOf(connector.has({ ...place, signal: soon() })),
      await failureOf(connector.list({ target, after: null, signal: soon() })),
      await failureOf(connector.check({ targets: [], signal: soon() })),
    ]
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  })

  test.each([
    [409, 'Conflict', { retryable: true, happened: 'no' }],
    [422, 'Invalid', { retryable: false, happened: 'no' }],
    [429, 'TooManyRequests', { retryable: true, happened: 'unknown' }],
    [500, 'InternalError', { retryable: true, happened: 'unknown' }],
    [503, 'ServiceUnavailable', { retryable: true, happened: 'unknown' }],
    [504, 'Timeout', { retryable: true, happened: 'unknown' }],
  ])('%i is said as it is', async (status, reason, kind) => {
    says(status, aStatus(reason, 'why, by the-token'))
    const failure = await failureOf(connector.take(call('ada', target)))
    expect(failure).toMatchObject(kind)
    expect(failure.message).toContain('why')
    expect(failure.message).not.toContain('the-token')
  })

  test.each<[Target, RegExp]>([
    [{ namespace: 'orders' }, /must name either a role or a clusterRole/],
    [{ namespace: 'orders', role: 'a', clusterRole: 'b' }, /must name either a role or a clusterRole/],
    [{ clusterRole: 'a' }, /must name either a namespace or clusterWide: true/],
    [{ clusterRole: 'a', namespace: 'b', clusterWide: true }, /either a namespace or clusterWide/],
    [{ role: 'a', clusterWide: true }, /needs a clusterRole/],
    [{ namespace: 'Orders', role: 'a' }, /must be the name of a namespace/],
    [{ namespace: 'orders', role: 'a/b' }, /must be the name of a role/],
    [{ namespace: 'orders', role: 'a', clusterWide: false }, /expected true/],
  ])('the target %j is refused', (written, why) => {
    const parsed = kubernetes.target.safeParse(written)
    expect(parsed.error?.issues.map(({ message }) => message).join()).toMatch(why)
  })

  test.each([
    [{ url: 'http://cluster.example.com', token: 'a' }, /must be https/],
    [{ url: 'https://cluster.example.com/?a=b', token: 'a' }, /nothing after its path/],
    [{ url: 'https://cluster.example.com' }, /must be a text/],
  ])('the settings %j are refused', (written, why) => {
    const parsed = kubernetes.settings.safeParse(written)
    expect(parsed.error?.issues.map(({ message }) => message).join()).toMatch(why)
  })
})
