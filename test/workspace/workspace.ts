import type { Room } from './api/method.ts'
import { Delivery } from './delivery/deliver.ts'
import type { Answer, Envelope } from './delivery/envelope.ts'
import { HttpTransport } from './delivery/http.ts'
import { sign } from './delivery/signature.ts'
import { SocketMode } from './delivery/socket-mode.ts'
import { type DeliveryKind, Faults } from './faults.ts'
import { Limits } from './limits.ts'
import type { Stage } from './people/stage.ts'
import { Person } from './people/person.ts'
import { type NewChannel, type NewPerson, Population } from './population.ts'
import { listen, type Server } from './server.ts'
import type { RecordedCall } from './state/calls.ts'
import type { Changes, Complaint, Patience } from './state/changes.ts'
import { slackbotId, type Channel, type DmRefusal, type Group } from './state/directory.ts'
import type { Identity } from './state/identity.ts'
import type { Message } from './state/messages.ts'
import { State } from './state/state.ts'

export interface WorkspaceOptions {
  command?: string
  /** Callback ids of global shortcuts. */
  shortcuts?: readonly string[]
  appName?: string
  /** Scopes of the bot token. */
  scopes?: readonly string[]
  /** Events the app subscribed to. */
  events?: readonly string[]
  port?: number
  /** How many calls are remembered; 0 switches recording off. */
  keepCalls?: number
  triggerMs?: number
  ackMs?: number
}

const defaultScopes = [
  'commands',
  'chat:write',
  'users:read',
  'users:read.email',
  'im:write',
  'channels:read',
  'groups:read',
  'usergroups:read',
]
const defaultEvents = ['app_home_opened', 'user_change', 'team_join', 'subteam_created', 'subteam_updated']

/** A Slack of one's own, on a free loopback port. What it covers is in README.md. */
export async function startWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const { appName = 'Curfew', triggerMs = 3000, keepCalls = 10_000, port = 0 } = options
  const state = new State({ appName, triggerMs, keepCalls })
  const sockets = new SocketMode(state)
  const faults = new Faults()
  const limits = new Limits()
  const room: Room = {
    state,
    scopes: new Set(options.scopes ?? defaultScopes),
    hasMessagesTab: true,
    newSocketUrl: () => {
      const { appId } = state.identity
      return `${state.responseUrls.base.replace('http', 'ws')}/link/?ticket=${sockets.newTicket()}&app_id=${appId}`
    },
  }
  const server = await listen({ room, faults, limits, sockets }, port)
  state.responseUrls.base = server.url
  return new Workspace({ room, sockets, faults, limits, server }, options)
}

export class Workspace {
  readonly faults: Faults
  readonly limits: Limits
  readonly sockets: SocketMode
  readonly delivery: Delivery
  readonly state: State
  readonly room: Room
  readonly url: string
  readonly #server: Server
  readonly #stage: Stage
  readonly #population: Population
  #http: HttpTransport | undefined

