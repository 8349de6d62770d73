import { z } from 'zod'
import { startKubernetes, type Kubernetes } from '../support/kubernetes.ts'
import { api, rbac } from './kubernetes-harness.ts'

/** What was tried on kube-apiserver 1.34.4, asked of the stand-in: so that both answer alike. */
describe('the stand-in for Kubernetes', () => {
  let server: Kubernetes
  beforeAll(async () => {
    server = await startKubernetes({ tokens: { weak: 'curfew', strong: 'owner' } })
    await server.admin('POST', `${api}/namespaces/default/roles`, {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    })
    const verbs = ['get', 'list', 'create', 'delete', 'patch']
    const rules = [{ apiGroups: [rbac], resources: ['rolebindings'], verbs }]
    const metadata = { name: 'binder' }
    await server.admin('POST', `${api}/clusterroles`, {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata,
      rules,
    })
    await server.admin('POST', `${api}/clusterrolebindings`, {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'binder' },
      subjects: [{ kind: 'User', apiGroup: rbac, name: 'curfew' }],
    })
  })
  afterAll(() => server.stop())

  const bindings = `${api}/namespaces/default/rolebindings`
  const binding = (name: string, role = 'reader', user = 'ada') => ({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'Role', name: role },
    subjects: [{ kind: 'User', apiGroup: rbac, name: user }],
  })
  const said = z.looseObject({
    message: z.string().optional(),
    metadata: z.looseObject({ resourceVersion: z.string().optional(), continue: z.string().optional() }),
  })
  async function ask(method: string, path: string, body?: object, token = 'admin-of-the-cluster') {
    const type = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json'
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { ...said.parse(await answer.json()), status: answer.status }
  }
  const apply = (name: string, body: object, query = 'fieldManager=one&force=true') =>
    ask('PATCH', `${bindings}/${name}?${query}`, body)

  test('creates once and deletes once', async () => {
    const statuses = []
    for (const [method, path] of [
      ['POST', bindings],
      ['POST', bindings],
      ['DELETE', `${bindings}/once`],
      ['DELETE', `${bindings}/once`],
    ] as const)
      statuses.push((await ask(method, path, method === 'POST' ? binding('once') : undefined)).status)
    expect(statuses).toEqual([201, 409, 200, 404])
  })

  test('applies with 201, then 200 under the same version, and never another role', async () => {
    const answers = [
      await apply('applied', binding('applied')),
      await apply('applied', binding('applied')),
      await apply('applied', binding('applied', 'reader', 'grace')),
      await apply('applied', binding('applied', 'other')),
    ]
    const [first, second, third] = answers.map(({ metadata }) => metadata.resourceVersion)
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 422])
    expect([second === first, third === first]).toEqual([true, false])
    expect(answers[3]?.message).toContain('cannot change roleRef')
  })

  test('keeps what another manager set, unless it is forced', async () => {
    await apply('managed', binding('managed'))
    const other = binding('managed', 'reader', 'grace')
    const statuses = [
      (await apply('managed', other, 'fieldManager=two')).status,
      (await apply('managed', other, 'fieldManager=two&force=true')).status,
      (await apply('managed', other, 'force=true')).status,
    ]
    expect(statuses).toEqual([409, 200, 422])
  })

  test('lets nobody give what they neither hold nor may bind, nor a role that is not there', async () => {
    const answers = [
      await ask('POST', bindings, binding('weak'), 'weak'),
      await ask('POST', bindings, binding('weak', 'no-such-role'), 'weak'),
      await ask('POST', bindings, binding('weak'), 'strong'),
      await ask('POST', bindings, binding('weak'), 'unknown'),
      await ask('POST', bindings.replace('default', 'nowhere'), binding('weak')),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 404, 403, 401, 404])
    expect(answers[0]?.message).toContain('is attempting to grant RBAC permissions not currently held')
    expect(answers[2]?.message).toContain('User "owner" cannot create resource "rolebindings"')
    expect(answers[4]?.message).toBe('namespaces "nowhere" not found')
  })

  test('lists in pages, and what a selector selects', async () => {
    const labelled = { ...binding('labelled'), metadata: { name: 'labelled', labels: { a: 'b' } } }
    await ask('POST', bindings, labelled)
    await ask('POST', bindings, binding('plain'))
    const list = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) })
    const names = async (query: string) =>
      list.parse(await server.admin('GET', `${bindings}?${query}`)).items.map(({ metadata }) => metadata.name)
    const first = await ask('GET', `${bindings}?limit=1`)
    const rest = await names(`limit=100&continue=${first.metadata.continue ?? ''}`)
    const statuses = [
      (await ask('GET', `${bindings}?continue=nonsense`)).status,
      (await ask('GET', `${bindings}?fieldSelector=roleRef.name%3Dreader`)).status,
    ]
    expect([...(await names('limit=1')), ...rest]).toEqual(await names(''))
    expect(await names('labelSelector=a%3Db')).toEqual(['labelled'])
    expect(await names('fieldSelector=metadata.name%3Dplain')).toEqual(['plain'])
    expect(statuses).toEqual([400, 400])
  })
})
