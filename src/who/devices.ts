import { parseArgs } from 'node:util'
import { table } from '../catalog/table.ts'
import { ConfigError, readPlaces } from '../config.ts'
import { isUsable, type Device } from '../domain/devices/device.ts'
import { fitness } from '../domain/devices/fitness.ts'
import { byOwner, machineOf } from '../domain/devices/together.ts'
import { agoWords, lacksInWords } from '../domain/devices/lack-words.ts'
import { mongoClock } from '../mongo/clock.ts'
import { connect } from '../mongo/connection.ts'
import { mongoDevices } from '../mongo/devices.ts'
import { mongoGrants } from '../mongo/grants.ts'
import { pagesOf } from '../operations/devices/pages.ts'
import { readCatalog } from '../read-catalog.ts'
import type { Said } from './open.ts'
import { lossesAsText, ruleOf, wouldLose, type AskedOfDevices } from './simulate-device-rule.ts'
import { named, onOneLine } from './words.ts'

/** `curfew devices`: what people work on, and who would lose what by another rule. Reads the database, writes nothing. */

export const devicesUsage = `curfew devices [name]     what people work on (of whom, or which, by a part of a name, an e-mail or a serial number):
                          whose, how fit, and since when
curfew devices simulate <rule> [--rule id] [--max-age 1h] [--which every|any]
                          who would lose what they hold now if this were the rule: a condition such as
                          'device.firewall', or the id of a rule of the catalog; --rule: only where that one asks now
  --json                  as JSON`

export async function devices(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rule: { type: 'string' },
      'max-age': { type: 'string' },
      which: { type: 'string' },
    },
  })
  const [verb, ...rest] = positionals
  const [written = ''] = rest
  if (verb === 'simulate' && written === '') throw new ConfigError(devicesUsage)
  return asking(environment, async (asked) => {
    if (verb === 'simulate') {
      const rule = ruleOf(asked.catalog, written, values)
      const lost = await wouldLose(asked, rule, values.rule ?? null)
      return { text: values.json ? JSON.stringify(lost, null, 2) : lossesAsText(lost, rule), exitCode: 0 }
    }
    const all = await allCalled(asked, positionals.join(' ').trim())
    const machines = await machinesOf(all, asked)
    const rows = all.map((device) => rowOf(device, machines.get(device.id) ?? device, asked))
    return { text: values.json ? JSON.stringify(rows, null, 2) : rowsAsText(rows), exitCode: 0 }
  })
}

async function asking(
  environment: NodeJS.ProcessEnv,
  ask: (asked: AskedOfDevices) => Promise<Said>,
): Promise<Said> {
  const { catalogPath, mongodbUri } = readPlaces(environment)
  if (catalogPath === undefined) throw new ConfigError('CATALOG is not set')
  if (mongodbUri === undefined) throw new ConfigError('MONGODB_URI is not set')
  const { catalog } = await readCatalog(catalogPath, environment, { isOnlyRead: true })
  const connection = await connect(mongodbUri)
  try {
    const clock = mongoClock(connection)
    await clock.sample()
    return await ask({
      catalog,
      devices: mongoDevices(connection, clock),
      grants: mongoGrants(connection, clock),
      now: clock.now(),
    })
  } finally {
    await connection.close()
  }
}

const readAtOnce = 1_000

async function allCalled({ devices: store }: AskedOfDevices, name: string): Promise<Device[]> {
  const lower = name.toLowerCase()
  const isMeant = ({ name: called, owner, claimed, serial, id }: Device): boolean =>
    lower === '' ||
    [called, owner?.email, owner?.name, claimed, serial, id].some((one) => one?.toLowerCase().includes(lower))
  const found: Device[] = []
  for await (const some of pagesOf((after) => store.all(after, readAtOnce)))
    found.push(...some.filter(isMeant))
  return found
}

/** Each with what other sources tell of the same machine: so it is judged. */
async function machinesOf(
  devices: readonly Device[],
  { devices: store }: AskedOfDevices,
): Promise<ReadonlyMap<string, Device>> {
  const found = new Map<string, Device>()
  const owners = [...new Set(devices.flatMap(({ owner }) => owner?.id ?? []))]
  for (let at = 0; at < owners.length; at += readAtOnce)
    for (const theirs of byOwner(await store.ofPeople(owners.slice(at, at + readAtOnce))).values())
      for (const { id } of theirs) {
        const machine = machineOf(theirs, id)
        if (machine !== undefined) found.set(id, machine)
      }
  return found
}

/** `machine`: the device with all that is told of it. */
function rowOf(device: Device, machine: Device, { catalog, now }: AskedOfDevices) {
  const { id, name, owner, claimed, source, serial, approval, lastSeenAt } = device
  const isCounting = isUsable(machine, catalog.devices)
  const fit = [...catalog.devices.fit.values()].map((rule) => {
    const found = isUsable(machine, rule) ? fitness(rule, [machine], { now, onDevice: machine.id }) : null
    return {
      rule: rule.id,
      isFit: found?.isFit === true,
      lacks: found === null || found.isFit ? null : lacksInWords(found.lacks, now),
    }
  })
  return {
    id,
    name,
    owner: owner === null ? null : named(owner),
    claimed,
    source,
    serial,
    os: [device.said['os']?.value, device.said['osVersion']?.value].filter((one) => one != null).join(' '),
    approval: machine.isInQuestion ? 'in question' : isCounting ? 'approved' : approval,
    heard: agoWords(lastSeenAt, now),
    lastSeenAt,
    fit,
  }
}
type Row = ReturnType<typeof rowOf>

function rowsAsText(rows: readonly Row[]): string {
  if (rows.length === 0) return 'No device of that name is known.'
  return table(
    ['DEVICE', 'OF', 'SYSTEM', 'COUNTS', 'HEARD OF', 'FIT'],
    rows.map(({ name, id, owner, claimed, os, approval, heard, fit }) => [
      onOneLine(`${name} (${id})`),
      onOneLine(owner ?? (claimed === null ? 'nobody' : `${claimed}?`)),
      onOneLine(os),
      approval,
      heard,
      onOneLine(
        fit
          .map(
            ({ rule, isFit, lacks }) =>
              `${rule}: ${isFit ? 'yes' : `no${lacks === null ? '' : `, ${lacks}`}`}`,
          )
          .join('; '),
      ),
    ]),
  )
}
