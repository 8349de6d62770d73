import { z } from 'zod'
import type { PlacedBlock } from '../blocks/controls.ts'
import type { Option, OptionGroup } from '../blocks/composition.ts'
import type { StateValues } from '../state/inputs.ts'

/** What the practice page and its server say to each other. The page imports the types alone. */

const id = z.string().min(1).max(300)

const where = z.discriminatedUnion('in', [
  z.strictObject({ in: z.literal('message'), channel: id, ts: id }),
  z.strictObject({ in: z.literal('modal'), viewId: id }),
  z.strictObject({ in: z.literal('home') }),
])

const exactly = { where, blockId: id, actionId: id }

/** What a person does on the page. */
const act = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('run'), line: z.string().min(1).max(5000), channel: id }),
  z.strictObject({ do: z.literal('use-shortcut'), callbackId: id }),
  z.strictObject({ do: z.literal('press'), ...exactly, option: z.string().max(300).optional() }),
  z.strictObject({
    do: z.literal('enter'),
    ...exactly,
    entry: z.array(z.string().max(5000)).max(100),
    isEnterKey: z.boolean().optional(),
  }),
  z.strictObject({ do: z.literal('search'), ...exactly, query: z.string().max(300) }),
  z.strictObject({ do: z.literal('submit'), viewId: id }),
  z.strictObject({ do: z.literal('close-modal'), viewId: id, everything: z.boolean() }),
  z.strictObject({ do: z.literal('open-home') }),
  z.strictObject({ do: z.literal('open-messages') }),
  z.strictObject({
    do: z.literal('say'),
    channel: id,
    text: z.string().min(1).max(5000),
    thread: id.optional(),
  }),
  z.strictObject({ do: z.literal('read'), channel: id }),
  z.strictObject({ do: z.literal('try-door'), door: id }),
  z.strictObject({ do: z.literal('save-catalog'), text: z.string().max(200_000), before: z.string() }),
  z.strictObject({ do: z.literal('move'), employee: id, group: id }),
  z.strictObject({
    do: z.literal('rename'),
    employee: id,
    name: z.string().trim().min(1).max(300),
    email: z.string().trim().min(1).max(300),
  }),
  z.strictObject({ do: z.literal('set-active'), employee: id, isActive: z.boolean() }),
  z.strictObject({ do: z.literal('open-on-phone'), link: z.string().max(2000) }),
  z.strictObject({
    do: z.literal('send-on-phone'),
    to: z.string().max(2000),
    fields: z.record(z.string().max(100), z.string().max(300)),
  }),
  z.strictObject({ do: z.literal('close-on-phone') }),
  z.strictObject({ do: z.literal('add-to-phone'), letters: z.string().max(300) }),
  z.strictObject({ do: z.literal('get-code'), from: id }),
  z.strictObject({ do: z.literal('set-firewall'), isOn: z.boolean() }),
  z.strictObject({ do: z.literal('set-network'), isPluggedIn: z.boolean() }),
  z.strictObject({ do: z.literal('install-updates') }),
])

/** `as` is the person on whose side of the page it was done. */
export const fromPage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    run: z.string().max(100).optional(),
    since: z.int().min(0).optional(),
  }),
  z.strictObject({ type: z.literal('act'), id: z.int(), as: id, act }),
])

export type Act = z.infer<typeof act>
export type ActWhere = z.infer<typeof where>
export type FromPage = z.infer<typeof fromPage>

export interface ShownWorkspace {
  name: string
  teamId: string
  appName: string
  botUserId: string
  commands: string[]
  shortcuts: string[]
  /** How long an app may take to acknowledge. */
  ackMs: number
}

export interface ShownPerson {
  id: string
  name: string
  title: string
  tz: string
  guest: 'no' | 'multi' | 'single'
  isBot: boolean
  isDeleted: boolean
  /** Of another workspace: no app, no commands, no Home tab. */
  isStranger: boolean
}

