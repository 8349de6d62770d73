import { z } from 'zod'
import type { Known } from '../../domain/person.ts'
import type { Log } from '../../domain/ports/log.ts'

/*
 * What Slack says of somebody, and of a group. Slack documents nearly every field as one that may be absent, null or
 * empty: what is not said is read as the least. A record that cannot be read at all spoils itself and no other.
 * Source: the types "user" and "usergroup" of Slack's API.
 */

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)
const text = z
  .string()
  .nullish()
  .transform((value) => value?.toWellFormed().trim() ?? '')

const profileSchema = z
  .object({ display_name: text, real_name: text, email: z.string().nullish() })
  .nullish()
  .transform((profile) => profile ?? { display_name: '', real_name: '', email: undefined })

const userSchema = z.object({
  id: z.string().min(1),
  // Without it nobody could say whether they are ours.
  team_id: z.string().min(1),
  name: text,
  deleted: flag,
  is_bot: flag,
  is_workflow_bot: flag,
  is_restricted: flag,
  is_ultra_restricted: flag,
  is_stranger: flag,
  is_email_confirmed: flag,
  tz: text,
  profile: profileSchema,
  enterprise_user: z
    .object({ teams: z.array(z.string()).nullish() })
    .nullish()
    .transform((user) => user?.teams ?? []),
})

/** Somebody as Slack describes them, in our words. */
export interface SlackUser {
  readonly id: string
  readonly teamId: string
  readonly name: string
  readonly isDeleted: boolean
  /** An app, a workflow, or Slackbot, which says of itself that it is none: nobody who could hold or approve anything. */
  readonly isNobody: boolean
  readonly isGuest: boolean
  readonly isStranger: boolean
  /** The workspaces of an organisation that they are a member of. */
  readonly teams: readonly string[]
  /** Verified, in small letters; null: they have none. Unknown: there is one, and Slack does not show it. */
  readonly email: Known<string | null>
  readonly zone: string
}

export function parseUser(said: unknown): SlackUser {
  const user = userSchema.parse(said)
  const { profile } = user
  const email = profile.email?.trim().toLowerCase() ?? ''
  return {
    id: user.id,
    teamId: user.team_id,
    name: profile.display_name || profile.real_name || user.name || user.id,
    isDeleted: user.deleted,
    isNobody: user.is_bot || user.is_workflow_bot || user.id === 'USLACKBOT',
    isGuest: user.is_restricted || user.is_ultra_restricted,
    isStranger: user.is_stranger,
    teams: user.enterprise_user,
    email: !user.is_email_confirmed ? null : email === '' ? 'unknown' : email,
    zone: user.tz || 'UTC',
  }
}

const withId = z.object({ id: z.string().min(1) })

/** Of whom a record is that cannot be read as a whole; null where it does not say even that. */
export const idOf = (said: unknown): string | null => withId.safeParse(said).data?.id ?? null

const nobody = z.union([
  z.object({ deleted: z.literal(true) }),
  z.object({ is_bot: z.literal(true) }),
  z.object({ is_workflow_bot: z.literal(true) }),
])

/** Of a record that cannot be read as a whole: whether it may still be of somebody who is here. */
export const mayBeSomebody = (said: unknown): boolean => !nobody.safeParse(said).success

const groupSchema = z.object({
  id: z.string().min(1),
  handle: z.string().min(1),
  date_delete: z
    .number()
    .nullish()
    .transform((at) => at ?? 0),
  // Not "nobody": it was asked for, and is missing.
  users: z.array(z.string()),
})

export interface SlackGroup {
  readonly id: string
  /** Written `@dba`. */
  readonly handle: string
  readonly members: ReadonlySet<string>
}

/** Null for one that was disabled. */
export function parseGroup(said: unknown): SlackGroup | null {
  const { id, handle, date_delete: deletedAt, users } = groupSchema.parse(said)
  return deletedAt > 0 ? null : { id, handle: `@${handle}`, members: new Set(users) }
}

const named = z.object({ id: z.string().optional(), handle: z.string().optional() })

/** Reads each by itself; those that cannot be read are told, with their ids and handles, and logged once. */
export function readRecords<T>(
  said: unknown,
  read: (one: unknown) => T,
  { what, log, isTold }: { what: string; log: Log; isTold: Set<string> },
): { found: T[]; unread: unknown[]; broken: string[]; hasNameless: boolean } {
  const found: T[] = []
  const unread: unknown[] = []
  const broken: string[] = []
  let hasNameless = false
  for (const one of z.array(z.unknown()).parse(said)) {
    try {
      found.push(read(one))
    } catch (error) {
      unread.push(one)
      const { id = 'one without an id', handle } = named.safeParse(one).data ?? {}
      hasNameless ||= handle === undefined
      broken.push(...(handle === undefined ? [id] : [id, `@${handle}`]))
      if (isTold.has(id)) continue
      isTold.add(id)
      log.warn('a record of Slack cannot be read', { what, id, error })
    }
  }
  return { found, unread, broken, hasNameless }
}
