/** Why an app cannot write to a person, as Slack names it. */
export type DmRefusal =
  'channel_not_found' | 'user_disabled' | 'user_not_visible' | 'cannot_dm_bot' | 'messages_tab_disabled'

/** Slack's own account, in every workspace: no bot, and without an e-mail (slackapi/bolt-js#794). */
export const slackbotId = 'USLACKBOT'

/** Someone with an account. Of another workspace if `teamId` is not the app's. */
export interface Account {
  readonly id: string
  readonly teamId: string
  name: string
  /** Slack documents that what was not supplied may be null. */
  realName: string | null
  email: string | null
  isEmailConfirmed: boolean
  guest: 'no' | 'multi' | 'single'
  isDeleted: boolean
  isBot: boolean
  tz: string
  title: string
  refusesDms?: DmRefusal
  /** The workspaces of an organisation that they are a member of. */
  teams?: readonly string[]
  /** What Slack says of them beside this, or otherwise. */
  extra?: Readonly<Record<string, unknown>>
}

export interface Channel {
  readonly id: string
  readonly kind: 'public' | 'private' | 'im'
  readonly name: string
  /** Ids of accounts; the app's bot user among them when the app was added. */
  readonly members: Set<string>
  isArchived: boolean
}

/** The name Slack puts into payloads: private channels and DMs do not give theirs away. */
export function payloadName(channel: Channel): string {
  if (channel.kind === 'im') return 'directmessage'
  return channel.kind === 'private' ? 'privategroup' : channel.name
}

/** A user group (subteam). Setting `members` replaces the list, as in Slack. */
export class Group {
  readonly id: string
  readonly handle: string
  readonly name: string
  isDisabled = false
  /** What usergroups.list says of it otherwise. */
  saysOtherwise: Readonly<Record<string, unknown>> = {}
  #memberIds: string[] = []
  readonly #changed: (group: Group) => void

  constructor(id: string, handle: string, name: string, changed: (group: Group) => void) {
    this.id = id
    this.handle = handle
    this.name = name
    this.#changed = changed
  }

  get memberIds(): readonly string[] {
    return this.#memberIds
  }

  set members(people: readonly { id: string }[]) {
    this.#memberIds = people.map((person) => person.id)
    this.#changed(this)
  }
}
