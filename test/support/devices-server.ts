import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { deviceMappings } from '../../src/catalog/mapped-devices.ts'
import { mongoDeviceDeliveries } from '../../src/mongo/device-deliveries.ts'
import { mongoDevices } from '../../src/mongo/devices.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import type { World } from '../../src/operations/world.ts'
import { deviceRoutes, devicesPath, type DevicesSide } from '../../src/web/devices/routes.ts'
import { serveWeb } from '../../src/web/server.ts'
import { trustedProxies } from '../../src/web/trusted-proxies.ts'
import { read } from '../catalog/reading.ts'
import { aDatabase, type TestDatabase } from './database.ts'
import { secret, standard, withSources } from './device-sources.ts'
import { aSlackSide } from './slack-side.ts'

const told = z.looseObject({
  accepted: z.number().default(-1),
  refused: z.array(z.object({ sourceId: z.string().nullable(), why: z.string() })).default([]),
  error: z.string().default(''),
})

export interface DeviceAnswer extends z.output<typeof told> {
  readonly status: number
  readonly headers: Headers
}

/** What devices' sources deliver to, on a database of its own. It is the 27th, noon, until the test says otherwise. */
export async function aDeviceServer(
  sources: string = standard,
  {
    database: given,
    limits,
    nudge = null,
    deliveries,
  }: {
    database?: TestDatabase
    limits?: Parameters<typeof deviceRoutes>[1]['limits']
    nudge?: DevicesSide['nudge']
    deliveries?: (real: DevicesSide['deliveries']) => DevicesSide['deliveries']
  } = {},
) {
  const database = given ?? (await aDatabase())
  const { connection } = database
  await ensureIndexes(connection)
  const side = aSlackSide({ catalog: read(withSources(sources)) })
  const now = new Date('2027-01-27T12:00:00Z')
  side.setNow(now)
  const world: World = { ...side.world, devices: mongoDevices(connection, side.world.clock) }
  const real = mongoDeviceDeliveries(connection)
  const room = deviceRoutes(world, {
    deliveries: deliveries?.(real) ?? real,
    readerOf: deviceMappings(),
    nudge,
    clientOf: trustedProxies.parse('127.0.0.1'),
    ...(limits === undefined ? {} : { limits }),
  })
  const web = await serveWeb({ port: 0, slack: null, rooms: { [devicesPath]: room } })
  const url = `http://127.0.0.1:${web.port}${devicesPath}`

  const send = async (
    path: string,
    body: string | Uint8Array<ArrayBuffer> | ReadableStream | undefined,
    headers: Record<string, string> = {},
    method = 'POST',
  ): Promise<DeviceAnswer> => {
    const response = await fetch(`${url}/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    })
    return { ...told.parse(await response.json()), status: response.status, headers: response.headers }
  }
  return {
    url,
    world,
    database,
    warnings: side.warnings,
    setNow: side.setNow,
    send,
    /** As Standard Webhooks say. */
    deliver: (body: unknown, more: Parameters<typeof signed>[1] = {}, source = 'laptops') => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return send(source, text, signed(text, { at: world.clock.now(), ...more }))
    },
    device: (id: string) => world.devices.get(id),
    close: async () => {
      await web.close()
      if (given === undefined) await database.drop()
    },
  }
}

let sent = 0

/** By our own words, not by the code under test. */
export function signed(
  body: string,
  {
    at = new Date(),
    id = `msg_${(sent += 1)}`,
    secrets = [secret],
  }: { at?: Date; id?: string; secrets?: readonly string[] } = {},
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000))
  const signatures = secrets.map((one) => {
    const key = one.startsWith('whsec_') ? Buffer.from(one.slice(6), 'base64') : Buffer.from(one)
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
