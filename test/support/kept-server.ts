import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

export interface KeptServer {
  readonly pid: number
  /** Kills it and removes its folder. May be called twice. */
  stop(): Promise<void>
}

const startMs = 20_000

/** Held by a shell that waits for our end of its pipe to close, which the kernel does even after SIGKILL. */
const keeperScript = `exec 3<&0; folder=$1; keeps=$2; shift 2
"$@" </dev/null 2>&1 & server=$!
echo "kept server is $server"
{ cat; kill -9 $server; } <&3 >/dev/null 2>&1 &
{ wait $server; } 2>/dev/null
[ "$keeps" = keeps ] || rm -rf "$folder"`

/**
 * Runs a server in the foreground of a shell that kills it, and removes its folder, when this process ends, however that
 * comes. Resolves once it has written a line that `isReady`; from then on its output is read and dropped.
 */
export async function keepServer({
  command,
  folder,
  isReady,
  as,
  env,
  keepsFolder = false,
}: {
  command: readonly [string, ...string[]]
  folder: string
  /** Its data is needed again, by one that is started in its place. */
  keepsFolder?: boolean
  isReady: (line: string) => boolean
  /** Another user, for servers that refuse to run as root. */
  as?: { uid: number; gid: number } | undefined
  env?: NodeJS.ProcessEnv
}): Promise<KeptServer> {
  // `detached`: Ctrl-C reaches us alone, so that we can shut down in order.
  const keeper = spawn('sh', ['-c', keeperScript, 'sh', folder, keepsFolder ? 'keeps' : '', ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    cwd: folder,
    ...as,
    ...(env === undefined ? {} : { env }),
  })
  const pid = await ready(keeper, command[0], isReady)
  keeper.unref()
  for (const pipe of [keeper.stdin, keeper.stdout]) if (pipe instanceof Socket) pipe.unref()
  return {
    pid,
    stop: async () => {
      keeper.stdin.end()
      if (keeper.exitCode !== null) return
      keeper.ref()
      await once(keeper, 'exit')
    },
  }
}

/** Resolves to the server's process id. */
function ready(
  keeper: ChildProcessByStdio<Writable, Readable, null>,
  name: string,
  isReady: (line: string) => boolean,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let pid = 0
    const last: string[] = []
    const fail = (why: string) => reject(new Error([`${name} ${why}`, ...last.slice(-5)].join('\n')))
    const timer = setTimeout(() => {
      keeper.stdin.end()
      fail(`did not start within ${startMs} ms`)
    }, startMs)
    const lines = createInterface({ input: keeper.stdout })
    lines.on('line', (line) => {
      pid ||= Number(/^kept server is (\d+)$/.exec(line)?.[1] ?? 0)
      last.push(line)
      if (!isReady(line)) return
      clearTimeout(timer)
      lines.close()
      keeper.stdout.resume()
      resolve(pid)
    })
    keeper.once('exit', () => {
      clearTimeout(timer)
      fail('stopped while starting')
    })
  })
}
