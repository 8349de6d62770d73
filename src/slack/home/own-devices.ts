import type { KnownBlock, ModalView } from '@slack/types'
import { everyEntitlement, isForDevice } from '../../domain/catalog.ts'
import { deviceId, isUsable, type Device } from '../../domain/devices/device.ts'
import { fitness } from '../../domain/devices/fitness.ts'
import { lacksInWords } from '../../domain/devices/lack-words.ts'
import type { FitRule } from '../../domain/devices/rules.ts'
import type { PersonFacts, PersonRef } from '../../domain/person.ts'
import { makeDeviceCode } from '../../operations/devices/enrol.ts'
import { removeDeviceKey } from '../../operations/devices/remove-key.ts'
import { reportSource } from '../../operations/devices/report-source.ts'
import { answerClick, tellClicker } from '../replies/answer-click.ts'
import type { Parts } from '../parts.ts'
import { messageView } from '../replies/message-view.ts'
import { openFilled } from '../replies/fill-view.ts'
import { parseClick } from '../wire/payloads.ts'
import { keptButton } from '../looking-after/devices.ts'
import { button, buttonRow, section, sectionWith } from '../words/blocks.ts'
import { deviceLine, deviceName } from '../words/device-words.ts'
import { plainWords, when } from '../words/mrkdwn.ts'

/** What somebody works on, on their Home tab and where an admin looks them up: fit, or what is missing. */

export interface OwnDevices {
  /** A machine can be made theirs by a one-time code here. */
  readonly mayAdd: boolean
  readonly devices: readonly Device[]
  /** Those that access asks for. */
  readonly rules: readonly FitRule[]
  readonly needsApproval: boolean
  readonly now: Date
  /** By the device's id, what reports from there for itself: the id of its key. */
  readonly reporters: ReadonlyMap<string, string>
}

/** The machines whose keys somebody enrolled, and that count still. */
export async function reportersOf(
  { world }: Pick<Parts, 'world'>,
  { id }: PersonRef,
): Promise<ReadonlyMap<string, string>> {
  const source = reportSource(world.catalog())
  if (source === null) return new Map()
  const keys = await world.deviceKeys.ofPeople([id])
  const found = await Promise.all(
    keys.map(async ({ sourceId }) => {
      const device = await world.devices.get(deviceId(source.id, sourceId))
      return [device?.joinedTo ?? device?.id ?? '', sourceId] as const
    }),
  )
  return new Map(found)
}

const addId = 'device_add'
const removeId = 'device_remove'
const title = 'Add a device'

/** Null where nothing asks for a device. */
export function ownDevicesOf(
  { world, publicUrl }: Pick<Parts, 'world' | 'publicUrl'>,
  facts: PersonFacts,
  reporters: ReadonlyMap<string, string> = new Map(),
): OwnDevices | null {
  const catalog = world.catalog()
  const rules = new Map(
    everyEntitlement(catalog).flatMap(({ device }) => (device ? [[device.id, device]] : [])),
  )
  const isAsked = rules.size > 0 || everyEntitlement(catalog).some((one) => isForDevice(catalog, one))
  if (!isAsked || facts.devices === undefined) return null
  const { needsApproval } = catalog.devices
  const isReported = [...catalog.devices.sources.values()].some(({ kind }) => kind === 'report')
  const mayAdd = isReported && world.deviceCodes !== null && publicUrl !== null
  return {
    mayAdd,
    devices: facts.devices,
    rules: [...rules.values()],
    needsApproval,
    now: world.clock.now(),
    reporters,
  }
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
    ...own.devices.map((device) => () => [deviceRow(device, own)]),
  ]
}

function deviceRow(device: Device, own: OwnDevices): KnownBlock {
  const reporter = own.reporters.get(device.id)
  const words = deviceWords(device, own)
  if (reporter === undefined) return section(words)
  return sectionWith(
    words,
    button(removeId, 'Remove…', reporter, `Remove ${device.name}`, {
      sure: {
        title: 'Remove it?',
        text: `${device.name} can say nothing of itself any more, and what is held on it ends as its last word grows old. Is it lost, or in other hands? Tell an admin as well: they revoke it at once.`,
        yes: 'Remove',
      },
    }),
  )
}

export function listenToOwnDevices(parts: Parts): void {
  const { app } = parts
  app.action(addId, async ({ ack, body }) => {
    const click = parseClick(body)
    // Made once there is a place for it: nobody would read the code.
    await Promise.all([ack(), openFilled(parts, { click, title }, (by) => codeView(parts, by))])
  })
  app.action(removeId, async ({ ack, body }) => {
    await ack()
    const click = parseClick(body)
    await answerClick(parts, { userId: click.userId, tell: tellClicker(parts, click) }, (by) =>
      removeDeviceKey(parts.world, { sourceId: click.value, by }),
    )
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

/** The same with a button to take it back; those that count first. */
export const keptDeviceRows = (own: OwnDevices): KnownBlock[] => {
  const counts = (device: Device): boolean => isUsable(device, own)
  return [...own.devices.filter(counts), ...own.devices.filter((device) => !counts(device))]
    .slice(0, mostListed)
    .flatMap((device) => [section(deviceWords(device, own)), ...buttonRow([keptButton(device, own)])])
}

const mostListed = 20

function deviceWords(device: Device, own: OwnDevices): string {
  return `*${deviceName(device)}*: ${deviceLine(device)}\n${standingOf(device, own)}`
}

function standingOf(device: Device, { rules, needsApproval, now }: OwnDevices): string {
  if (device.isInQuestion) return 'It counts for nobody: an admin is to say first whose it is.'
  if (device.approval === 'rejected' || device.approval === 'revoked')
    return `It does not count: an admin ${device.approval} it.`
  if (!isUsable(device, { needsApproval })) return 'An admin is to say first that it counts.'
  if (rules.length === 0) return ':large_green_circle: It counts.'
  const judged = rules.map((rule) => {
    const found = fitness({ ...rule, which: 'any' }, [device], { now, onDevice: device.id })
    return found.isFit
      ? `:large_green_circle: Fit for ${plainWords(rule.id, 40)}.`
      : `:red_circle: ${plainWords(lacksInWords(found.lacks, now), 500)}.`
  })
  return [...new Set(judged)].join('\n')
}
