import type { Act, ActType } from '../domain/audit/act.ts'
import type { ScimStore, Written } from '../domain/ports/scim.ts'
import { ScimError } from '../domain/scim/scim-error.ts'
import { asAct, type CameOf } from './as-act.ts'
import type { World } from './world.ts'

/** Whatever a directory writes stands in the record; a write that changes nothing of a user, or cannot be, does not. */
export function recordedScim(store: ScimStore, world: Pick<World, 'acts' | 'log'>): ScimStore {
  const written = async <T>(act: Act, write: () => Promise<T>, cameOf: (result: T) => CameOf): Promise<T> => {
    const answer = await asAct(
      world,
      act,
      () => write().then((result) => ({ result }), refused),
      (came) => ('error' in came ? null : cameOf(came.result)),
    )
    if ('error' in answer) throw answer.error
    return answer.result
  }
  return {
    ...store,
    addUser: (source, user) =>
      written(userAct('user-created', source, user.userName), () => store.addUser(source, user), userCame),
    changeUser: (source, id, ...more) =>
      written(userAct('user-changed', source, id), () => store.changeUser(source, id, ...more), userCame),
    deleteUser: (source, id, ...more) =>
      // Whose e-mail it was nobody can say afterwards.
      store
        .user(source, id)
        .then((user) =>
          written(
            userAct('user-removed', source, id, user?.userName),
            () => store.deleteUser(source, id, ...more),
            usersCame,
          ),
        ),
    addGroup: (source, change) =>
      written(
        groupAct('group-created', source, ''),
        () => store.addGroup(source, change),
        ({ stored: { id, displayName }, users }) => ({
          outcome: 'done',
          about: { kind: 'group', id, name: displayName },
          details: { users: String(users.length) },
        }),
      ),
    changeGroup: (source, id, ...more) =>
      written(groupAct('group-changed', source, id), () => store.changeGroup(source, id, ...more), usersCame),
    deleteGroup: (source, id, ...more) =>
      written(groupAct('group-removed', source, id), () => store.deleteGroup(source, id, ...more), usersCame),
  }
}

/** What cannot be was not done; of anything else that fails nobody knows. */
function refused(error: unknown): { readonly error: ScimError } {
  if (error instanceof ScimError) return { error }
  throw error
}

const userAct = (type: ActType, source: string, id: string, name = id): Act => ({
  type,
  by: { source },
  about: { kind: 'person', id, name },
  details: {},
})
const groupAct = (type: ActType, source: string, id: string): Act => ({
  type,
  by: { source },
  about: { kind: 'group', id, name: id },
  details: {},
})

function userCame(written: Written<{ id: string; userName: string; isActive: boolean }> | null): CameOf {
  if (written === null || written.users.length === 0) return null
  const { id, userName, isActive } = written.stored
  return {
    outcome: 'done',
    about: { kind: 'person', id, name: userName },
    details: { active: isActive ? 'yes' : 'no' },
  }
}

/** How many Users it concerns. */
const usersCame = (users: readonly string[] | null): CameOf =>
  users && { outcome: 'done', details: { users: String(users.length) } }
