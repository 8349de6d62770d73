import { hearReports, type Heard } from '../../src/operations/devices/hear.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'

/** A day on which the gate opens on fit devices alone, of which Kim says whether they count, or (`asks: false`) a rule. */

export interface DeviceDay {
  readonly stage: Stage
  readonly gate: Gate
  /** The company's management says something of a device; what is not said is fit. */
  says(about?: Said): Promise<Heard>
}

export interface Said {
  readonly id?: string
  readonly source?: string
  readonly serial?: string
  readonly name?: string
  readonly owner?: { email: string; isProven: boolean } | null
  readonly at?: Date
  readonly attributes?: Readonly<Record<string, string | number | boolean | null>>
}

export const devicesSection = (cast: Cast, { rule = '', more = '', asks = true } = {}): string => `
devices:
${asks ? '' : "  approve: 'device.managed'\n"}  channel: ${cast.orders.id}
  admins: [kim@acme.example]
  sources:
    mdm: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }
${more}  fit:
    managed-laptop:
      when: 'device.diskEncrypted && device.firewall && device.osVersion >= version("14.5")'
${rule}`

export async function aDeviceDay({
  rule = '      maxAge: 1h\n',
  more = '',
  asks = true,
  principal = null as string | null,
  isServed = false,
  entitlement = `        device: managed-laptop\n        auto: [{ because: on duty, when: 'true' }]\n`,
  duration = '10m',
} = {}): Promise<DeviceDay> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast) => {
      const text = gateCatalog(cast, { duration, more: entitlement }).replace(
        '\ndefaults:',
        `${devicesSection(cast, { rule, more, asks })}\ndefaults:`,
      )
      const usual = /principal: email.*\n(?= *timeout)/
      return principal === null ? text : text.replace(usual, `principal: ${principal}\n`)
    },
    isServed,
    env: gate.env,
  })
  return {
    stage,
    gate,
    says: async ({
      id = 'laptop-1',
      name = 'riley-laptop',
      source: from = 'mdm',
      serial = 'C02FAKE',
      owner,
      at,
      attributes,
    } = {}) => {
      const { world } = stage.app
      const source = world.catalog().devices.sources.get(from)
      if (source === undefined) throw new Error('the catalog has no such source')
      const [heard] = await hearReports(world, source, [
        {
          sourceId: id,
          name,
          serial,
          owner: owner === undefined ? { email: 'riley@contractor.example', isProven: !asks } : owner,
          at: at ?? world.clock.now(),
          attributes: Object.fromEntries(
            Object.entries({ ...fit, ...attributes }).map(([key, value]) => [key, { value }]),
          ),
        },
      ])
      if (heard === undefined) throw new Error('nothing came of it')
      return heard
    },
  }
}

const fit = { os: 'macos', osVersion: '15.1', diskEncrypted: true, firewall: true, managed: true }
