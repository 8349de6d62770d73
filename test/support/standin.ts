import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepServer, type KeptServer } from './kept-server.ts'

const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href

/** Starts a stand-in of `test/standin/`, in a process of its own that ends with this one. */
export async function startStandin(
  name: string,
  { tokens, options = [] }: { tokens: readonly string[]; options?: readonly string[] },
): Promise<KeptServer & { readonly port: number }> {
  const program = fileURLToPath(new URL(`../standin/${name}/server.ts`, import.meta.url))
  const folder = await mkdtemp(join(tmpdir(), `${name}-`))
  const file = join(folder, 'tokens.csv')
  await writeFile(file, [...tokens, ''].join('\n'))
  let port = 0
  const server = await keepServer({
    command: [process.execPath, '--import', loader, program, '--tokens', file, ...options],
    folder,
    isReady: (line) => {
      port = Number(/^listening on (\d+)$/.exec(line)?.[1] ?? 0)
      return port > 0
    },
    env: { PATH: process.env['PATH'] },
  })
  return { ...server, port }
}
