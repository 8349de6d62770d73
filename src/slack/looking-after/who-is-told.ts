import { mayLookAfter } from '../../operations/admins.ts'
import type { SlackDirectory } from '../directory/directory.ts'

/** Slack user ids of those admins who are written to: nobody who left, or looks after nothing any more. */
export async function whoIsTold(
  directory: Pick<SlackDirectory, 'userIds' | 'facts'>,
  admins: readonly string[],
): Promise<string[]> {
  const all = await directory.userIds(admins)
  const facts = await Promise.all(all.map((userId) => directory.facts(userId)))
  return all.filter((_, at) => {
    const of = facts[at]
    // Of whom Slack says nothing now, nobody knows that they left.
    return of === undefined || of === 'unknown' || mayLookAfter(of)
  })
}
