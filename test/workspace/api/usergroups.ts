import type { Group } from '../state/directory.ts'
import { flag, text } from './args.ts'
import { ApiError, type Json, method } from './method.ts'

/** usergroups.*: subteams and who is in them. */
export const usergroupMethods = {
  'usergroups.list': method({
    scopes: ['usergroups:read'],
    args: {
      include_users: flag.optional(),
      include_disabled: flag.optional(),
      include_count: flag.optional(),
    },
    run: ({ state }, { include_users, include_disabled, include_count }) => ({
      usergroups: [...state.groups.values()]
        .filter((group) => include_disabled === true || !group.isDisabled)
        .map((group) => ({
          ...groupObject(group, state.identity.teamId),
          ...(include_users === true && { users: group.memberIds }),
          ...(include_count === true && { user_count: String(group.memberIds.length) }),
          ...group.saysOtherwise,
        })),
    }),
  }),
  'usergroups.users.list': method({
    scopes: ['usergroups:read'],
    args: { usergroup: text, include_disabled: flag.optional() },
    run: ({ state }, { usergroup, include_disabled }) => {
      const group = state.groups.get(usergroup)
      if (!group) throw new ApiError('no_such_subteam')
      if (group.isDisabled && include_disabled !== true) throw new ApiError('subteam_disabled')
      return { users: group.memberIds }
    },
  }),
}

export function groupObject({ id, handle, name, isDisabled, memberIds }: Group, team_id: string): Json {
  return {
    id,
    team_id,
    is_usergroup: true,
    is_subteam: true,
    name,
    handle,
    description: '',
    date_delete: isDisabled ? 1 : 0,
    user_count: memberIds.length,
  }
}
