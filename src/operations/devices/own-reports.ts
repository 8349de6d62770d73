import type { z } from 'zod'
import { deviceId } from '../../domain/devices/device.ts'
import { asNeutral, signedRemoval, signedReport } from '../../domain/devices/own-report.ts'
import type { DeviceKey } from '../../domain/ports/device-keys.ts'
import { asAct } from '../as-act.ts'
import type { World } from '../world.ts'
import { deviceAct } from './device-act.ts'
import { hearOfOwn, isAhead, reportSource } from './report-source.ts'
import { takeBack } from './taken-back.ts'
import { isSignedBy, type SignedFor } from './signed.ts'

/** A message as it was sent, read as JSON, and the signature beside it. */
export interface Signed {
  readonly sent: Uint8Array
  readonly json: unknown
  readonly signature: string
}

export type OwnHeard =
  | { readonly is: 'heard'; readonly at: Date; readonly behindMs: number }
  | NotHeard
  /** Said to who proved to be the device, and to nobody else: how to do better. */
  | { readonly is: 'refused'; readonly why: 'refused'; readonly words: string }

type NotHeard =
  | { readonly is: 'refused'; readonly why: 'no-source' | 'malformed' | 'unknown' | 'removed' }
  | { readonly is: 'refused'; readonly why: 'clock'; readonly at: Date }
  | { readonly is: 'refused'; readonly why: 'counter'; readonly last: number }

/**
 * What a device says of itself, if it is its own word: signed by its key, and not said before. It is taken once, whichever
 * replicas it comes to.
 */
export async function hearOwnReport(world: World, signed: Signed): Promise<OwnHeard> {
  const source = reportSource(world.catalog())
  if (source === null) return { is: 'refused', why: 'no-source' }
  const taken = await takeSigned(world, signed, { what: 'report', schema: signedReport })
  if ('is' in taken) return taken
  const { key, message, now } = taken
  const report = asNeutral(message, key.sourceId)
  const heard = await hearOfOwn(world, source, { report, person: key.person })
  if (heard.is === 'refused') return { is: 'refused', why: 'refused', words: heard.words }
  return { is: 'heard', at: now, behindMs: Math.max(0, now.getTime() - message.at.getTime()) }
}

/** The device itself says that its key is to count no more. */
export async function removeItself(world: World, signed: Signed): Promise<{ is: 'removed' } | NotHeard> {
  const taken = await takeSigned(world, signed, { what: 'remove', schema: signedRemoval })
  if ('is' in taken) return taken
  const { sourceId, person } = taken.key
  const source = reportSource(world.catalog())?.id ?? 'report'
  const id = deviceId(source, sourceId)
  const named = (await world.devices.get(id)) ?? { id, name: sourceId }
  const act = deviceAct('device-key-removed', named, { by: { source }, details: { key: sourceId } })
  await asAct(world, act, async () => {
    await world.deviceKeys.remove(sourceId, null)
    await takeBack(world, { sourceId, by: person })
  })
  world.log.info('a device removed itself', { device: sourceId })
  return { is: 'removed' }
}

/** Nothing of a message is believed, nor said to its sender, before its signature was found good. */
async function takeSigned<T extends { device: string; counter: number; at: Date }>(
  world: World,
  signed: Signed,
  { what, schema }: { what: SignedFor; schema: z.ZodType<T> },
): Promise<{ key: DeviceKey; message: T; now: Date } | NotHeard> {
  const parsed = schema.safeParse(signed.json)
  if (!parsed.success) return { is: 'refused', why: 'malformed' }
  const { device, counter, at } = parsed.data
  const key = await world.deviceKeys.get(device)
  if (key === null || !isSignedBy(key.publicKey, what, signed)) return { is: 'refused', why: 'unknown' }
  const now = world.clock.now()
  if (isAhead(at, now)) return { is: 'refused', why: 'clock', at: now }
  if (await world.deviceKeys.take(device, counter)) return { key, message: parsed.data, now }
  const current = await world.deviceKeys.get(device)
  if (current === null || current.isRemoved) return { is: 'refused', why: 'removed' }
  return { is: 'refused', why: 'counter', last: current.counter }
}
