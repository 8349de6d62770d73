import { z } from 'zod'
import type { AttributeName } from './device.ts'

const text = z.string().max(200).nullish()
const flag = z.boolean().nullish()

/**
 * What a device says of itself. Nothing else of it is read: that somebody manages it, or what their policies say, is not
 * for the device to say.
 */
const attributes = z.object({
  os: text,
  osVersion: text,
  osFamily: text,
  kernelVersion: text,
  diskEncrypted: flag,
  firewall: flag,
  screenLock: flag,
  autoUpdate: flag,
}) satisfies z.ZodType<Partial<Record<AttributeName, unknown>>>

export const ownReport = z.object({
  hostname: text,
  serial: text,
  uuid: text,
  attributes,
})
export type OwnReport = z.output<typeof ownReport>

const instant = z.iso.datetime({ offset: true }).transform((written) => new Date(written))

/** Signed by the device of this id; each has a higher counter than the one before. */
export const signedReport = z.object({
  device: z.string().max(100),
  counter: z.int().min(1),
  at: instant,
  body: ownReport,
})
export const signedRemoval = signedReport.omit({ body: true })

/** Signed by the key that is to be the device's. */
export const signedEnrolment = z.object({
  code: z.string().max(64),
  publicKey: z.string().max(64),
  at: instant,
  body: ownReport,
})

/** As all sources say it. */
export const asNeutral = ({ body, at }: { body: OwnReport; at: Date }, sourceId: string): object => ({
  sourceId,
  name: body.hostname,
  serial: body.serial,
  uuid: body.uuid,
  at,
  attributes: Object.fromEntries(
    Object.entries(body.attributes).map(([name, value]) => [name, { value: value ?? null }]),
  ),
})
