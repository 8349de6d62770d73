import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog } from '../../src/domain/catalog.ts'
import { openCatalog, type OpenCatalog, type OpenOptions, type Reloading } from '../../src/catalog/watch.ts'
import { GOOD, options } from './reading.ts'

let folder: string
let file: string
let watching: OpenCatalog | null = null
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'))
  file = join(folder, 'catalog.yml')
  await writeFile(file, GOOD)
})
afterEach(async () => {
  await watching?.close()
  watching = null
  await rm(folder, { recursive: true })
})

/** In one step, as many editors do: nobody ever reads half of it. */
async function replaceBy(text: string): Promise<void> {
  await writeFile(join(folder, '4913~'), text)
  await rename(join(folder, '4913~'), file)
}

const named = (name: string) => GOOD.replace('Orders database', name)
const nameIn = (catalog: Catalog) => catalog.resources.get('orders-db')?.name

/** Everything that was said, and a way to wait for the next word. */
async function watchIt(more: Partial<OpenOptions & Reloading> = {}) {
  const heard: string[] = []
  let wake = () => {}
  const hear = (word: string) => {
    heard.push(word)
    wake()
  }
  watching = await openCatalog({ ...options, path: file, settleMs: 30, pollMs: 60_000, ...more })
  await watching.follow({
    onReload: (next, previous) => hear(`${nameIn(previous)} → ${nameIn(next)}`),
    onBroken: (problems) => hear(problems.join('; ')),
    ...more,
  })
  const until = async (count: number) => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve))
    return heard
  }
  return { watch: watching, heard, until }
}

test('a saved change is there a moment later', async () => {
  const { watch, until } = await watchIt()
  expect(nameIn(watch.current())).toBe('Orders database')
  await writeFile(file, named('Orders'))
  expect(await until(1)).toEqual(['Orders database → Orders'])
  expect(nameIn(watch.current())).toBe('Orders')
})

test('editors that replace the file by a new one are followed, again and again', async () => {
  const { until } = await watchIt()
  for (const [count, name] of ['One', 'Two', 'Three'].entries()) {
    await replaceBy(named(name))
    await until(count + 1)
  }
  expect(await until(3)).toEqual(['Orders database → One', 'One → Two', 'Two → Three'])
})

test('a Kubernetes volume that swaps its ..data link is followed', async () => {
  const mount = join(folder, 'mount')
  for (const [version, name] of [
    ['..1', 'First'],
    ['..2', 'Second'],
  ] as const) {
    await mkdir(join(mount, version), { recursive: true })
    await writeFile(join(mount, version, 'catalog.yml'), named(name))
  }
  await symlink('..1', join(mount, '..data'))
  await symlink(join('..data', 'catalog.yml'), join(mount, 'catalog.yml'))
  const { until } = await watchIt({ path: mount })
  await symlink('..2', join(mount, '..data_tmp'))
  await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  expect(await until(1)).toEqual(['First → Second'])
})

test('a broken edit keeps the last good catalog and says what is wrong once; mending it is seen', async () => {
  const { watch, until, heard } = await watchIt({ pollMs: 20 })
  await writeFile(file, GOOD.replace('C0123ACCESS', 'nowhere'))
  await until(1)
  expect(heard[0]).toContain('catalog.yml:3:12 defaults.channel')
  expect(nameIn(watch.current())).toBe('Orders database')
  await writeFile(file, named('Mended'))
  expect(await until(2)).toEqual([heard[0], 'Orders database → Mended'])
})

test('the same broken content is judged once, however often it is looked at', async () => {
  let judged = 0
  const env = {
    CATALOG_VARIABLES: 'DEMO_URL',
    get DEMO_URL() {
      judged++
      return 'demo://here'
    },
  }
  const { until, heard } = await watchIt({ pollMs: 10, settleMs: 1, env })
  await replaceBy(GOOD.replace('C0123ACCESS', 'nowhere'))
  await until(1)
  expect(judged).toBe(2)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(judged).toBe(2)
  await replaceBy(GOOD.replace('C0123ACCESS', 'elsewhere'))
  await until(2)
  expect(judged).toBe(3)
  expect(heard[1]).toContain('elsewhere')
})

test('a file that is gone for a while is only said, and nothing changes', async () => {
  const { watch, until } = await watchIt()
  await rm(file)
  expect(await until(1)).toEqual([`${file}:1:1 cannot be read: ENOENT`])
  expect(nameIn(watch.current())).toBe('Orders database')
})

