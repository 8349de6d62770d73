import type { RestoreStore } from '../../domain/ports/restores.ts'
import { findDifferences } from './find-differences.ts'
import type { World } from '../world.ts'

/** How often it is looked whether all was answered. */
const lookEveryMs = 10_000

export interface AfterRestore {
  /** Nothing is given: of what is held there, not everything is explained or answered. */
  isOpen(): boolean
  /** Looks whether it is over, and from then on again and again until it is. */
  start(world: World, tell: (words: string) => void): void
  stop(): Promise<void>
}

/**
 * After a restore from a backup Curfew does not know what was given since, and would take it for what was held before it
 * came: for ever. So nothing is given until every system was listed, and an admin has answered for each holding that no
 * grant explains. Read once, at the start: whoever restores a database stops every replica first.
 */
export async function afterRestore(store: RestoreStore): Promise<AfterRestore> {
  let isOpen = await store.isOpen()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()
  let isStopped = false

  async function look(world: World): Promise<void> {
    try {
      // Another replica may have found that it is over.
      isOpen = await store.isOpen()
      if (!isOpen) return
      const { isWhole, unexplained } = await findDifferences(world)
      if (!isWhole || unexplained > 0) {
        world.log.warn('nothing is given yet after the restore', { isWhole, unexplained })
        return
      }
      await store.done()
      isOpen = false
      world.log.info('all is explained after the restore: giving again')
    } catch (error) {
      world.log.warn('could not look now whether all is explained after the restore', { error })
    }
  }
  const next = (world: World): void => {
    if (!isOpen || isStopped) return
    timer = setTimeout(() => {
      looking = look(world).then(() => next(world))
    }, lookEveryMs).unref()
  }

  return {
    isOpen: () => isOpen,
    start: (world, tell) => {
      if (!isOpen) return
      tell(
        'Curfew runs on a database that was restored from a backup. Nothing is given until every system was listed, and what is held there without a grant was answered in the channels: take it back, or say that it is fine.',
      )
      looking = look(world).then(() => next(world))
    },
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await looking
    },
  }
}
