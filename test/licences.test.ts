import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { z } from 'zod'

/** Whoever runs Curfew may, and can say what it is made of. */

/** Those that ask for nothing but to be named. */
const allowed = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD']

/** Others, and why they are no trouble. */
const exceptions: Readonly<Record<string, { licence: string; because: string }>> = {
  'lru-cache': {
    licence: 'BlueOak-1.0.0',
    because: 'asks for less than MIT: to pass on its text or a link to it',
  },
  'scim2-parse-filter': {
    licence: 'Unlicense',
    because: 'given to the public domain, with nothing asked for',
  },
}

const packages = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string().optional(),
        license: z.string().optional(),
        dev: z.boolean().optional(),
        devOptional: z.boolean().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync('package-lock.json', 'utf8'))).packages

const running = Object.entries(packages)
  .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
  .map(([path, { version = '', license = '' }]) => ({
    path,
    name: path.replace(/^.*node_modules\//, ''),
    version,
    licence: license,
  }))

test('each package that runs has a licence that is allowed, or is named with why', () => {
  expect(running.length).toBeGreaterThan(100)
  const refused = running.filter(
    ({ name, licence }) => !allowed.includes(licence) && exceptions[name]?.licence !== licence,
  )
  expect(refused).toEqual([])
  const needless = Object.keys(exceptions).filter((name) => !running.some((one) => one.name === name))
  expect(needless).toEqual([])
})

test('what is installed says the same of itself, and carries no more than one licence', () => {
  const said = z.object({ version: z.string(), license: z.string() })
  const otherwise = running.flatMap(({ path, version, licence }) => {
    // What is for other machines is not installed on this one.
    if (!existsSync(`${path}/package.json`)) return []
    const own = said.safeParse(JSON.parse(readFileSync(`${path}/package.json`, 'utf8')))
    const isSame = own.success && own.data.version === version && own.data.license === licence
    return isSame ? [] : [path]
  })
  expect(otherwise).toEqual([])
})

test('./scripts/sbom lists each of them, and nothing that only builds or tries it', async () => {
  const bom = z.object({
    bomFormat: z.literal('CycloneDX'),
    metadata: z.object({ component: z.object({ name: z.literal('curfew'), version: z.string() }) }),
    components: z.array(
      z.object({
        group: z.string().optional(),
        name: z.string(),
        version: z.string(),
        purl: z.string().regex(/^pkg:npm\//),
        licenses: z.array(z.unknown()).min(1),
      }),
    ),
    dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
  })
  const { stdout } = await promisify(execFile)('./scripts/sbom', [], { maxBuffer: 20_000_000 })
  const { components } = bom.parse(JSON.parse(stdout))
  const listed = components.map(({ name, version }) => `${name} ${version}`)
  expect([...new Set(listed)].sort()).toEqual(
    [...new Set(running.map(({ name, version }) => `${name} ${version}`))].sort(),
  )
}, 30_000)
