import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `work` while no other process on this machine runs under the same lock file.
 * A lock left by a process that no longer lives is broken.
 */
export async function underLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true })
  while (!(await acquired(file))) await sleep(200)
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function acquired(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx')
    await handle.writeFile(String(process.pid))
    await handle.close()
    return true
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
  const owner = Number(await readFile(file, 'utf8').catch(() => ''))
  // An empty file is being written right now: its owner is alive.
  if (owner > 0 && !isAlive(owner)) await rm(file, { force: true })
  return false
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** Asks for the code alone: inside jest, Node's own errors are no `Error`s of ours. */
const hasCode = (error: unknown, code: string) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code
