import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileReceiver } from '../../src/audit/forward/file.ts'
import { formats, type Format } from '../../src/audit/formats.ts'
import { linked, noLink } from '../../src/domain/audit/chain.ts'
import { recordableOf } from '../../src/domain/audit/recorded.ts'
import { aRequest, at, riley } from '../support/builders.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { upTo } from './a-forwarding.ts'

/**
 * "Whoever goes on after a crash sends up to 200 entries again, and two replicas at once may": into one file, on a volume that
 * they share. What one is writing is not what a full disk left of a line, and the other leaves it alone.
 */
test('two replicas that write into one file at once leave out nothing of which one said that it is there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-forward-'))
  afterThis(() => rm(folder, { recursive: true }))
  const reason = 'why '.repeat(740)
  const asked = upTo(400).map((n) =>
    recordableOf({ ...aRequest(n), principal: null, endsAt: null, reason }, 0, {
      type: 'asked',
      at: at(n),
      by: riley,
    }),
  )
  const all = linked(noLink, asked, { id: 'k1', bytes: new Uint8Array(32) })
  const [before, after] = [all.slice(0, 200), all.slice(200)]
  let [torn, missing] = [0, 0]
  for (let round = 0; round < 30; round++) {
    const path = join(folder, `record-${round}.jsonl`)
    const [late, next] = [0, 1].map(() => fileReceiver(path, formats['jsonl'] as Format))
    await late?.take(before)
    // Who was late writes the page before once more, while the other is at the next.
    await Promise.all([next?.take(after), late?.take(before)])
    const whole = new Set<number>()
    for (const line of (await readFile(path, 'utf8')).split('\n').filter((text) => text !== ''))
      try {
        whole.add((JSON.parse(line) as { number: number }).number)
      } catch {
        torn++
      }
    missing += upTo(400).filter((n) => !whole.has(n)).length
  }
  expect({ torn, missing }).toEqual({ torn: 0, missing: 0 })
}, 60_000)
