import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { hasKubernetesValidate, wrongManifests } from '../support/kubernetes-validate.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/*
 * No cluster is here: the manifests are judged by the schemas that Kubernetes publishes, and read together. Not covered: what
 * a cluster's admission adds, and whether the image starts.
 */

const folder = fileURLToPath(new URL('../../deploy/kubernetes/', import.meta.url))
const names = readdirSync(folder).sort()
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8')
const read = (name: string): unknown => parse(textOf(name))

const label = 'app.kubernetes.io/name'
const labels = z.strictObject({ [label]: z.literal('curfew') })
const probe = z.looseObject({ httpGet: z.strictObject({ path: z.string(), port: z.literal('http') }) })
const deployment = z.looseObject({
  spec: z.looseObject({
    replicas: z.number(),
    selector: z.strictObject({ matchLabels: labels }),
    template: z.looseObject({
      metadata: z.strictObject({ labels }),
      spec: z.looseObject({
        serviceAccountName: z.string(),
        automountServiceAccountToken: z.literal(false),
        securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.number().min(1) }),
        containers: z.tuple([
          z.looseObject({
            image: z.string(),
            env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
            ports: z.tuple([z.strictObject({ name: z.literal('http'), containerPort: z.number() })]),
            startupProbe: probe,
            livenessProbe: probe,
            readinessProbe: probe,
            resources: z.looseObject({ requests: z.looseObject({}), limits: z.looseObject({}) }),
            securityContext: z.strictObject({
              allowPrivilegeEscalation: z.literal(false),
              readOnlyRootFilesystem: z.literal(true),
              capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
            }),
            volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
})
const { spec } = deployment.parse(read('deployment.yaml'))
const pod = spec.template.spec
const [container] = pod.containers

const whenInstalled = hasKubernetesValidate() ? test : test.skip

/** The oldest and the newest that they are judged by. */
whenInstalled.each(['1.27', '1.34'])(
  'the manifests are what Kubernetes %s takes, with no key that it does not know',
  async (version) => {
    expect(
      await wrongManifests(
        names.map((name) => join(folder, name)),
        version,
      ),
    ).toBeNull()
    // It tells: a key that was mistyped is found.
    const odd = await mkdtemp(join(tmpdir(), 'curfew-manifest-'))
    afterThis(() => rm(odd, { recursive: true }))
    const file = join(odd, 'deployment.yaml')
    await writeFile(
      file,
      textOf('deployment.yaml').replace('readOnlyRootFilesystem', 'readOnlyRootFileSystem'),
    )
    expect(await wrongManifests([file], version)).toContain('readOnlyRootFileSystem')
  },
  60_000,
)

test('two replicas run as nobody in particular, with nothing to write to and no token of the cluster', () => {
  expect(spec.replicas).toBe(2)
  expect(container.image).toMatch(/:[^:@]+$/)
  expect(container.image).not.toMatch(/:latest$/)
  const mounted = container.volumeMounts.map(({ name }) => name).sort()
  expect(pod.volumes.map(({ name }) => name).sort()).toEqual(mounted)
})

test('what the other manifests choose is what the deployment makes', () => {
  const chosen = z.looseObject({ spec: z.looseObject({ selector: labels }) })
  const limited = z.looseObject({
    spec: z.looseObject({ podSelector: z.strictObject({ matchLabels: labels }) }),
  })
  const kept = z.looseObject({
    spec: z.strictObject({ minAvailable: z.number(), selector: z.strictObject({ matchLabels: labels }) }),
  })
  const account = z.looseObject({ metadata: z.looseObject({ name: z.literal(pod.serviceAccountName) }) })
  chosen.parse(read('service.yaml'))
  limited.parse(read('network-policy.yaml'))
  account.parse(read('service-account.yaml'))
  // With as many as there are nothing could ever be drained.
  expect(kept.parse(read('pod-disruption-budget.yaml')).spec.minAvailable).toBeLessThan(spec.replicas)
})

test('it is asked where Curfew answers, and listens where it is asked', () => {
  const { startupProbe, livenessProbe, readinessProbe, env, ports } = container
  const paths = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)
  expect(paths).toEqual(['/livez', '/livez', '/readyz'])
  const port = String(ports[0].containerPort)
  expect(env).toContainEqual({ name: 'PORT', value: port })
  const catalog = env.find(({ name }) => name === 'CATALOG')?.value
  expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain(catalog)
})
