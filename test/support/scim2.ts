import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { freeze } from './freeze.ts'
import { keepServer } from './kept-server.ts'

const installed = fileURLToPath(new URL('../../.cache/scim2/', import.meta.url))

export interface Scim2 {
  readonly port: number
  readonly url: string
  /** It accepts connections and says nothing, until what this resolves to is called. */
  freeze(): Promise<() => void>
  stop(): Promise<void>
}

/** Whether scim2-server was installed; where tests must not be skipped, one that was not is an error. */
export function hasScim2(): boolean {
  const isThere = existsSync(join(installed, '.installed'))
  if (!isThere && process.env['CI']) throw new Error('scim2-server is not here: ./scripts/servers')
  return isThere
}

/** A real SCIM server on 127.0.0.1, which keeps all in memory. It goes with this process, however that ends. */
export async function startScim2(token: string): Promise<Scim2> {
  const port = await freePort()
  const { pid, stop } = await keepServer({
    command: [
      'python3',
      join(installed, 'bin/scim2-server'),
      '--port',
      String(port),
      '--bearer-token',
      token,
    ],
    folder: await mkdtemp(join(tmpdir(), 'curfew-scim2-')),
    isReady: (line) => line.startsWith('Serving SCIM on'),
    env: { ...process.env, PYTHONPATH: installed, PYTHONUNBUFFERED: '1' },
  })
  return { port, url: `http://127.0.0.1:${port}/v2`, freeze: () => freeze(pid), stop }
}
