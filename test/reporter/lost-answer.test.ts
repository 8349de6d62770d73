import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { riley } from '../support/builders.ts'
import { listening } from '../web/devices/listening.ts'

const program = fileURLToPath(new URL('../../reporter/curfew-report.mjs', import.meta.url))

test('`curfew-report remove` does not say that a machine is none any more of which Curfew has the key, as the answer to its enrolment was lost', async () => {
  const curfew = await listening()
  const folder = await mkdtemp(join(tmpdir(), 'curfew-report-'))
  const runs = async (...args: readonly string[]) => {
    const child = spawn(process.execPath, [program, ...args, '--folder', folder], { stdio: 'pipe' })
    let out = ''
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stdin.end()
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, out }
  }
  let isLost = true
  /** Hands everything on; the answer of the first is lost on the way. */
  const between = createServer((request, response) => {
    const hand = async (): Promise<void> => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      const answer = await fetch(`${curfew.url}${request.url ?? ''}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'curfew-signature': String(request.headers['curfew-signature']),
        },
        body: Buffer.concat(parts),
      })
      const text = await answer.text()
      if (isLost) request.socket.destroy()
      else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
    }
    void hand()
  })
  try {
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${z.object({ port: z.number() }).parse(between.address()).port}`
    expect((await runs('enrol', url, '--code', await curfew.codeFor(riley))).code).toBe(1)
    isLost = false
    const removed = await runs('remove')
    const counting = await curfew.world.deviceKeys.ofPeople([riley.id])
    expect(counting.length === 0 || !removed.out.includes('is no device any more')).toBe(true)
  } finally {
    between.close()
    await rm(folder, { recursive: true })
    await curfew.close()
  }
}, 30_000)
