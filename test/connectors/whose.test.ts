import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { asOf, isOf, strangerBehind } from '../../src/connectors/whose.ts'

let folder: string
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'curfew-whose-')))
  await mkdir(join(folder, 'access'))
  await writeFile(join(folder, 'access', 'radius.mjs'), '')
})
afterEach(() => rm(folder, { recursive: true }))

const thrownIn = (...files: string[]) =>
  Object.assign(new Error('oops'), {
    stack: ['Error: oops', ...files.map((file) => `    at work (${file}:1:1)`)].join('\n'),
  })

test.each(['path', 'address'])('what leads into the folder of a stranger by its %s is theirs', (by) => {
  const file = join(folder, 'access', 'radius.mjs')
  isOf('./access/radius.mjs', pathToFileURL(file).href)
  const written = by === 'path' ? file : pathToFileURL(file).href
  expect(strangerBehind(thrownIn('node:internal/timers', written))).toBe('./access/radius.mjs')
})

test('it is theirs too where the folder is reached by a link', async () => {
  await symlink(join(folder, 'access'), join(folder, 'link'))
  isOf('./link/radius.mjs', pathToFileURL(join(folder, 'link', 'radius.mjs')).href)
  expect(strangerBehind(thrownIn(join(folder, 'access', 'radius.mjs')))).toBe('./link/radius.mjs')
})

test("a name in the words of an error, and an error that cannot be read, are nobody's", () => {
  isOf('./access/radius.mjs', pathToFileURL(join(folder, 'access', 'radius.mjs')).href)
  expect(strangerBehind(new Error(join(folder, 'access', 'radius.mjs')))).toBeNull()
  expect(strangerBehind('oops')).toBeNull()
  const odd = Object.defineProperty(new Error('oops'), 'stack', {
    get: () => {
      throw new TypeError('no stack')
    },
  })
  expect(strangerBehind(odd)).toBeNull()
})

test("what was started in a stranger's name is theirs whenever it runs, and what waits for it is not", async () => {
  const late = asOf(
    'radius',
    () => new Promise((resolve) => setTimeout(() => resolve(strangerBehind(new Error('oops'))), 5)),
  )
  expect(await late).toBe('radius')
  expect(strangerBehind(new Error('oops'))).toBeNull()
})

test("what is ours is nobody else's, though a stranger is in a folder around it", () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  isOf('./package.json', pathToFileURL(join(root, 'package.json')).href)
  expect(strangerBehind(thrownIn(join(root, 'src/main.ts')))).toBeNull()
  expect(strangerBehind(thrownIn(join(root, 'node_modules/mongodb/lib/index.js')))).toBeNull()
  expect(strangerBehind(thrownIn(join(root, 'radius.mjs')))).toBe('./package.json')
})