  constructor(
    parts: { room: Room; sockets: SocketMode; faults: Faults; limits: Limits; server: Server },
    { command, shortcuts = [], events = defaultEvents, ackMs = 3000 }: WorkspaceOptions,
  ) {
    const { room, sockets, faults, limits, server } = parts
    this.room = room
    this.state = room.state
    this.sockets = sockets
    this.faults = faults
    this.limits = limits
    this.url = server.url
    this.#server = server
    this.delivery = new Delivery(this.state.ids, faults, sockets)
    this.delivery.ackMs = ackMs
    this.#stage = {
      room,
      state: this.state,
      delivery: this.delivery,
      commands: new Set(command === undefined ? [] : [command]),
      shortcuts: new Set(shortcuts),
      entered: new Map(),
      offered: new Map(),
    }
    this.#population = new Population(room, this.delivery, events)
    const { appName, botUserId } = this.identity
    this.#population.addAccount({ name: appName, email: '' }, true, botUserId)
    const slackbot = { name: 'Slackbot', email: '', isEmailConfirmed: false }
    this.#population.addAccount(slackbot, false, slackbotId)
  }

  get identity(): Identity {
    return this.state.identity
  }
  get apiUrl(): string {
    return `${this.url}/api/`
  }
  get botToken(): string {
    return this.identity.botToken
  }
  get appToken(): string {
    return this.identity.appToken
  }
  get signingSecret(): string {
    return this.identity.signingSecret
  }
  get appId(): string {
    return this.identity.appId
  }
  get botUserId(): string {
    return this.identity.botUserId
  }
  get teamId(): string {
    return this.identity.teamId
  }

  /** Scopes of the bot token; take one away to see what the app does without. */
  get scopes(): Set<string> {
    return this.room.scopes
  }
  get changes(): Changes {
    return this.state.changes
  }
  /** Everyone with an account, bots and Slackbot aside. */
  get people(): Person[] {
    const accounts = [...this.state.accounts.values()].filter(({ id, isBot }) => !isBot && id !== slackbotId)
    return accounts.map((account) => new Person(this.#stage, account))
  }
  /** Slash commands and callback ids of global shortcuts that the app has registered. */
  get offers(): { commands: string[]; shortcuts: string[] } {
    return { commands: [...this.#stage.commands], shortcuts: [...this.#stage.shortcuts] }
  }
  /** What the app sent, oldest first. */
  get calls(): readonly RecordedCall[] {
    return this.state.calls.list
  }
  /** What Slack would not have taken, and what this workspace does not know: empty, or a test should say why. */
  get complaints(): readonly Complaint[] {
    return this.state.complaints
  }

  addPerson(person: NewPerson): Person {
    return new Person(this.#stage, this.#population.addAccount(person))
  }

  addChannel(channel: NewChannel): Channel {
    return this.#population.addChannel(channel)
  }

  addGroup(group: { handle: string; name?: string; members?: readonly { id: string }[] }): Group {
    return this.#population.addGroup(group)
  }

  /** Commands, interactions and events go to this URL, signed; without one they go by Socket Mode. */
  deliverOverHttp(url: string): void {
    this.#http?.close()
    this.#http = new HttpTransport(url, this.signingSecret)
    this.delivery.transport = this.#http
  }

  deliverOverSockets(): void {
    this.delivery.transport = this.sockets
  }

  /** Messages of a channel in order, replies included; ephemeral ones are their readers' alone. */
  messages(channel: { id: string }): Message[] {
    return this.state.messages.in(channel.id)
  }

  /** The same with everyone's ephemeral ones among them. */
  everyMessage(channel: { id: string }): Message[] {
    return this.state.messages.all(channel.id)
  }

  /** The message as it is now; undefined once it was deleted. */
  now(message: Message): Message | undefined {
    return this.state.messages.get(message.channel, message.ts)
  }

  until<T>(condition: () => T, patience?: Patience) {
    return this.changes.until(condition, patience)
  }

  archive(channel: Channel): void {
    this.#population.archive(channel)
  }

  removeFromChannel(channel: Channel, member: { id: string }): void {
    this.#population.remove(channel, member.id)
  }

  removeAppFrom(channel: Channel): void {
    this.#population.remove(channel, this.botUserId)
  }

  deleteMessage(message: Message): void {
    this.state.delete(message)
  }

  deactivate(person: Person): void {
    this.#population.deactivate(person.account)
  }

  /** After a change to `person.account`: sends user_change. */
  personChanged(person: Person): void {
    this.#population.changed(person.account)
  }

  /** Posts to this person's DM are refused from now on, by the name given. */
  closeDms(person: Person, refusal: DmRefusal = 'channel_not_found'): void {
    this.#population.closeDms(person.account, refusal)
  }

  /** Delivers the next command or interaction twice. */
  redeliver(): void {
    this.faults.nextDelivery('*', 'twice')
  }

  /** Delivers the last command or interaction once more, now. */
  async redeliverLast(): Promise<Answer> {
    if (!this.delivery.last) throw new Error('nothing was delivered yet')
    return this.delivery.again(this.delivery.last)
  }

  /** Sends the app anything, over the way in use: for abuse tests. */
  raw(type: DeliveryKind, payload: Envelope['payload']): Promise<Answer> {
    return this.delivery.send({ id: this.state.ids.token(36), type, payload })
  }

  /** An HTTP request as it is, to where the app listens; sign it, or sign it badly. */
  post(body: string, headers: Record<string, string>) {
    if (!this.#http) throw new Error('deliverOverHttp first')
    return this.#http.post(body, headers)
  }

  sign(
    body: string,
    { atSeconds, secret = this.signingSecret }: { atSeconds?: number; secret?: string } = {},
  ) {
    return sign(body, secret, atSeconds)
  }

  /** Stops listening, drops every connection, ends every wait. */
  async close(): Promise<void> {
    this.#http?.close()
    const [, closed] = await Promise.allSettled([this.delivery.close(), this.#server.close()])
    if (closed.status === 'rejected') throw closed.reason
  }
}
