import { z } from 'zod'
import { wellFormed } from '../domain/cut.ts'
import type { Known, Person } from '../domain/person.ts'

/** Whatever of a profile was not supplied "may not be present at all, may be null or may contain the empty string". */
const words = z
  .string()
  .nullish()
  .transform((text) => wellFormed(text ?? '').trim())
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)
/** Absent, and told apart from "no". */
const optionalWords = z
  .string()
  .nullish()
  .transform((text) => (text === undefined ? undefined : (text ?? '').trim()))

/**
 * Somebody as users.info, users.list and the events user_change and team_join tell of them, as far as it is read here.
 * Source: docs.slack.dev, "User object" and "users.info": all but who and of which workspace may be missing.
 */
const userSchema = z.object({
  id: z.string(),
  team_id: z.string(),
  name: words,
  deleted: flag,
  is_bot: flag,
  is_workflow_bot: flag,
  is_connector_bot: flag,
  is_restricted: flag,
  is_ultra_restricted: flag,
  is_stranger: flag,
  is_email_confirmed: flag,
  tz: words,
  enterprise_user: z.object({ teams: z.array(z.string()).nullish() }).nullish(),
  profile: z
    .object({ display_name: words, real_name: words, email: optionalWords })
    .nullish()
    .transform((profile) => profile ?? { display_name: '', real_name: '', email: undefined }),
})

export interface SlackUser {
  readonly id: string
  readonly teamId: string
  readonly name: string
  /** Somebody who can hold something: no bot, and not deactivated. */
  readonly isHere: boolean
  readonly isGuest: boolean
  readonly isStranger: boolean
  /** Workspaces of the organisation that they are members of, beside their own. */
  readonly teams: readonly string[]
  readonly zone: string
  /** Confirmed, in small letters; null when they have none; unknown where Slack does not show it. */
  readonly email: Known<string | null>
}

/** Slack's own voice is in every list, and called no bot (slackapi/bolt-js#794). */
const slackbot = 'USLACKBOT'

/** Throws when it is nobody's record. `showsEmails`: whether whoever sent it may show e-mails at all. */
export function parseUser(record: unknown, { showsEmails }: { showsEmails: boolean }): SlackUser {
  const user = userSchema.parse(record)
  const { profile } = user
  const isBot = user.is_bot || user.is_workflow_bot || user.is_connector_bot || user.id === slackbot
  return {
    id: user.id,
    teamId: user.team_id,
    name: profile.display_name || profile.real_name || user.name || user.id,
    isHere: !user.deleted && !isBot,
    isGuest: user.is_restricted || user.is_ultra_restricted,
    isStranger: user.is_stranger,
    teams: user.enterprise_user?.teams ?? [],
    zone: user.tz || 'UTC',
    email: isBot ? null : emailOf(profile.email, { showsEmails, isConfirmed: user.is_email_confirmed }),
  }
}

/** One that is not confirmed is none; one that is confirmed and not shown is not known. */
function emailOf(
  email: string | undefined,
  { showsEmails, isConfirmed }: { showsEmails: boolean; isConfirmed: boolean },
): Known<string | null> {
  if (!showsEmails) return 'unknown'
  if (!isConfirmed || email === '') return null
  return email === undefined ? 'unknown' : email.toLowerCase()
}

/** Whether somebody is a member of this workspace: of an organisation's, wherever their home is. */
export const isMemberOf = ({ isStranger, teamId, teams }: SlackUser, ourTeamId: string): boolean =>
  !isStranger && (teamId === ourTeamId || teams.includes(ourTeamId))

/** Whether Slack says the same of somebody as before. What it does not show is not different. */
export const isSameUser = (before: SlackUser, now: SlackUser): boolean =>
  JSON.stringify({ ...before, email: null }) === JSON.stringify({ ...now, email: null }) &&
  (now.email === 'unknown' || before.email === 'unknown' || before.email === now.email)

/** Who somebody is, as far as our record of them keeps it. Another workspace's word for an e-mail counts for nothing here. */
export function seenAs(
  user: SlackUser,
  ourTeamId: string,
): Pick<Person, 'slack' | 'name'> & { readonly email: Known<string | null> } {
  const slack = { teamId: user.teamId, userId: user.id }
  return { slack, name: user.name, email: isMemberOf(user, ourTeamId) ? user.email : null }
}
