import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { webhookHeaders, webhookSignature } from '../../src/domain/standard-webhooks.ts'
import { fitPolicies, fitValues, sourceIdOf } from './many-devices.ts'

export interface Reported {
  /** Which of all devices. */
  readonly i: number
  /** What is otherwise than of any other. */
  readonly values?: Readonly<Record<string, unknown>>
}

/** As it stands in Curfew's own form of a delivery. */
const saidOf = ({ i, values }: Reported, at: Date, ownerEmail: string) => ({
  sourceId: sourceIdOf(i),
  at: at.toISOString(),
  name: sourceIdOf(i),
  serial: `C02${i}`,
  uuid: `uuid-${i}`,
  owner: ownerEmail,
  attributes: { ...fitValues, ...values },
  policies: fitPolicies,
})

/** Plays a device management that signs by Standard Webhooks. */
export function aSender(
  { url, secret }: { url: string; secret: string },
  { connections, emailOf }: { connections: number; emailOf: (i: number) => string },
) {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections })
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const post = async (delivered: unknown): Promise<void> => {
    const body = JSON.stringify(delivered)
    const id = `msg_${randomBytes(12).toString('hex')}`
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const headers = {
      'content-type': 'application/json',
      [webhookHeaders.id]: id,
      [webhookHeaders.timestamp]: timestamp,
      [webhookHeaders.signature]: webhookSignature(key, { id, timestamp, body }),
    }
    const answer = await pool.request({ method: 'POST', path: pathname, headers, body })
    const text = await answer.body.text()
    if (answer.statusCode !== 200 || !text.includes('"refused":[]'))
      throw new Error(`${answer.statusCode} ${text.slice(0, 300)}`)
  }
  return {
    /** Resolves once it was taken in, with the instant of which it told. */
    one: async (reported: Reported): Promise<Date> => {
      const at = new Date()
      await post(saidOf(reported, at, emailOf(reported.i)))
      return at
    },
    batch: async (all: readonly Reported[]): Promise<Date> => {
      const at = new Date()
      await post({ devices: all.map((one) => saidOf(one, at, emailOf(one.i))) })
      return at
    },
    close: () => pool.close(),
  }
}

/** At an even pace, whether or not answers come. How long each took. */
export async function paced<T>(
  all: readonly T[],
  aSecond: number,
  work: (one: T) => Promise<unknown>,
): Promise<number[]> {
  const startMs = performance.now()
  const begun: Promise<number>[] = []
  for (const [i, one] of all.entries()) {
    const waitMs = startMs + (i * 1_000) / aSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    begun.push(timed(() => work(one)))
  }
  return Promise.all(begun)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}
