import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { afterThis } from '../workspace/support/a-workspace.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const analyze = '/usr/bin/systemd-analyze'
const isThere = existsSync(analyze)
if (!isThere && process.env['CI']) throw new Error('systemd-analyze is not here: ./scripts/servers')
const whenInstalled = isThere ? test : test.skip
const failed = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() })

async function asked(words: readonly string[]): Promise<{ code: number; text: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(analyze, words)
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = failed.parse(error)
    return { code, text: stdout + stderr }
  }
}

/** The unit, with the program of this machine in it: one that is not there is a fault. */
async function aUnit(change: (text: string) => string = (text) => text): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-unit-'))
  afterThis(() => rm(folder, { recursive: true }))
  const text = await readFile(join(root, 'deploy/systemd/curfew.service'), 'utf8')
  const path = join(folder, 'curfew.service')
  await writeFile(path, change(text.replace('/usr/bin/node ', `${process.execPath} `)))
  return path
}

whenInstalled(
  'systemd takes the unit, every key of it',
  async () => {
    expect(await asked(['verify', '--man=no', await aUnit()])).toEqual({ code: 0, text: '' })
    // It tells: a key that was mistyped is found.
    const odd = await aUnit((text) => text.replace('ProtectHome=', 'ProtectHomes='))
    expect((await asked(['verify', '--man=no', odd])).text).toContain('ProtectHomes')
  },
  60_000,
)

whenInstalled(
  'by systemd’s own measure it is exposed little: 2 of 10 at most',
  async () => {
    const { code, text } = await asked(['security', '--offline=yes', '--threshold=20', await aUnit()])
    expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('OK') as string })
  },
  60_000,
)
