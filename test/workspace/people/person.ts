import type { Patience } from '../state/changes.ts'
import type { Account, Channel } from '../state/directory.ts'
import type { Message } from '../state/messages.ts'
import { type ClickOptions, clicks, matches } from './clicks.ts'
import { opensApp, type Ran, runs, usesShortcut } from './commands.ts'
import { type Exactly, enters, presses, type Suggested, suggestions } from './exactly.ts'
import { type Choice, chooses, types } from './fills.ts'
import { type Page, pageOf } from './pages.ts'
import { type Offers, searches } from './searches.ts'
import { channelOf, type Outcome, type Stage, topView, type Where } from './stage.ts'
import { closesModal, submits, type Submitted } from './submits.ts'

/** Where to look: a channel, the DM with the app, what only she sees, or the thread under a message. */
export type Sight = Channel | Message | 'dm' | 'ephemeral'

/** Somebody in the workspace: does what people do in Slack, and reads what they see. */
export class Person {
  readonly account: Account
  readonly #stage: Stage

  constructor(stage: Stage, account: Account) {
    this.#stage = stage
    this.account = account
  }

  get id(): string {
    return this.account.id
  }

  get name(): string {
    return this.account.name
  }

  /** Sends a slash command; resolves when acknowledged, or when Slack gives up waiting. */
  runs(line: string, { in: channel }: { in?: Channel } = {}): Promise<Ran> {
    return runs(this.#stage, this.account, line, channel)
  }

  usesShortcut(callbackId: string): Promise<Outcome> {
    return usesShortcut(this.#stage, this.account, callbackId)
  }

  /** Resolves when the app has acknowledged the event, which is before it published anything. */
  opensHome(): Promise<void> {
    return opensApp(this.#stage, this.account, 'home')
  }

  opensMessages(): Promise<void> {
    return opensApp(this.#stage, this.account, 'messages')
  }

  /** Writes something herself. */
  says(text: string, { in: channel, thread }: { in: Channel; thread?: Message }): Message {
    const threadTs = thread?.threadTs ?? thread?.ts
    return this.#stage.state.post({ channel, user: this.id, text, threadTs })
  }

  /** By the words on the button; in the open modal unless said otherwise. */
  clicks(label: string, where: Where = 'modal', options: ClickOptions = {}): Promise<Outcome> {
    return clicks(this.#stage, this.account, label, where, options)
  }

  /** By label (or placeholder, or action_id) and the words of the option. */
  chooses(label: string, choice: Choice, where: Where = 'modal'): Promise<Outcome | undefined> {
    return chooses(this.#stage, this.account, label, choice, where)
  }

  types(
    label: string,
    text: string,
    options?: { enter?: boolean; where?: Where },
  ): Promise<Outcome | undefined> {
    return types(this.#stage, this.account, label, text, options)
  }

  searches(label: string, query: string, where: Where = 'modal'): Promise<Offers> {
    return searches(this.#stage, this.account, label, query, where)
  }

  /** A button, or an entry of an overflow menu, by its ids; a confirm dialog was answered with yes. */
  presses(exactly: Exactly, where: Where, optionValue?: string): Promise<Outcome> {
    return presses(this.#stage, this.account, where, exactly, optionValue)
  }

  /** What stands in an element now: its text, date, time, or the values or ids picked; nothing empties it. */
  enters(
    exactly: Exactly,
    where: Where,
    entry: readonly string[],
    options?: { enter?: boolean },
  ): Promise<Outcome | undefined> {
    return enters(this.#stage, this.account, where, exactly, entry, options)
  }

  /** What an external menu offers, as whole options. */
  suggestions(exactly: Exactly, where: Where, query: string): Promise<Suggested> {
    return suggestions(this.#stage, this.account, where, exactly, query)
  }

  submits(): Promise<Submitted> {
    return submits(this.#stage, this.account)
  }

  closesModal({ everything = false } = {}): Promise<void> {
    return closesModal(this.#stage, this.account, everything)
  }

  /** The modal on top; waits until one is open, and reads as expected. */
  modal(expected: string | RegExp = '', patience: Patience = {}): Promise<Page> {
    return this.#until(() => found(this.openModal, expected), `a modal with ${String(expected)}`, patience)
  }

  /** The modal on top at this moment. */
  get openModal(): Page | undefined {
    const view = topView(this.#stage, this.account)
    return view && pageOf(this.#stage.state, view)
  }

  get home(): Page | undefined {
    const view = this.#stage.state.views.home(this.id)
    return view && pageOf(this.#stage.state, view)
  }

  seesHome(expected: string | RegExp, patience: Patience = {}): Promise<Page> {
    return this.#until(() => found(this.home, expected), `a Home tab with ${String(expected)}`, patience)
  }

  /** Waits for a message that reads so, and returns the latest. Anywhere she can look, unless said where. */
  sees(expected: string | RegExp, where?: Sight, patience: Patience = {}): Promise<Message> {
    const matching = () => this.#inSight(where).findLast((message) => matches(expected, message.plain))
    const shown = () => this.#inSight(where).map((message) => `\n- ${message.plain}`)
    const what = () => `${this.name} to see ${String(expected)}; she sees${shown().join('') || ' nothing'}`
    return this.#stage.state.changes.until(matching, { what, ...patience })
  }

  /** Messages in her DM with the app, in order. */
  get dms(): Message[] {
    return this.#inSight('dm')
  }

  /** What the app told her alone, there or anywhere. */
  ephemerals(channel?: Channel): Message[] {
    const all = this.#inSight('ephemeral')
    return channel ? all.filter((message) => message.channel === channel.id) : all
  }

  /** What came since she last read there: what Slack would have notified her of. */
  unread(where: Channel | 'dm'): Message[] {
    return this.#stage.state.unread(this.id, this.#idOf(where))
  }

  reads(where: Channel | 'dm'): void {
    this.#stage.state.markRead(this.id, this.#idOf(where))
  }

  /** Small notices of Slack's own, such as `operation_timeout`. */
  get toasts(): readonly string[] {
    return this.#stage.state.toasts.get(this.id) ?? []
  }

  #idOf(where: Channel | 'dm'): string {
    return where === 'dm' ? this.#stage.state.dmOf(this.id).id : where.id
  }

  #inSight(where?: Sight): Message[] {
    const { state } = this.#stage
    const mine = [...state.channels.values()].filter((channel) => channel.members.has(this.id))
    const seen = (channels: Channel[]) => channels.flatMap((c) => state.messages.seenBy(this.id, c.id))
    if (where === undefined) return seen(mine).sort((a, b) => (a.ts < b.ts ? -1 : 1))
    if (where === 'dm') return seen(mine.filter((channel) => channel.kind === 'im'))
    if (where === 'ephemeral') return seen(mine).filter((message) => message.onlyFor === this.id)
    if ('members' in where) return seen([channelOf(this.#stage, this.account, where.id)])
    return seen([channelOf(this.#stage, this.account, where.channel)]).filter(
      (message) => message.threadTs === (where.threadTs ?? where.ts),
    )
  }

  #until<T>(condition: () => T | undefined, what: string, patience: Patience) {
    const described = () => `${this.name} to see ${what}; she sees ${this.openModal?.text ?? 'no modal'}`
    return this.#stage.state.changes.until(condition, { what: described, ...patience })
  }
}

const found = (page: Page | undefined, expected: string | RegExp) =>
  page && matches(expected, page.text) ? page : undefined
