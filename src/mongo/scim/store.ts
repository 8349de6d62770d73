import type { Connection } from 'mongoose'
import type { ActStore } from '../../domain/ports/acts.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { ScimStore } from '../../domain/ports/scim.ts'
import { scimGroups } from './groups.ts'
import { orAway } from './outage.ts'
import { scimUsers } from './users.ts'

/** Acts of SCIM sources: as what they write, they are tried again where the database is away. */
export const scimActs = (acts: ActStore): ActStore => ({ begin: (act) => orAway(() => acts.begin(act)) })

/** What SCIM sources made. Whatever fails because the database is away says so. */
export function mongoScim(connection: Connection, log: Log): ScimStore {
  const users = scimUsers(connection)
  const groups = scimGroups(connection, log)
  return {
    addUser: (...args) => orAway(() => users.addUser(...args)),
    user: (...args) => orAway(() => users.user(...args)),
    users: (...args) => orAway(() => users.users(...args)),
    changeUser: (...args) => orAway(() => users.changeUser(...args)),
    deleteUser: (...args) => orAway(() => users.deleteUser(...args)),
    groupsOf: (...args) => orAway(() => users.groupsOf(...args)),
    addGroup: (...args) => orAway(() => groups.addGroup(...args)),
    group: (...args) => orAway(() => groups.group(...args)),
    groups: (...args) => orAway(() => groups.groups(...args)),
    changeGroup: (...args) => orAway(() => groups.changeGroup(...args)),
    deleteGroup: (...args) => orAway(() => groups.deleteGroup(...args)),
    async *membersOf(group) {
      const batches = groups.membersOf(group)[Symbol.asyncIterator]()
      for (;;) {
        const next = await orAway(() => batches.next())
        if (next.done === true) return
        yield next.value
      }
    },
    membersOfEach: (...args) => orAway(() => groups.membersOfEach(...args)),
  }
}
