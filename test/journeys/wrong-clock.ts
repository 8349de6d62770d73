import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownWallClock } from '../support/own-wall-clock.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** A machine of its own, as far as its wall clock goes; gone after the test. */
export async function aWrongClock(aheadMs: number): ReturnType<typeof ownWallClock> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-clock-'))
  afterThis(() => rm(folder, { recursive: true }))
  return ownWallClock(folder, aheadMs)
}
