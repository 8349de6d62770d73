import type { Json, Room } from '../api/method.ts'
import type { Option } from '../blocks/composition.ts'
import type { Control, PlacedBlock } from '../blocks/controls.ts'
import { controlsOf } from '../blocks/controls.ts'
import type { Delivery } from '../delivery/deliver.ts'
import type { Answer } from '../delivery/envelope.ts'
import { actionPayload, type Place } from '../delivery/payloads.ts'
import type { Account, Channel } from '../state/directory.ts'
import type { StateValues } from '../state/inputs.ts'
import { stateOf } from '../state/inputs.ts'
import type { Message } from '../state/messages.ts'
import type { State } from '../state/state.ts'
import type { OpenView } from '../state/views.ts'

/** What people's acts play on. */
export interface Stage {
  readonly room: Room
  readonly state: State
  readonly delivery: Delivery
  /** Slash commands and global shortcuts the app has registered. */
  readonly commands: ReadonlySet<string>
  readonly shortcuts: ReadonlySet<string>
  /** What people have entered into elements of messages, by message and person. */
  readonly entered: Map<string, StateValues>
  /** Options an external menu last offered, by person and element. */
  readonly offered: Map<string, readonly Option[]>
}

/** Where on the screen somebody acts: a message, the modal on top, or the Home tab. */
export type Where = Message | 'modal' | 'home'

/** How an interaction ended for the person; `cancelled` where a confirm dialog was answered with no. */
export type Outcome = { outcome: 'acked' | 'operation_timeout' | 'dispatch_failed' | 'cancelled' }

/** The place as it is now. `asSeen` takes a message as it was, for a click that comes too late. */
export function placeOf(stage: Stage, account: Account, where: Where, asSeen = false): Place {
  if (typeof where !== 'string') return messagePlace(stage, account, where, asSeen)
  const view = where === 'home' ? stage.state.views.home(account.id) : topView(stage, account)
  if (!view) throw new Error(`${account.name} has no ${where} open`)
  return { view }
}

export const topView = ({ state }: Stage, account: Account): OpenView | undefined =>
  state.views.stack(account.id).at(-1)

export const blocksOf = (place: Place): readonly PlacedBlock[] =>
  'view' in place ? place.view.blocks : place.message.blocks

/** The values on this place, as its person has entered them. */
export function valuesOf(stage: Stage, account: Account, place: Place): StateValues {
  if ('view' in place) return place.view.values
  return stateOf(place.message.blocks, stage.entered.get(enteredKey(account, place)))
}

/** Sends block_actions; a person sees nothing if it was acknowledged, else a warning. */
export async function act(stage: Stage, account: Account, place: Place, action: Json): Promise<Outcome> {
  const now = 'view' in place ? { view: stillOpen(stage, place.view) } : place
  const values = valuesOf(stage, account, now)
  const payload = actionPayload(stage.state, { account, place: now, action, values })
  return heard(stage, account, await stage.delivery.deliver('interactive', payload))
}

/** Tells the person that the app did not answer. */
export function heard(stage: Stage, account: Account, { outcome }: Answer): Outcome {
  if (outcome !== 'acked') stage.state.toast(account.id, outcome)
  return { outcome }
}

export function enter(stage: Stage, account: Account, place: Place, values: StateValues): void {
  if ('view' in place) stage.state.views.replace({ ...place.view, values })
  else stage.entered.set(enteredKey(account, place), values)
  stage.state.changes.tell({ what: 'inputs', personId: account.id })
}

/** The one control that `label` means, by label, placeholder or action_id; throws what there is instead. */
export function findControl(place: Place, label: string, suits: (control: Control) => boolean): Control {
  const controls = controlsOf(blocksOf(place)).filter(suits)
  const names = controls.map(
    (control) => [control.label, placeholderOf(control), control.element.action_id] as const,
  )
  for (const by of [0, 1, 2] as const) {
    const at = names.findIndex((name) => name[by] === label)
    const control = controls[at]
    if (control) return control
  }
  throw new Error(
    `no '${label}' here, only ${names.map(([a, b, c]) => `'${a ?? b ?? c}'`).join(', ') || 'nothing'}`,
  )
}

const placeholderOf = ({ element }: Control) =>
  'placeholder' in element ? element.placeholder?.text : undefined

const enteredKey = (account: Account, { message }: { message: Message }) =>
  `${message.channel} ${message.ts} ${account.id}`

const stillOpen = (stage: Stage, view: OpenView) => stage.state.views.find((v) => v.id === view.id) ?? view

function messagePlace(stage: Stage, account: Account, seen: Message, asSeen: boolean): Place {
  const channel = channelOf(stage, account, seen.channel)
  const now = stage.state.messages.get(seen.channel, seen.ts)
  if (!now && !asSeen) throw new Error(`the message is gone: ${seen.plain}`)
  if (seen.onlyFor !== undefined && seen.onlyFor !== account.id)
    throw new Error(`${account.name} does not see this message`)
  return { message: asSeen ? seen : (now ?? seen), channel }
}

export function channelOf({ state }: Stage, account: Account, id: string): Channel {
  const channel = state.channels.get(id)
  if (!channel?.members.has(account.id) && channel?.kind !== 'public')
    throw new Error(`${account.name} is not in ${channel?.name ?? id}`)
  return channel
}
