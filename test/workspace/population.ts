import { groupObject } from './api/usergroups.ts'
import { userObject } from './api/users.ts'
import type { Json, Room } from './api/method.ts'
import type { Delivery } from './delivery/deliver.ts'
import { eventPayload } from './delivery/payloads.ts'
import type { Account, Channel, DmRefusal } from './state/directory.ts'
import { Group } from './state/directory.ts'

export interface NewPerson {
  name: string
  email?: string
  /** Slack's two kinds of guests: in several channels, or in a single one. */
  guest?: 'no' | 'multi' | 'single'
  tz?: string
  title?: string
  isEmailConfirmed?: boolean
  /** Id of another workspace: someone who is here by Slack Connect, or whose home it is. */
  team?: string
  /** Workspaces of their organisation (Enterprise Grid) that they are members of, beside their home. */
  teams?: readonly string[]
  channels?: readonly Channel[]
}

export interface NewChannel {
  name: string
  members?: readonly { id: string }[]
  isPrivate?: boolean
  /** Whether the app was added to it. */
  app?: boolean
}

/** Who and what is in the workspace, and what the app is told when that changes. */
export class Population {
  readonly #room: Room
  readonly #delivery: Delivery
  /** Event types the app subscribed to; others are not sent. */
  readonly events: Set<string>

  constructor(room: Room, delivery: Delivery, events: readonly string[]) {
    this.#room = room
    this.#delivery = delivery
    this.events = new Set(events)
  }

  addAccount({ name, channels = [], ...rest }: NewPerson, isBot = false, id?: string): Account {
    const { state } = this.#room
    const account: Account = {
      id: id ?? state.ids.next('U'),
      teamId: rest.team ?? state.identity.teamId,
      name,
      realName: name,
      email: rest.email ?? `${name.toLowerCase().replaceAll(' ', '.')}@example.com`,
      isEmailConfirmed: rest.isEmailConfirmed ?? true,
      guest: rest.guest ?? 'no',
      isDeleted: false,
      isBot,
      tz: rest.tz ?? 'Europe/London',
      title: rest.title ?? '',
      ...(rest.teams && { teams: rest.teams }),
    }
    state.accounts.set(account.id, account)
    for (const channel of channels) channel.members.add(account.id)
    state.changes.tell({ what: 'person', account })
    return account
  }

  addChannel({ name, members = [], isPrivate = false, app = false }: NewChannel): Channel {
    const { state } = this.#room
    const ids = members.map((member) => member.id)
    const channel: Channel = {
      id: state.ids.next('C'),
      kind: isPrivate ? 'private' : 'public',
      name,
      members: new Set(app ? [...ids, state.identity.botUserId] : ids),
      isArchived: false,
    }
    state.channels.set(channel.id, channel)
    state.changes.tell({ what: 'channel', channel })
    return channel
  }

  addGroup({
    handle,
    name = handle,
    members = [],
  }: {
    handle: string
    name?: string
    members?: readonly { id: string }[]
  }): Group {
    const { state } = this.#room
    const group: Group = new Group(state.ids.next('S'), handle, name, (changed) => {
      state.changes.tell({ what: 'group', group: changed })
      this.#tell({ type: 'subteam_updated', subteam: groupObject(changed, state.identity.teamId) })
    })
    state.groups.set(group.id, group)
    group.members = members
    return group
  }

  deactivate(account: Account): void {
    account.isDeleted = true
    this.changed(account)
  }

  /** Tells the app that something about a person changed. */
  changed(account: Account): void {
    this.#room.state.changes.tell({ what: 'person', account })
    this.#tell({ type: 'user_change', user: userObject(this.#room, account) })
  }

  closeDms(account: Account, refusal: DmRefusal): void {
    account.refusesDms = refusal
    this.#room.state.changes.tell({ what: 'person', account })
  }

  archive(channel: Channel): void {
    const { state } = this.#room
    channel.isArchived = true
    state.changes.tell({ what: 'channel', channel })
    const type = channel.kind === 'private' ? 'group_archive' : 'channel_archive'
    if (channel.members.has(state.identity.botUserId)) this.#tell({ type, channel: channel.id })
  }

  remove(channel: Channel, memberId: string): void {
    const { state } = this.#room
    const isTheApp = memberId === state.identity.botUserId
    const kind = channel.kind === 'private' ? 'group' : 'channel'
    channel.members.delete(memberId)
    state.changes.tell({ what: 'channel', channel })
    if (isTheApp) this.#tell({ type: `${kind}_left`, channel: channel.id })
    else this.#tell({ type: 'member_left_channel', user: memberId, channel: channel.id })
  }

  #tell(event: Json): void {
    if (this.events.has(String(event.type))) this.#delivery.tell(eventPayload(this.#room.state, event))
  }
}
