import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const lockSchema = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().default(false) })) })
const packedSchema = z.array(
  z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }),
)

/** Nothing of this test run's own reaches what strangers run. */
const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] }
const run = (program: string, words: readonly string[], cwd: string, more: Record<string, string> = {}) =>
  promisify(execFile)(program, words, { cwd, env: { ...environment, ...more } })

/** Outside this repository: Curfew as it is packed, and the package that docs/connectors/your-own.md builds. */
let folder: string
let project: string
let files: readonly string[]
let page: ReadonlyMap<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-package-'))
  project = join(folder, 'curfew-radius')
  page = await filesOf(join(root, 'docs/connectors/your-own.md'))
  for (const [name, text] of page) {
    await mkdir(dirname(join(project, name)), { recursive: true })
    await writeFile(join(project, name), text)
  }
  const [tarball] = await Promise.all([packed(), copiedPackages()])
  const offline = ['--offline', '--cache', join(folder, 'cache'), '--ignore-scripts', '--no-audit']
  await run('npm', ['install', '--save-peer', ...offline, tarball], project)
}, 180_000)
afterAll(() => rm(folder, { recursive: true, force: true }), 180_000)

/** The files that a page prints, each below its name. */
async function filesOf(path: string): Promise<ReadonlyMap<string, string>> {
  const blocks = (await readFile(path, 'utf8')).matchAll(/^`(\S+)`:\n\n```\w+\n([\s\S]+?)^```$/gm)
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]))
}

/** Builds and packs what is here now. Its types are `npm run check`'s to judge; here they are only written. */
async function packed(): Promise<string> {
  const build = join(folder, 'curfew')
  await Promise.all(
    ['tsconfig.build.json', 'tsconfig.types.json'].map((config) =>
      run(process.execPath, [tsc, '-p', config, '--noCheck', '--outDir', `${build}/dist`], root),
    ),
  )
  for (const name of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'docs'])
    await cp(join(root, name), join(build, name), { recursive: true })
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts'], build)
  const [made] = packedSchema.parse(JSON.parse(stdout))
  if (made === undefined) throw new Error('nothing was packed')
  files = made.files.map(({ path }) => path)
  return join(build, made.filename)
}

/** What Curfew and the page's package need is here already: nothing is downloaded, so it cannot be out of reach. */
async function copiedPackages(): Promise<void> {
  const { packages } = lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')))
  const ofThePage = ['@types/node', 'undici-types', 'typescript'].map((name) => `node_modules/${name}`)
  const wanted = Object.entries(packages)
    .filter(
      ([path, { dev }]) =>
        /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && (!dev || ofThePage.includes(path)),
    )
    .map(([path]) => path)
  for (const path of [...wanted, 'node_modules/.bin'].filter((path) => existsSync(join(root, path))))
    await cp(join(root, path), join(project, path), { recursive: true, verbatimSymlinks: true })
}

test('what is packed runs, is typed and documented, and holds neither sources nor tests', () => {
  const entries = ['connector', 'testing'].flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`])
  const wanted = [...entries, 'dist/cli.js', 'docs/connectors/your-own.md', 'LICENSE']
  expect(files).toEqual(expect.arrayContaining(wanted))
  expect(files.filter((path) => /^(src|test|scripts|node_modules)\//.test(path))).toEqual([])
})

test("the page's connector is 40 lines", () => {
  const lines = page.get('src/radius.ts')?.split('\n') ?? []
  expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(40)
})

const typed = `
import { defineConnector } from 'curfew/connector'
import { connectorContract } from 'curfew/testing'
import radius from './radius.ts'

// @ts-expect-error: a kind of system says how its targets are written
export const nothing = defineConnector({ kind: 'nothing' })
// @ts-expect-error: a system is started, and stopped
export const untested = () => connectorContract('nothing', async () => ({ connect: () => radius }))
`

test("the page's package, by its own npm test, is built with our types and passes our contract", async () => {
  await writeFile(join(project, 'src/typed.ts'), typed)
  const { stdout } = await run('npm', ['test'], project)
  expect(stdout).toMatch(/^# fail 0$/m)
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(30)
}, 120_000)

test('our types are found by bundlers too', async () => {
  const bundler = ['--noEmit', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler']
  await run(process.execPath, [tsc, '-p', '.', ...bundler], project)
}, 120_000)

test.each([
  ['the name of its package', '@acme/curfew-radius'],
  ['its path', './built/radius.js'],
])("a catalog elsewhere names the page's connector by %s", async (_what, name) => {
  const elsewhere = await mkdtemp(join(folder, 'catalog-'))
  await mkdir(join(elsewhere, 'node_modules/@acme'), { recursive: true })
  await symlink(project, join(elsewhere, 'node_modules/@acme/curfew-radius'))
  await symlink(join(project, 'dist'), join(elsewhere, 'built'))
  const catalog = page.get('catalog.yml')?.replace('@acme/curfew-radius', name) ?? ''
  await writeFile(join(elsewhere, 'catalog.yml'), catalog)
  const { stdout } = await run(
    join(project, 'node_modules/.bin/curfew'),
    ['check', 'catalog.yml'],
    elsewhere,
    {
      CATALOG_CONNECTORS: name,
      CATALOG_VARIABLES: 'RADIUS_TOKEN',
      RADIUS_TOKEN: 'hush',
    },
  )
  expect(stdout).toContain(`wifi    ${name}`)
})
