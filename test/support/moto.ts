import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { keepServer } from './kept-server.ts'

const installed = fileURLToPath(new URL('../../.cache/moto/', import.meta.url))

export interface Moto {
  readonly url: string
  /** Asks it by a hand of its own: any signature is right. */
  ask(service: 'identitystore' | 'sso', action: string, body?: object): Promise<unknown>
  stop(): Promise<void>
}

/** Whether moto was installed; where tests must not be skipped, one that was not is an error. */
export function hasMoto(): boolean {
  const isThere = existsSync(join(installed, '.installed'))
  if (!isThere && process.env['CI']) throw new Error('moto is not here: ./scripts/servers')
  return isThere
}

/** Plays AWS on 127.0.0.1, in memory, for one region. It goes with this process, however that ends. */
export async function startMoto(region: string): Promise<Moto> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { stop } = await keepServer({
    command: ['python3', '-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    folder: await mkdtemp(join(tmpdir(), 'curfew-moto-')),
    isReady: (line) => line.includes('Running on'),
    env: { ...process.env, PYTHONPATH: installed, PYTHONUNBUFFERED: '1' },
  })
  return {
    url,
    async ask(service, action, body = {}) {
      const target = service === 'sso' ? 'SWBExternalService' : 'AWSIdentityStore'
      const credential = `AKIAADMIN/20260101/${region}/${service}/aws4_request`
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `${target}.${action}`,
          authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=any`,
        },
        body: JSON.stringify(body),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${action}: ${answer.status} ${text}`)
      const said: unknown = text === '' ? {} : JSON.parse(text)
      return said
    },
    stop,
  }
}
