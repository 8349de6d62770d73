import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A temporary folder of this process, named so that one that was left behind is known: whoever makes the next removes
 * those of processes that were killed, as nobody else ever would.
 */
export async function ownFolder(name: string): Promise<string> {
  for (const left of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${name}-(\\d+)-`).exec(left)?.[1])
    if (pid > 0 && !isRunning(pid)) await rm(join(tmpdir(), left), { recursive: true, force: true })
  }
  return mkdtemp(join(tmpdir(), `${name}-${process.pid}-`))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process runs as well.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