export interface ShownChannel {
  id: string
  kind: 'public' | 'private' | 'im'
  name: string
  members: string[]
  isArchived: boolean
}

export interface ShownGroup {
  id: string
  handle: string
  name: string
  members: string[]
}

export interface ShownMessage {
  ts: string
  channel: string
  user: string
  isFromApp: boolean
  text: string
  blocks: readonly PlacedBlock[]
  threadTs?: string
  onlyFor?: string
  isEdited: boolean
}

export interface ShownView {
  id: string
  hash: string
  type: 'modal' | 'home'
  title: string
  submit?: string
  close?: string
  isSubmitDisabled: boolean
  blocks: readonly PlacedBlock[]
  values: StateValues
  /** By block_id. */
  errors: Readonly<Record<string, string>>
}

export interface ShownDoor {
  id: string
  name: string
  /** Ids of people, or names as the system itself has them. */
  holders: string[]
  /** Why the system could not be asked just now. */
  problem: string | null
}

export interface ShownCatalog {
  file: string
  text: string
  problem: string | null
}

export interface ShownCompany {
  /** What its directory is called. */
  name: string
  groups: string[]
}

/** Somebody as the company's directory has them, which Slack knows nothing of. */
export interface ShownEmployee {
  id: string
  name: string
  email: string
  group: string
  isActive: boolean
}

/** What the company's directory sent to the app, and what it was answered with. */
export interface ShownExchange {
  number: number
  method: string
  path: string
  /** In a few words. */
  says: string
  body: string
  /** Null: nobody answered. */
  status: number | null
}

/** What somebody confirms with. */
export interface ShownPhone {
  /** How the links begin that it opens. */
  opens: string
  /** The page that it shows, as it came, but for style, scripts and pictures. */
  screen: { url: string; html: string } | null
  hasPasskey: boolean
  /** What its authenticator app shows, and until when in milliseconds; null: none was added. */
  code: { digits: string; until: number } | null
  /** The one-time code that they were told last, by whom, and the command that made it. */
  told: { by: string; ran: string; code: string } | null
}

/** What somebody works on. It reports how it is by itself, while it is on the network. */
export interface ShownLaptop {
  /** The one that opens for it while it is fit. */
  door: string
  isPluggedIn: boolean
  isFirewallOn: boolean
  osVersion: string
  /** The version that its updates bring; null: they are installed. */
  update: string | null
  /** What the app took of it last, and when in milliseconds; null: nothing yet. */
  reported: { says: string; at: number } | null
  /** Why what it said since was not taken. */
  problem: string | null
}

/** Everything on the page, by kind and key. */
export interface Shown {
  workspace: ShownWorkspace
  person: ShownPerson
  channel: ShownChannel
  group: ShownGroup
  message: ShownMessage
  /** Modals by person, the last on top. */
  stack: readonly ShownView[]
  home: ShownView
  /** By person and channel. */
  unread: number
  door: ShownDoor
  catalog: ShownCatalog
  company: ShownCompany
  employee: ShownEmployee
  exchange: ShownExchange
  /** By person. */
  phone: ShownPhone
  /** By person. */
  laptop: ShownLaptop
}

export type Kind = keyof Shown
export type Entry = { [K in Kind]: { kind: K; key: string; value: Shown[K] | null } }[Kind]

export type Answered =
  | { outcome: string; errors?: Record<string, string> }
  | { outcome: 'offered'; options: readonly Option[]; groups: readonly OptionGroup[] }
  | { outcome: 'tried'; ok: boolean; says: string }
  | { outcome: 'saved'; warnings: readonly string[] }

export type ToPage =
  /** `isWhole`: forget what was known before. Else only what changed since. */
  | { type: 'entries'; run: string; seq: number; isWhole: boolean; entries: Entry[] }
  | { type: 'toast'; personId: string; text: string }
  | { type: 'answer'; id: number; ok: true; answer: Answered }
  | { type: 'answer'; id: number; ok: false; why: string }
