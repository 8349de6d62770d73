import type { InputBlock, KnownBlock } from '@slack/types'
import { isForDevice, type Catalog, type Entitlement } from '../../domain/catalog.ts'
import { isUsable, shortId, type Device } from '../../domain/devices/device.ts'
import { fitness } from '../../domain/devices/fitness.ts'
import { lacksInWords } from '../../domain/devices/lack-words.ts'
import type { PersonFacts } from '../../domain/person.ts'
import { context, plain, plainSection } from '../words/blocks.ts'
import { plainWords } from '../words/mrkdwn.ts'
import { mostOptions } from './suggestions.ts'

/** "On which device?", where it is for one; and what is missing on theirs, before anything is sent. */

export const deviceField = 'device'

export function deviceIn(field: (actionId: string) => string | null): { id: string } | null {
  const id = field(deviceField)
  return id === null ? null : { id }
}

/** Its block id names the entitlement: under a kept one Slack would keep what was chosen for another. */
export function deviceBlocks(
  catalog: Catalog,
  facts: PersonFacts,
  entitlement: Entitlement,
  now: Date,
): KnownBlock[] {
  const theirs = (facts.devices ?? []).filter((device) => isUsable(device, catalog.devices))
  if (!isForDevice(catalog, entitlement)) return forecast(facts, entitlement, now)
  const options = theirs.slice(0, mostOptions).map((device) => ({
    text: plain(`${device.name}${lacking(device, entitlement, now) === null ? '' : ' (not fit now)'}`, 75),
    value: shortId(device.id),
  }))
  const [only, ...others] = options
  if (only === undefined)
    return [
      plainSection(
        'It is had on a device, and none of yours counts yet: see “Your devices” on the Home tab.',
      ),
    ]
  const input: InputBlock = {
    type: 'input',
    block_id: `device:${entitlement.resource.id}/${entitlement.id}`,
    label: plain('On which device?', 2_000),
    element: {
      type: 'static_select',
      action_id: deviceField,
      options: [only, ...others],
      ...(others.length === 0 ? { initial_option: only } : {}),
    },
  }
  const unfit = theirs.flatMap((device) => {
    const lacks = lacking(device, entitlement, now)
    return lacks === null ? [] : [context(`:warning: ${plainWords(lacks, 600)}.`)]
  })
  return [input, ...unfit.slice(0, mostForecast)]
}

/** One device for all that are had on one, and what is missing where fit ones are asked for. */
export function deviceBlocksForAll(
  catalog: Catalog,
  facts: PersonFacts,
  chosen: readonly Entitlement[],
  now: Date,
): KnownBlock[] {
  const onDevice = chosen.find((one) => isForDevice(catalog, one))
  const rules = new Map(chosen.filter((one) => one !== onDevice).map((one) => [one.device?.id, one]))
  return [
    ...(onDevice === undefined ? [] : deviceBlocks(catalog, facts, onDevice, now)),
    ...[...rules.values()].flatMap((one) => (isForDevice(catalog, one) ? [] : forecast(facts, one, now))),
  ]
}

const mostForecast = 3

function lacking(device: Device, { device: rule }: Entitlement, now: Date): string | null {
  if (rule === null) return null
  const found = fitness(rule, [device], { now, onDevice: device.id })
  return found.isFit ? null : lacksInWords(found.lacks, now)
}

/** What is refused when it is sent may be mended now. */
function forecast({ devices }: PersonFacts, { device: rule }: Entitlement, now: Date): KnownBlock[] {
  if (rule === null || devices === undefined) return []
  const found = fitness(rule, devices, { now, onDevice: null })
  return found.isFit
    ? []
    : [context(`:warning: For fit devices only. ${plainWords(lacksInWords(found.lacks, now), 600)}.`)]
}
