import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCatalog } from '../../src/catalog/load.ts'
import { writeProblem } from '../../src/catalog/problem.ts'
import { GOOD, options } from './reading.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-'))
})
afterEach(() => rm(folder, { recursive: true }))

const TEAM = GOOD.slice(0, GOOD.indexOf('systems:')) + GOOD.slice(GOOD.indexOf('resources:'))
const SYSTEMS = 'version: 1\n' + GOOD.slice(GOOD.indexOf('systems:'), GOOD.indexOf('resources:'))

async function problemsOf(path: string) {
  const reading = await loadCatalog(path, options)
  return reading.ok ? [] : reading.problems.map(writeProblem)
}

test('a folder of files is one catalog; hidden files, other files and subfolders are no part of it', async () => {
  await mkdir(join(folder, '..2026'))
  await writeFile(join(folder, '..2026', 'orders.yaml'), TEAM)
  await symlink(join('..2026', 'orders.yaml'), join(folder, 'orders.yaml'))
  await writeFile(join(folder, 'systems.yml'), SYSTEMS)
  await writeFile(join(folder, '.orders.yml.swp.yml'), 'garbage: [')
  await writeFile(join(folder, 'README.md'), '# Ours')
  const reading = await loadCatalog(folder, options)
  expect(reading.ok && [...reading.catalog.resources.keys()]).toEqual(['orders-db'])
})

test('complaints name a file as the owner knows it', async () => {
  await writeFile(join(folder, 'orders.yml'), TEAM.replace('system: cluster', 'system: clutser'))
  await writeFile(join(folder, 'systems.yml'), SYSTEMS)
  expect(await problemsOf(folder)).toEqual([
    'orders.yml:9:13 resources.orders-db.system: "clutser" is not a system; did you mean "cluster"?',
  ])
  const file = join(folder, 'systems.yml')
  expect(await problemsOf(file)).toEqual([
    `${file}:1:1 resources: is missing: no file says what there is to ask for`,
  ])
})

test('what cannot be read is a complaint, not a crash', async () => {
  expect(await problemsOf(folder)).toEqual([`${folder}:1:1 has no *.yml or *.yaml file`])
  const nowhere = join(folder, 'nowhere.yml')
  expect(await problemsOf(nowhere)).toEqual([`${nowhere}:1:1 cannot be read: ENOENT`])
  const large = join(folder, 'large.yml')
  await writeFile(large, `${GOOD}#${'x'.repeat(1024 * 1024)}`)
  expect(await problemsOf(large)).toEqual([`${large}:1:1 is larger than 1 MB`])
})

test('more than 200 files are refused', async () => {
  await Promise.all(Array.from({ length: 201 }, (_, n) => writeFile(join(folder, `team-${n}.yml`), TEAM)))
  expect(await problemsOf(folder)).toEqual([`${folder}:1:1 has more than 200 files`])
})

test('the fingerprint follows the files', async () => {
  const file = join(folder, 'catalog.yml')
  const fingerprint = async (text: string) => {
    await writeFile(file, text)
    const reading = await loadCatalog(file, options)
    return reading.ok ? reading.catalog.fingerprint : 'broken'
  }
  expect(await fingerprint(GOOD)).toBe(await fingerprint(GOOD))
  expect(await fingerprint(GOOD + '# a remark')).not.toBe(await fingerprint(GOOD))
})
