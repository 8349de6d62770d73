import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const withinMs = 5_000

/**
 * Stops a process of ours, as a machine that hangs: its sockets accept and say nothing. Resolves once every thread of it
 * stands still, to what lets it go on. Rejects, and lets it go on, where it does not stand still in time.
 */
export async function freeze(pid: number): Promise<() => void> {
  process.kill(pid, 'SIGSTOP')
  const thaw = () => goesOn(pid)
  const until = performance.now() + withinMs
  while (!(await standsStill(pid))) {
    if (performance.now() > until) {
      thaw()
      throw new Error(`process ${pid} did not stop within ${withinMs} ms`)
    }
    await sleep(2)
  }
  return thaw
}

/** One that was ended meanwhile needs not go on. */
function goesOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** A signal is taken by each thread when its turn comes: on a busy machine one may answer still. Told by Linux alone. */
async function standsStill(pid: number): Promise<boolean> {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return true
  const stats = await Promise.all(
    (await readdir(tasks)).map((task) => readFile(`${tasks}/${task}/stat`, 'utf8').catch(() => '')),
  )
  // The state comes after the name, which stands in parentheses and may hold anything.
  return stats.every((stat) => stat === '' || /^[TtXZ]/.test(stat.slice(stat.lastIndexOf(')') + 2)))
}
