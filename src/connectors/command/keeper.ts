import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'

/** Reads which groups of processes run; the end of its input, which comes also when we are killed, ends them. */
const script = `running=' '
while read -r what group; do
  case $what in
    begun) running="$running$group " ;;
    ended) case "$running" in *" $group "*) running="\${running%% $group *} \${running#* $group }" ;; esac ;;
  esac
done
for group in $running; do kill -9 "-$group"; done 2>/dev/null`

type Shell = ChildProcessByStdio<Writable, null, null>

/** Ends groups of processes when this process ends, however that comes. */
export interface Keeper {
  /** Resolves once it would notice. */
  ready(): Promise<void>
  /** Heard before anything that is written to another process afterwards. */
  begun(group: number): void
  ended(group: number): void
  /** Ends what runs still. */
  close(): Promise<void>
}

export function aKeeper(): Keeper {
  const running = new Set<number>()
  let shell: Promise<Shell> | null = null
  let told: Shell | null = null

  async function started(): Promise<Shell> {
    // A group of its own: what is sent to ours (Ctrl-C, a stop) must not reach it before our end does.
    const process = spawn('/bin/sh', ['-c', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
      env: {},
    })
    process.stdin.on('error', () => undefined)
    process.once('exit', () => {
      if (told === process) told = null
      shell = null
    })
    await once(process, 'spawn')
    process.unref()
    if (process.stdin instanceof Socket) process.stdin.unref()
    for (const group of running) process.stdin.write(`begun ${group}\n`)
    told = process
    return process
  }

  return {
    async ready() {
      shell ??= started()
      try {
        await shell
      } catch (error) {
        shell = null
        throw error
      }
    },
    begun(group) {
      running.add(group)
      told?.stdin.write(`begun ${group}\n`)
    },
    ended(group) {
      running.delete(group)
      told?.stdin.write(`ended ${group}\n`)
    },
    async close() {
      const process = await shell?.catch(() => null)
      if (!process || process.exitCode !== null || process.signalCode !== null) return
      process.ref()
      const exit = once(process, 'exit')
      process.stdin.end()
      await exit
    },
  }
}
