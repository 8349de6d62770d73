import { mkdtemp, rm, writeFile, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openCatalog } from '../../src/catalog/watch.ts'
import { GOOD, options } from './reading.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** A catalog of some 700 kB that is read again and again, as each minute, is not kept each time. */
test('what was read of a catalog that did not change is forgotten', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-reread-'))
  const file = join(folder, 'catalog.yml')
  // Comments make it large.
  await writeFile(file, `${GOOD}\n${'# é nothing but words\n'.repeat(30_000)}`)
  const watching = await openCatalog({ ...options, path: file, settleMs: 1, pollMs: 1 })
  const heard: string[] = []
  await watching.follow({ onReload: () => heard.push('reload'), onBroken: (p) => heard.push(p.join()) })
  const measure = async () => {
    for (let i = 0; i < 4; i++) {
      gc()
      await sleep(20)
    }
    return process.memoryUsage()
  }
  const read = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await utimes(file, new Date(), new Date())
      await sleep(25)
    }
  }
  await read(20)
  const before = await measure()
  await read(100)
  const after = await measure()
  const grownMb = (after.heapUsed + after.external - before.heapUsed - before.external) / 1e6
  await watching.close()
  await rm(folder, { recursive: true })
  expect(grownMb).toBeLessThan(15)
}, 60_000)
