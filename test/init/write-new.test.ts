import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../../src/config.ts'
import { isThere, leftBeside, writeNew } from '../../src/init/write-new.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-write-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const files = [
  { name: 'catalog.yml', text: 'ours', mode: 0o644 },
  { name: '.env', text: 'secret', mode: 0o600 },
]
const names = files.map(({ name }) => name)

test('all of them are written, with their modes, and nothing stays beside', async () => {
  expect(writeNew(folder, files)).toBeNull()
  expect((await readdir(folder)).sort()).toEqual(['.env', 'catalog.yml'])
  expect(await readFile(join(folder, '.env'), 'utf8')).toBe('secret')
  expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600)
})

test.each(['catalog.yml', '.env'])(
  'where %s came meanwhile it stays as it is, and none of them is written',
  async (name) => {
    await writeFile(join(folder, name), 'theirs')
    expect(writeNew(folder, files)).toBe(name)
    expect(await readdir(folder)).toEqual([name])
    expect(await readFile(join(folder, name), 'utf8')).toBe('theirs')
  },
)

test('nothing is written through a link, even one to nowhere', async () => {
  await symlink(join(folder, 'elsewhere'), join(folder, '.env'))
  expect(isThere(folder, '.env')).toBe(true)
  expect(writeNew(folder, files)).toBe('.env')
  expect(await readdir(folder)).toEqual(['.env'])
})

test('two who write at once: one does, and the other is told', async () => {
  const said = await Promise.all([1, 2].map(async () => writeNew(folder, files)))
  expect(said).toEqual([null, 'catalog.yml'])
  expect(leftBeside(folder, names)).toEqual([])
})

test('a folder that takes no files is named, and why', () => {
  const write = () => writeNew(join(folder, 'no-such'), files)
  expect(write).toThrow(ConfigError)
  expect(write).toThrow(/no-such does not take files \(ENOENT\)/)
})
