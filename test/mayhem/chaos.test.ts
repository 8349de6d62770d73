import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterThis } from '../workspace/support/a-workspace.ts'

test('for a minute everything goes wrong, and every promise holds', async () => {
  const child = spawn('./scripts/chaos', ['--minutes', '1', '--seed', '1', '--people', '12'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  afterThis(async () => {
    child.kill('SIGTERM')
  })
  const [said, complained, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  const broken = said.match(/^BROKEN.*(\n {9}.*)*/gm)?.join('\n') ?? ''
  expect(code === 0 ? broken : `${broken}\n${complained.slice(-2_000)}`).toBe('')
  // It was a minute worth the name.
  expect(Number(/^held, as seen from outside: (\d+) times/m.exec(said)?.[1])).toBeGreaterThan(20)
}, 420_000)
