import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'

/**
 * Where `.env.example` and docs/audit.md say to keep checkpoints in a file, each way to run it can write there, or
 * docs/deploying.md says what to add: else the record has none, and nobody can tell that its end was cut off.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = (path: string): Promise<string> => readFile(join(root, path), 'utf8')

async function place(): Promise<string> {
  const [, path = ''] = /AUDIT_CHECKPOINTS=(\S+)/.exec(await text('.env.example')) ?? []
  expect(path).toMatch(/^\//)
  return path
}

const isToldHow = async (): Promise<boolean> => /checkpoint/i.test(await text('docs/deploying.md'))

test('by systemd', async () => {
  const [unit, path] = [await text('deploy/systemd/curfew.service'), await place()]
  const writable = [...unit.matchAll(/^(StateDirectory|ReadWritePaths)=(.+)$/gm)].flatMap(
    ([, kind, paths = '']) =>
      paths.split(' ').map((one) => (kind === 'StateDirectory' ? `/var/lib/${one}` : one)),
  )
  const isWritable =
    !unit.includes('ProtectSystem=strict') || writable.some((one) => path.startsWith(`${one}/`))
  expect({ isWritableOrTold: isWritable || (await isToldHow()) }).toEqual({ isWritableOrTold: true })
})

const compose = z.object({
  services: z.object({
    curfew: z.object({
      read_only: z.boolean().default(false),
      volumes: z.array(z.object({ target: z.string() })),
    }),
  }),
})

test('by Docker Compose', async () => {
  const { curfew } = compose.parse(parse(await text('deploy/compose.yaml'))).services
  const path = await place()
  const isWritable = !curfew.read_only || curfew.volumes.some(({ target }) => path.startsWith(`${target}/`))
  expect({ isWritableOrTold: isWritable || (await isToldHow()) }).toEqual({ isWritableOrTold: true })
})
