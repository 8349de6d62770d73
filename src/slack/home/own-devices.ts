import type { KnownBlock, ModalView } from '@slack/types'
import { everyEntitlement } from '../../domain/catalog.ts'
import { isUsable, type Device } from '../../domain/devices/device.ts'
import { fitness } from '../../domain/devices/fitness.ts'
import { lacksInWords } from '../../domain/devices/lack-words.ts'
import type { FitRule } from '../../domain/devices/rules.ts'
import type { PersonFacts, PersonRef } from '../../domain/person.ts'
import { makeDeviceCode } from '../../operations/devices/enrol.ts'
import type { Parts } from '../parts.ts'
import { messageView } from '../replies/message-view.ts'
import { openFilled } from '../replies/fill-view.ts'
import { parseClick } from '../wire/payloads.ts'
import { approveAgainButton, revokeButton } from '../looking-after/devices.ts'
import { button, buttonRow, section, sectionWith } from '../words/blocks.ts'
import { deviceLine, deviceName } from '../words/device-words.ts'
import { plainWords, when } from '../words/mrkdwn.ts'

/** What somebody works on, on their Home tab and where an admin looks them up: fit, or what is missing. */

export interface OwnDevices {
  /** A machine can be made theirs by a one-time code here. */
  readonly mayAdd: boolean
  readonly devices: readonly Device[]
  readonly rules: readonly FitRule[]
  readonly now: Date
}

const addId = 'device_add'
const title = 'Add a device'

/** Null where nothing asks for a device. */
export function ownDevicesOf(
  { world, publicUrl }: Pick<Parts, 'world' | 'publicUrl'>,
  facts: PersonFacts,
): OwnDevices | null {
  const catalog = world.catalog()
  const rules = new Map(
    everyEntitlement(catalog).flatMap(({ device }) => (device ? [[device.id, device]] : [])),
  )
  if (rules.size === 0 || facts.devices === undefined) return null
  const isReported = [...catalog.devices.sources.values()].some(({ kind }) => kind === 'report')
  const mayAdd = isReported && world.deviceCodes !== null && publicUrl !== null
  return { mayAdd, devices: facts.devices, rules: [...rules.values()], now: world.clock.now() }
}

export function ownDeviceRows(own: OwnDevices | null): (() => KnownBlock[])[] {
  if (own === null) return []
  const add = sectionWith(
    own.devices.length === 0
      ? 'None is known of you. Some access is for fit devices only.'
      : 'Some access is for fit devices only.',
    button(addId, 'Add a device…', 'add', 'Add a device'),
  )
  return [
    ...(own.mayAdd ? [() => [add]] : []),
    ...own.devices.map((device) => () => [section(deviceWords(device, own))]),
  ]
}

export function listenToOwnDevices(parts: Parts): void {
  const { app } = parts
  app.action(addId, async ({ ack, body }) => {
    const click = parseClick(body)
    // Made once there is a place for it: nobody would read the code.
    await Promise.all([ack(), openFilled(parts, { click, title }, (by) => codeView(parts, by))])
  })
}

/** In no message, as those stay. */
async function codeView({ world, publicUrl }: Parts, by: PersonRef): Promise<ModalView> {
  const made = await makeDeviceCode(world, { person: by, by })
  if ('refused' in made) return messageView(title, 'Devices do not report themselves here.')
  return {
    ...messageView(title, ''),
    blocks: [
      section('On the machine that you work on, with Node 20 or later, run this and type the code:'),
      section(`\`npx -p curfew curfew-report enrol ${publicUrl ?? ''}\``),
      section(`*${made.code}*`),
      section(
        `Good until ${when(made.until)}, once, and for your own machine only: whatever it is typed on is yours from then on. Then let \`curfew-report run\` go on there.`,
      ),
    ],
  }
}

/** The same with a button to take it back. */
export const keptDeviceRows = (own: OwnDevices): KnownBlock[] =>
  own.devices
    .slice(0, mostListed)
    .flatMap((device) => [
      section(deviceWords(device, own)),
      ...buttonRow([device.approval === 'approved' ? revokeButton(device) : approveAgainButton(device)]),
    ])

const mostListed = 20

function deviceWords(device: Device, { rules, now }: OwnDevices): string {
  return `*${deviceName(device)}*: ${deviceLine(device)}\n${standingOf(device, rules, now)}`
}

function standingOf(device: Device, rules: readonly FitRule[], now: Date): string {
  if (device.isInQuestion) return 'It counts for nobody: an admin is to say first whose it is.'
  if (device.approval === 'rejected' || device.approval === 'revoked')
    return `It does not count: an admin ${device.approval} it.`
  const judged = rules.map((rule) => {
    if (!isUsable(device, rule)) return 'An admin is to say first that it counts.'
    const found = fitness({ ...rule, which: 'any' }, [device], { now, onDevice: device.id })
    return found.isFit
      ? `:large_green_circle: Fit for ${plainWords(rule.id, 40)}.`
      : `:red_circle: ${plainWords(lacksInWords(found.lacks, now), 500)}.`
  })
  return [...new Set(judged)].join('\n')
}