test('a file is read once it stays the same: half of one that is being written does not count', async () => {
  const { until, heard } = await watchIt({ settleMs: 150 })
  const two = GOOD + GOOD.slice(GOOD.indexOf('  orders-db:')).replace('orders-db', 'reports')
  await writeFile(file, GOOD.replace('Orders database', 'Half'))
  await new Promise((resolve) => setTimeout(resolve, 60))
  await writeFile(file, two)
  await until(1)
  expect(heard).toEqual(['Orders database → Orders database'])
})

test('a change that is missed by the file system is found by looking', async () => {
  const hidden = await mkdtemp(join(tmpdir(), 'elsewhere-'))
  await writeFile(join(hidden, 'real.yml'), GOOD)
  const link = join(folder, 'link.yml')
  await symlink(join(hidden, 'real.yml'), link)
  const { until } = await watchIt({ path: link, pollMs: 20 })
  await writeFile(join(hidden, 'real.yml'), named('Seen'))
  expect(await until(1)).toEqual(['Orders database → Seen'])
  await rm(hidden, { recursive: true })
})

// A large catalog was read from the disk every five seconds: a form that was opened meanwhile came late.
test('files that stand on the disk as they did are not read again, and a change is seen all the same', async () => {
  const large = 900_000
  await writeFile(file, `${GOOD}# ${'-'.repeat(large)}\n`)
  const { until } = await watchIt({ pollMs: 10, settleMs: 10 })
  const before = await bytesRead()
  await sleep(1_000)
  expect((await bytesRead()) - before).toBeLessThan(3 * large)
  await replaceBy(named('Orders'))
  expect(await until(1)).toEqual(['Orders database → Orders'])
  await replaceBy(GOOD)
  expect(await until(2)).toHaveLength(2)
})

/** By this process so far, from whatever. Source: proc_pid_io(5), rchar. */
async function bytesRead(): Promise<number> {
  const [, bytes] = /^rchar: (\d+)$/m.exec(await readFile('/proc/self/io', 'utf8')) ?? []
  return Number(bytes)
}

test('a reload that may not be is refused, said once, and let in when it may be', async () => {
  let isHeld = true
  let asked = 0
  const accept = async () => {
    asked++
    return isHeld ? 'system cluster is still held' : null
  }
  const { watch, until } = await watchIt({ accept, pollMs: 20 })
  await writeFile(file, named('Orders'))
  expect(await until(1)).toEqual(['system cluster is still held'])
  expect(nameIn(watch.current())).toBe('Orders database')
  while (asked < 3) await new Promise((resolve) => setTimeout(resolve, 10))
  isHeld = false
  expect(await until(2)).toEqual(['system cluster is still held', 'Orders database → Orders'])
})

test('a question that cannot be answered lets nothing in', async () => {
  const accept = () => Promise.reject(new Error('no database'))
  const { watch, until } = await watchIt({ accept })
  await writeFile(file, named('Orders'))
  expect(await until(1)).toEqual(['the new catalog could not be compared with what is held: no database'])
  expect(nameIn(watch.current())).toBe('Orders database')
})

test('a catalog that is broken from the start is not watched: it says what is wrong', async () => {
  await writeFile(file, 'version: 2')
  await expect(watchIt()).rejects.toThrow(/catalog\.yml:1:10 version: must be 1/)
})

test('nothing is said after closing', async () => {
  const { watch, heard } = await watchIt({ pollMs: 10 })
  await writeFile(file, named('Orders'))
  await watch.close()
  const said = heard.length
  await writeFile(file, named('Later'))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(heard).toHaveLength(said)
})

describe('a disk that does not answer', () => {
  /** Reading it waits until somebody writes to it: frees whoever reads. */
  const answer = () => writeFile(file, named('Orders'))
  const hangs = async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await rename(join(folder, 'pipe'), file)
  }

  test('is said to be so, and the catalog is read once it answers', async () => {
    const { until, heard } = await watchIt({ patienceMs: 300, pollMs: 50 })
    await hangs()
    await until(1)
    expect(heard).toEqual([
      'the catalog could not be reloaded: reading them took longer than 0.3 s; it is tried again',
    ])
    // One reading waits, and not one more each time: as many as that would keep all else from the disk.
    await answer()
    await replaceBy(named('Orders'))
    expect(await until(2)).toContain('Orders database → Orders')
  })

  test('keeps nobody from closing', async () => {
    const { watch } = await watchIt({ patienceMs: 60_000, pollMs: 50 })
    await hangs()
    await sleep(300)
    await watch.close()
    await answer()
  })
})
