import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepServer } from './kept-server.ts'

const program = fileURLToPath(new URL('../standin/kubernetes/server.ts', import.meta.url))
const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
const adminToken = 'admin-of-the-cluster'

export interface Kubernetes {
  readonly port: number
  readonly pid: number
  /** Asks as somebody whom nothing is refused; rejects where it is not done. */
  admin(method: string, path: string, body?: object): Promise<unknown>
  stop(): Promise<void>
}

/** The stand-in for an API server, in a process of its own that ends with this one. */
export async function startKubernetes({
  tokens,
  options = [],
  scheme = 'http',
}: {
  /** Who each token lets in. */
  tokens: Readonly<Record<string, string>>
  options?: readonly string[]
  scheme?: 'http' | 'https'
}): Promise<Kubernetes> {
  const folder = await mkdtemp(join(tmpdir(), 'kubernetes-'))
  const lines = Object.entries(tokens).map(([token, user]) => `${token},${user},""`)
  const file = join(folder, 'tokens.csv')
  await writeFile(file, [`${adminToken},admin,"system:masters"`, ...lines, ''].join('\n'))
  let port = 0
  const { pid, stop } = await keepServer({
    command: [process.execPath, '--import', loader, program, '--tokens', file, ...options],
    folder,
    isReady: (line) => {
      port = Number(/^listening on (\d+)$/.exec(line)?.[1] ?? 0)
      return port > 0
    },
    env: { PATH: process.env['PATH'] },
  })
  return {
    port,
    pid,
    stop,
    async admin(method, path, body) {
      const answer = await fetch(`${scheme}://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return answer.json()
    },
  }
}
