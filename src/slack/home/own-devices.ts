import type { KnownBlock, ModalView } from '@slack/types'
import { formatDuration } from '../../domain/duration.ts'
import { anyIsForDevice, fitRulesOf } from '../../domain/devices/asked-for.ts'
import { isUsable, type Counting, type Device } from '../../domain/devices/device.ts'
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
import { keptButtons } from '../looking-after/devices.ts'
import { button, buttonRow, section, sectionWith } from '../words/blocks.ts'
import { deviceLine, deviceName } from '../words/device-words.ts'
import { plainWords, when } from '../words/mrkdwn.ts'

/** What somebody works on, on their Home tab and where an admin looks them up: fit, or what is missing. */

export interface OwnDevices extends Counting {
  /** A machine can be made theirs by a one-time code here. */
  readonly mayAdd: boolean
  readonly devices: readonly Device[]
  /** Those that access asks for. */
  readonly rules: readonly FitRule[]
  readonly now: Date
  /** By the device's id, what reports from there for itself: the id of its key. */
  readonly reporters: ReadonlyMap<string, string>
}

/** Theirs that report themselves, by keys that count still. */
export async function reportersOf(
  { world }: Pick<Parts, 'world'>,
  { id }: PersonRef,
): Promise<ReadonlyMap<string, string>> {
  const source = reportSource(world.catalog())
  if (source === null) return new Map()
  const theirs = (await world.devices.ofPeople([id])).filter((device) => device.source === source.id)
  const found = await Promise.all(
    theirs.map(async ({ id: device, joinedTo, sourceId }) => {
      const key = await world.deviceKeys.get(sourceId)
      return key === null || key.isRemoved ? [] : [[joinedTo ?? device, sourceId] as const]
    }),
  )
  return new Map(found.flat())
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
  const rules = fitRulesOf(catalog)
  const isAsked = rules.length > 0 || anyIsForDevice(catalog)
  if (!isAsked || facts.devices === undefined) return null
  const { needsApproval, sources } = catalog.devices
  const isReported = [...catalog.devices.sources.values()].some(({ kind }) => kind === 'report')
  const mayAdd = isReported && world.deviceCodes !== null && publicUrl !== null
  return {
    mayAdd,
    devices: facts.devices,
    rules,
    needsApproval,
    sources,
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
        text: `${device.name} says nothing of itself any more: as far as it counts by its own word, it counts no more, and what is held by that ends. Is it lost, or in other hands? Tell an admin as well.`,
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
  const all = [...own.devices.filter(counts), ...own.devices.filter((device) => !counts(device))]
  const more = all.length - mostListed
  return [
    ...all
      .slice(0, mostListed)
      .flatMap((device) => [section(deviceWords(device, own)), ...buttonRow(keptButtons(device, own))]),
    ...(more > 0 ? [section(`… and ${more} more: \`curfew devices\` lists all.`)] : []),
  ]
}

const mostListed = 20

function deviceWords(device: Device, own: OwnDevices): string {
  return `*${deviceName(device)}*: ${deviceLine(device)}\n${standingOf(device, own)}`
}

function standingOf(device: Device, { rules, now, ...counting }: OwnDevices): string {
  if (device.isInQuestion) return 'It counts for nobody: an admin is to say first whose it is.'
  if (device.approval === 'rejected' || device.approval === 'revoked')
    return `It does not count: an admin ${device.approval} it.`
  if (!counting.sources.has(device.source)) return 'It does not count: nobody says anything of it any more.'
  if (!isUsable(device, counting)) return 'An admin is to say first that it counts.'
  if (rules.length === 0) return ':large_green_circle: It counts.'
  const judged = rules.map((rule) => {
    const found = fitness({ ...rule, which: 'any' }, [device], { now, onDevice: device.id })
    const isLate = now.getTime() - device.lastSeenAt.getTime() >= rule.seenWithinMs
    if (found.isFit && isLate)
      return `It was not seen for ${formatDuration(rule.seenWithinMs)}: by ${plainWords(rule.id, 40)} it is not looked at.`
    return found.isFit
      ? `:large_green_circle: Fit for ${plainWords(rule.id, 40)}.`
      : `:red_circle: ${plainWords(lacksInWords(found.lacks, now), 500)}.`
  })
  return [...new Set(judged)].join('\n')
}
