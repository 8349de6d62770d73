import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { deviceCodes } from '../../../src/confirming/device-codes.ts'
import { deviceId, type Device } from '../../../src/domain/devices/device.ts'
import type { PersonRef } from '../../../src/domain/person.ts'
import { mongoDeviceCodes } from '../../../src/mongo/confirming/device-codes.ts'
import { mongoDeviceKeys } from '../../../src/mongo/device-keys.ts'
import { mongoDevices } from '../../../src/mongo/devices.ts'
import { ensureIndexes } from '../../../src/mongo/indexes.ts'
import { makeDeviceCode } from '../../../src/operations/devices/enrol.ts'
import type { World } from '../../../src/operations/world.ts'
import type { FailureLimits } from '../../../src/web/confirm/failures.ts'
import { reportRoutes } from '../../../src/web/devices/report.ts'
import { serveWeb } from '../../../src/web/server.ts'
import { trustedProxies } from '../../../src/web/trusted-proxies.ts'
import { read } from '../../catalog/reading.ts'
import { aDatabase } from '../../support/database.ts'
import { aKey, ringOf } from '../../support/ring.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

export const withReporters = catalogWith().replace(
  'version: 1\n',
  'version: 1\ndevices: { sources: { laptops: { kind: report } } }\n',
)

/** What a machine says that is in order. */
export const fine = {
  hostname: 'riley-laptop',
  serial: 'C02XG0FDH7JY',
  uuid: null,
  attributes: {
    os: 'macos',
    osVersion: '15.1',
    osFamily: 'darwin',
    kernelVersion: '24.1.0',
    diskEncrypted: true,
    firewall: true,
    screenLock: true,
    autoUpdate: null,
  },
}

export interface Sent {
  readonly status: number
  readonly answer: Record<string, unknown>
}

/** Replicas of a Curfew that listens to devices: real servers, one real database. */
export async function listening({
  replicas = 1,
  catalog = withReporters,
  limits,
}: { replicas?: number; catalog?: string; limits?: FailureLimits } = {}) {
  const database = await aDatabase()
  await ensureIndexes(database.connection)
  const { connection } = database
  const ring = ringOf(aKey('one'))
  const rules = read(catalog)
  const base = aSlackSide({ catalog: rules }).world
  const clock = { ...base.clock, now: () => new Date() }
  const world: World = {
    ...base,
    clock,
    devices: mongoDevices(connection, clock),
    deviceCodes: deviceCodes(mongoDeviceCodes(connection), ring),
    deviceKeys: mongoDeviceKeys(connection),
    newId: () => randomBytes(10).toString('hex'),
  }
  const clientOf = trustedProxies.parse('127.0.0.1')
  const rooms = () => ({
    '/devices': reportRoutes(world, { clientOf, ...(limits === undefined ? {} : { limits }) }),
  })
  const servers = await Promise.all(
    Array.from({ length: replicas }, () => serveWeb({ port: 0, slack: null, rooms: rooms() })),
  )
  const urls = servers.map(({ port }) => `http://127.0.0.1:${port}`)
  return {
    world,
    connection,
    urls,
    url: urls[0] ?? '',
    codeFor: async (person: PersonRef, by: PersonRef = person): Promise<string> => {
      const made = await makeDeviceCode(world, { person, by })
      if ('refused' in made) throw new Error(made.refused)
      return made.code
    },
    device: (sourceId: string): Promise<Device | null> => world.devices.get(deviceId('laptops', sourceId)),
    devices: (): Promise<readonly Device[]> => world.devices.all(null, 100),
    close: async () => {
      await Promise.all(servers.map((server) => server.close()))
      await database.drop()
    },
  }
}

export type Listening = Awaited<ReturnType<typeof listening>>

export const aMachineKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, publicKey: String(publicKey.export({ format: 'jwk' }).x) }
}

export async function sends(
  url: string,
  what: string,
  {
    message,
    key,
    as = what,
    change = (bytes) => bytes,
    from = '203.0.113.9',
  }: {
    message: object
    key: KeyObject
    /** For what it is signed, if for something else. */
    as?: string
    /** What becomes of it on the way. */
    change?: (bytes: Buffer) => Buffer
    from?: string
  },
): Promise<Sent> {
  const bytes = Buffer.from(JSON.stringify(message))
  const signed = Buffer.concat([Buffer.from(`curfew-report/1 POST /devices/${as}\n`), bytes])
  const response = await fetch(`${url}/devices/${what}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'curfew-signature': sign(null, signed, key).toString('base64url'),
      'x-forwarded-for': from,
    },
    body: new Uint8Array(change(bytes)),
  })
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
}

export const iso = (afterMs = 0): string => new Date(Date.now() + afterMs).toISOString()

/** A machine of this person's, enrolled. */
export async function aMachine(curfew: Listening, person: PersonRef) {
  const { privateKey, publicKey } = aMachineKey()
  const message = { code: await curfew.codeFor(person), publicKey, at: iso(), body: fine }
  const { answer } = await sends(curfew.url, 'enrol', { message, key: privateKey })
  const device = String(answer['device'])
  const report = (counter: number, more: object = {}) => ({ device, counter, at: iso(), body: fine, ...more })
  return { device, privateKey, publicKey, report }
}
