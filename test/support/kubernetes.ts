import { startStandin } from './standin.ts'

const adminToken = 'admin-of-the-cluster'

export interface Kubernetes {
  readonly port: number
  readonly pid: number
  /** Asks as somebody whom nothing is refused; rejects where it is not done. */
  admin(method: string, path: string, body?: object): Promise<unknown>
  stop(): Promise<void>
}

/** The stand-in for an API server. */
export async function startKubernetes({
  tokens,
  options = [],
}: {
  /** Who each token lets in. */
  tokens: Readonly<Record<string, string>>
  options?: readonly string[]
}): Promise<Kubernetes> {
  const lines = Object.entries(tokens).map(([token, user]) => `${token},${user},""`)
  const { port, pid, stop } = await startStandin('kubernetes', {
    tokens: [`${adminToken},admin,"system:masters"`, ...lines],
    options,
  })
  return {
    port,
    pid,
    stop,
    async admin(method, path, body) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return answer.json()
    },
  }
}
