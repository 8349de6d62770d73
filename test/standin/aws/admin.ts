import { z } from 'zod'
import type { Moods } from './identity-center.ts'
import { statementSchema } from './policy.ts'
import type { Owned, Role } from './roles.ts'
import type { State } from './state.ts'

export interface Limit {
  readonly action: string
  readonly untilMs: number
  readonly retryAfterSeconds: number | null
  refusedCalls: number
}

export interface World {
  readonly state: State
  readonly moods: Moods
  readonly keys: Map<string, Owned>
  readonly roles: Map<string, Role>
  /** How far AWS's time is from this machine's. */
  offsetMs: number
  limit: Limit | null
  /** How often each was asked. */
  readonly counts: Map<string, number>
}

const withId = z.object({ id: z.string() })
const withUser = z.object({ userName: z.string(), email: z.string().optional() })
const assignment = z.object({
  account: z.string(),
  permissionSet: z.string(),
  type: z.enum(['USER', 'GROUP']).default('USER'),
  principal: z.string(),
})

/** What an owner of the organisation does in the console, in the words of this stand-in alone. */
export function administered(world: World, verb: string, body: unknown): object {
  const { state, moods, keys, roles } = world
  switch (verb) {
    case 'user': {
      const { userName, email = userName } = withUser.parse(body)
      return { id: state.addUser(userName, email).UserId }
    }
    case 'delete-user':
      state.deleteUser(withId.parse(body).id)
      return {}
    case 'disable-user': {
      const user = state.users.get(withId.parse(body).id)
      if (user !== undefined) user.UserStatus = 'DISABLED'
      return {}
    }
    case 'group':
      return { id: state.addGroup('DBA') }
    case 'delete-group':
      state.deleteGroup(withId.parse(body).id)
      return {}
    case 'member': {
      const { group, user } = z.object({ group: z.string(), user: z.string() }).parse(body)
      state.addMembership(group, user)
      return {}
    }
    case 'permission-set':
      return { id: state.addPermissionSet('Administrators') }
    case 'delete-permission-set':
      state.deletePermissionSet(withId.parse(body).id)
      return {}
    case 'account':
      state.accounts.add(withId.parse(body).id)
      return {}
    case 'close-account':
      state.accounts.delete(withId.parse(body).id)
      return {}
    case 'assign': {
      const one = assignment.parse(body)
      state.assignments.set([one.account, one.permissionSet, one.type, one.principal].join(' '), one)
      return {}
    }
    case 'fill': {
      const { names, group, account, permissionSet } = z
        .object({
          names: z.array(z.string()),
          group: z.string().optional(),
          account: z.string().default(''),
          permissionSet: z.string().default(''),
        })
        .parse(body)
      for (const name of names) {
        const { UserId } = state.addUser(name, name)
        if (group !== undefined) state.addMembership(group, UserId)
        else
          state.assignments.set([account, permissionSet, 'USER', UserId].join(' '), {
            account,
            permissionSet,
            type: 'USER',
            principal: UserId,
          })
      }
      return {}
    }
    case 'holds': {
      const { group, account, permissionSet, user } = z
        .object({
          group: z.string().optional(),
          account: z.string().optional(),
          permissionSet: z.string().optional(),
          user: z.string(),
        })
        .parse(body)
      const isHeld =
        group === undefined
          ? state.assignments.has([account, permissionSet, 'USER', user].join(' '))
          : state.membershipOf(group, user) !== null
      return { isHeld }
    }
    case 'under-way':
      return {
        count: [...state.operations.values()].filter(({ Status }) => Status === 'IN_PROGRESS').length,
      }
    case 'moods':
      Object.assign(
        moods,
        z.object({ delayMs: z.number().optional(), failsWith: z.string().nullable().optional() }).parse(body),
      )
      return {}
    case 'key': {
      const asked = z
        .object({ id: z.string(), secret: z.string(), arn: z.string(), statements: z.array(statementSchema) })
        .parse(body)
      keys.set(asked.id, {
        secret: asked.secret,
        arn: asked.arn,
        statements: asked.statements,
        sessionToken: null,
        expiresAtMs: null,
      })
      return {}
    }
    case 'allow': {
      const { id, statement } = z.object({ id: z.string(), statement: statementSchema }).parse(body)
      keys.get(id)?.statements.push(statement)
      return {}
    }
    case 'role': {
      const role = z
        .object({
          arn: z.string(),
          statements: z.array(statementSchema),
          trusts: z.string().nullable().default(null),
          externalId: z.string().nullable().default(null),
          webIdentity: z.string().nullable().default(null),
          seconds: z.number().default(3_600),
        })
        .parse(body)
      roles.set(role.arn, role)
      return {}
    }
    case 'expire-roles':
      for (const [id, key] of keys) if (key.sessionToken !== null) keys.set(id, { ...key, expiresAtMs: 0 })
      return {}
    case 'clock':
      world.offsetMs = z.object({ offsetMs: z.number() }).parse(body).offsetMs
      return {}
    case 'limit': {
      const { action, ms, retryAfterSeconds } = z
        .object({
          action: z.string(),
          ms: z.number(),
          retryAfterSeconds: z.number().nullable().default(null),
        })
        .parse(body)
      world.limit = { action, untilMs: Date.now() + ms, retryAfterSeconds, refusedCalls: 0 }
      return {}
    }
    case 'limited':
      return { refusedCalls: world.limit?.refusedCalls ?? 0 }
    case 'counts':
      return Object.fromEntries(world.counts)
    default:
      throw new Error(`nobody here does ${verb}`)
  }
}
