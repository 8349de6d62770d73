import { z } from 'zod'
import { page, type Answer, type Asked, type Need } from './ask.ts'
import type { Directory, Group, Rule, User } from './directory.ts'
import { forbidden, invalid, notFound } from './refusal.ts'
import { shownUser, usersFor } from './users.ts'

const shownGroup = ({ id, type, profile }: Group) => ({ id, type, profile, objectClass: ['okta:user_group'] })
const shownRule = ({ id, type, name, status, actions }: Rule) => ({ id, type, name, status, actions })

const newUser = z.object({ profile: z.object({ login: z.string().min(1), email: z.string().min(1) }) })
const newGroup = z.strictObject({
  profile: z.object({ name: z.string().min(1) }),
  type: z.string().optional(),
})
const newRule = z.object({
  name: z.string(),
  actions: z.object({ assignUserToGroups: z.object({ groupIds: z.array(z.string()) }) }),
})
const newRole = z.object({ type: z.enum(['SUPER_ADMIN', 'READ_ONLY_ADMIN', 'GROUP_MEMBERSHIP_ADMIN']) })

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw invalid(result.error.issues[0]?.path.join('.') ?? '')
}

/** `*` stands for an id. */
export type Route = readonly [route: string, need: Need, answer: (asked: Asked) => Answer]

/** What can be asked about a directory; the first route that fits is taken. */
export function routesOf(directory: Directory): readonly Route[] {
  const user = (id = ''): User => {
    const found =
      directory.users.get(id) ?? [...directory.users.values()].find(({ profile }) => profile.login === id)
    if (found === undefined) throw notFound(id, 'User')
    return found
  }
  const group = (id = ''): Group => {
    const found = directory.groups.get(id)
    if (found === undefined) throw notFound(id, 'UserGroup')
    return found
  }
  const open = (id = ''): Group => {
    const found = group(id)
    if (found.type !== 'OKTA_GROUP') throw forbidden()
    return found
  }
  const rule = (id = ''): Rule => {
    const found = directory.rules.get(id)
    if (found === undefined) throw notFound(id, 'GroupRule')
    return found
  }

  return [
    ['GET /api/v1/users/me', 'any', ({ who }) => [200, shownUser(who)]],
    ['GET /api/v1/users', 'read', (asked) => usersFor(directory, asked)],
    [
      'POST /api/v1/users',
      'super',
      ({ body }) => {
        const { login, email } = parsed(newUser, body).profile
        const added = directory.addUser(login, email)
        if (added === null)
          throw invalid('login', [
            'login: An object with this field already exists in the current organization',
          ])
        return [200, shownUser(added)]
      },
    ],
    ['GET /api/v1/users/*', 'read', ({ ids }) => [200, shownUser(user(ids[0]))]],
    [
      'DELETE /api/v1/users/*',
      'super',
      ({ ids }) => {
        directory.deleteUser(user(ids[0]))
        return [204]
      },
    ],
    [
      'POST /api/v1/users/*/lifecycle/*',
      'super',
      ({ ids }) => {
        const statuses = { deactivate: 'DEPROVISIONED', suspend: 'SUSPENDED', activate: 'ACTIVE' } as const
        const [, status] = Object.entries(statuses).find(([verb]) => verb === ids[1]) ?? []
        if (status === undefined) throw notFound(ids[1] ?? '', 'Lifecycle')
        user(ids[0]).status = status
        return [200, {}]
      },
    ],
    [
      'POST /api/v1/users/*/roles',
      'super',
      ({ ids, body }) => {
        user(ids[0]).roles.add(parsed(newRole, body).type)
        return [201, {}]
      },
    ],
    [
      'GET /api/v1/users/*/groups',
      'read',
      (asked) => page(asked, directory.groupsOf(user(asked.ids[0])), { most: 50, shown: shownGroup }),
    ],
    [
      'GET /api/v1/groups/rules',
      'read rules',
      (asked) => page(asked, [...directory.rules.values()], { most: 200, shown: shownRule }),
    ],
    [
      'POST /api/v1/groups/rules',
      'super',
      ({ body }) => {
        const { name, actions } = parsed(newRule, body)
        return [200, shownRule(directory.addRule(name, actions.assignUserToGroups.groupIds))]
      },
    ],
    [
      'POST /api/v1/groups/rules/*/lifecycle/*',
      'super',
      ({ ids }) => {
        rule(ids[0]).status = ids[1] === 'activate' ? 'ACTIVE' : 'INACTIVE'
        return [204]
      },
    ],
    [
      'POST /api/v1/groups',
      'super',
      ({ body }) => {
        const { profile, type } = parsed(newGroup, body)
        if (type !== undefined) throw invalid('type')
        return [200, shownGroup(directory.addGroup(profile.name))]
      },
    ],
    ['GET /api/v1/groups/*', 'read', ({ ids }) => [200, shownGroup(group(ids[0]))]],
    [
      'DELETE /api/v1/groups/*',
      'super',
      ({ ids }) => {
        directory.groups.delete(open(ids[0]).id)
        return [204]
      },
    ],
    [
      'GET /api/v1/groups/*/users',
      'read',
      (asked) => page(asked, directory.membersOf(group(asked.ids[0])), { most: 1_000, shown: shownUser }),
    ],
    [
      'PUT /api/v1/groups/*/users/*',
      'members',
      ({ ids }) => {
        const member = user(ids[1])
        if (member.status === 'DEPROVISIONED') throw invalid('the user is deactivated')
        open(ids[0]).members.add(member.id)
        return [204]
      },
    ],
    [
      'DELETE /api/v1/groups/*/users/*',
      'members',
      ({ ids }) => {
        open(ids[0]).members.delete(user(ids[1]).id)
        return [204]
      },
    ],
    [
      'POST /standin/groups',
      'super',
      ({ body }) => {
        const { profile, type } = parsed(newGroup, body)
        return [200, shownGroup(directory.addGroup(profile.name, type))]
      },
    ],
    [
      'POST /standin/members',
      'super',
      ({ body }) => {
        const { group: id, logins } = parsed(
          z.object({ group: z.string(), logins: z.array(z.string()) }),
          body,
        )
        for (const login of logins) group(id).members.add(directory.putUser(login, login).id)
        return [200, {}]
      },
    ],
  ]
}
