import { controlsOf, place } from '../blocks/controls.ts'
import type { Block } from '../blocks/blocks.ts'
import { plainOf, readMrkdwn } from '../blocks/plain.ts'
import type { RecordedCall } from './calls.ts'
import { Calls } from './calls.ts'
import type { Complaint } from './changes.ts'
import { Changes } from './changes.ts'
import type { Account, Channel, Group } from './directory.ts'
import { Ids } from './ids.ts'
import type { Identity } from './identity.ts'
import { newIdentity } from './identity.ts'
import type { Message } from './messages.ts'
import { Messages } from './messages.ts'
import { ResponseUrls } from './response-urls.ts'
import { Triggers } from './triggers.ts'
import type { OpenView } from './views.ts'
import { Views } from './views.ts'

export interface Draft {
  channel: Channel
  user: string
  text: string
  blocks?: readonly Block[] | undefined
  threadTs?: string | undefined
  onlyFor?: string
  metadata?: unknown
}

/** All that a workspace knows. Every change to it is told through `changes`. */
export class State {
  readonly ids = new Ids()
  readonly changes = new Changes()
  readonly identity: Identity
  readonly accounts = new Map<string, Account>()
  readonly channels = new Map<string, Channel>()
  readonly groups = new Map<string, Group>()
  readonly messages = new Messages()
  readonly views = new Views(this.ids)
  readonly triggers: Triggers
  readonly responseUrls = new ResponseUrls(this.ids)
  readonly complaints: Complaint[] = []
  readonly calls: Calls
  readonly toasts = new Map<string, string[]>()
  /** How far people have read: person and channel to the last timestamp. */
  readonly #read = new Map<string, string>()

  constructor({ appName, triggerMs, keepCalls }: { appName: string; triggerMs: number; keepCalls: number }) {
    this.identity = newIdentity(this.ids, appName)
    this.triggers = new Triggers(this.ids, triggerMs)
    this.calls = new Calls(keepCalls)
  }

  readonly nameOf = (id: string): string =>
    this.accounts.get(id)?.name ?? this.channels.get(id)?.name ?? this.groups.get(id)?.handle ?? id

  post({ channel, user, text, blocks = [], threadTs, onlyFor, metadata }: Draft): Message {
    const message: Message = {
      ts: this.ids.ts(),
      channel: channel.id,
      user,
      isFromApp: user === this.identity.botUserId,
      ...this.#content(text, blocks),
      ...(threadTs !== undefined && { threadTs }),
      ...(onlyFor !== undefined && { onlyFor }),
      ...(metadata !== undefined && { metadata }),
      isDeleted: false,
      postedAt: new Date(),
    }
    this.messages.put(message)
    this.changes.tell({ what: 'message', how: 'posted', message })
    return message
  }

  edit(old: Message, text: string, blocks: readonly Block[] = []): Message {
    const message = { ...old, ...this.#content(text, blocks), edited: this.ids.ts() }
    this.messages.put(message)
    this.changes.tell({ what: 'message', how: 'edited', message })
    return message
  }

  delete(old: Message): void {
    this.messages.remove(old)
    this.changes.tell({ what: 'message', how: 'deleted', message: { ...old, isDeleted: true } })
  }

  /** Puts a view's new form on screen; nothing happens if it was closed meanwhile. */
  show(view: OpenView): boolean {
    const isThere = this.views.replace(view)
    const what = view.definition.type === 'home' ? 'home' : 'views'
    if (isThere) this.changes.tell({ what, personId: view.personId })
    return isThere
  }

  setStack(personId: string, stack: readonly OpenView[]): void {
    this.views.setStack(personId, stack)
    this.changes.tell({ what: 'views', personId })
  }

  /** The DM of the app with this person, made at its first use. */
  dmOf(personId: string): Channel {
    const existing = [...this.channels.values()].find((c) => c.kind === 'im' && c.members.has(personId))
    if (existing) return existing
    const members = new Set([personId, this.identity.botUserId])
    const channel: Channel = { id: this.ids.next('D'), kind: 'im', name: '', members, isArchived: false }
    this.channels.set(channel.id, channel)
    this.changes.tell({ what: 'channel', channel })
    return channel
  }

  /** New messages since the person last read there; edits do not count, nor what she wrote herself. */
  unread(personId: string, channelId: string): Message[] {
    const readTo = this.#read.get(`${personId} ${channelId}`) ?? ''
    const seen = this.messages.seenBy(personId, channelId)
    return seen.filter((message) => message.ts > readTo && message.user !== personId)
  }

  markRead(personId: string, channelId: string): void {
    this.#read.set(`${personId} ${channelId}`, this.ids.ts())
    this.changes.tell({ what: 'read', personId, channelId })
  }

  toast(personId: string, text: string): void {
    this.toasts.set(personId, [...(this.toasts.get(personId) ?? []), text])
    this.changes.tell({ what: 'toast', personId, text })
  }

  record(call: RecordedCall): void {
    this.calls.add(call)
    if (this.calls.keep > 0) this.changes.tell({ what: 'call', call })
  }

  complain(complaint: Complaint): void {
    this.complaints.push(complaint)
    this.changes.tell({ what: 'complaint', complaint })
  }

  #content(text: string, blocks: readonly Block[]): Pick<Message, 'text' | 'blocks' | 'plain' | 'buttons'> {
    const placed = place(blocks, () => this.ids.token())
    const elements = controlsOf(placed).map((control) => control.element)
    return {
      text,
      blocks: placed,
      plain: placed.length > 0 ? plainOf(placed, this.nameOf) : readMrkdwn(text, this.nameOf),
      buttons: elements.flatMap((element) => (element.type === 'button' ? [element.text.text] : [])),
    }
  }
}
