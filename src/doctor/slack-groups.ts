import { parseGroup, readRecords } from '../slack/directory/user-record.ts'
import type { Check } from './check.ts'
import { right, unknown, wrong } from './finding.ts'
import { namedGroups } from './named.ts'
import { noLog } from './no-log.ts'

/** Whether Slack has the user groups that rules and lists of the catalog name. */
export const slackGroupsCheck: Check = {
  area: 'Groups',
  about: 'groups of Slack',
  withinMs: 15_000,
  ask: async (installation) => {
    const named = [...namedGroups(await installation.catalog())].filter(([name]) => name.startsWith('@'))
    if (named.length === 0) return []
    const { client } = await installation.slack()
    const answer = await client.usergroups.list({ include_users: true, include_disabled: false })
    const { found, broken, hasNameless } = readRecords(answer.usergroups ?? [], parseGroup, {
      what: 'group',
      log: noLog,
      isTold: new Set(),
    })
    const members = new Map(
      found.flatMap((group) => (group === null ? [] : [[group.handle, group.members.size] as const])),
    )
    return named.map(([handle, where]) => {
      const count = members.get(handle)
      if (count !== undefined) return right(handle, `${count} in it`)
      if (hasNameless || broken.includes(handle))
        return unknown(handle, 'what Slack says of it cannot be read')
      return wrong(handle, `Slack has no such group; named at ${where}`, mend)
    })
  },
}

const mend =
  'Name one that there is, or make it: People, then User groups, in Slack. One that was disabled is none.'
