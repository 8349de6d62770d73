import { mayLookAfter } from '../../operations/admins.ts'
import type { SlackDirectory } from '../directory/directory.ts'

export interface Told {
  /** Slack user ids. */
  readonly userIds: readonly string[]
  /** False: of others Slack does not say now who they are. */
  readonly isWhole: boolean
}

/** Those admins who are written to: nobody who left, or looks after nothing any more. */
export async function whoIsTold(
  directory: Pick<SlackDirectory, 'userIds' | 'facts'>,
  admins: readonly string[],
): Promise<Told> {
  const { userIds, isWhole } = await directory.userIds(admins)
  const facts = await Promise.all(userIds.map((userId) => directory.facts(userId)))
  const told = userIds.filter((_, at) => {
    const of = facts[at]
    // Of whom Slack says nothing now, nobody knows that they left.
    return of === undefined || of === 'unknown' || mayLookAfter(of)
  })
  return { userIds: told, isWhole }
}

/** One channel, or the DM with each of the admins where none is named; whole as `Told` is. */
export async function placesTold(
  directory: Pick<SlackDirectory, 'userIds' | 'facts'>,
  channel: string | null,
  admins: () => readonly string[],
): Promise<{ readonly places: readonly string[]; readonly isWhole: boolean }> {
  if (channel !== null) return { places: [channel], isWhole: true }
  const { userIds, isWhole } = await whoIsTold(directory, admins())
  return { places: userIds, isWhole }
}
