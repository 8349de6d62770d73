import type { S3 } from '@aws-sdk/client-s3'
import { Agent, type Dispatcher } from 'undici'
import { checkpoint, type Checkpoint } from '../../domain/audit/checkpoint.ts'
import type { Proxies } from '../../domain/connector.ts'
import { dispatcherThrough } from '../../slack/wire/proxied.ts'
import { listed, type Listed } from './listed.ts'
import type { AwsPlace, BucketPlace } from './place.ts'
import { carriedBy } from './transport.ts'

const readAtOnce = 32
/** Many times what one needs. */
const mostBytes = 10_000
/** So that names sort as numbers do: no number is longer. */
const digits = String(Number.MAX_SAFE_INTEGER).length
const name = new RegExp(`^\\d{${digits}}-[\\da-f]{16}\\.json$`)

/** Something has the name of a checkpoint, and is none. */
export class NoCheckpoint extends Error {
  override readonly name = 'NoCheckpoint'
}

export interface Bucket {
  /** An object of its own; never written over, whatever it is asked. Rejects where it was not kept for sure. */
  keep(one: Checkpoint): Promise<void>
  /** All that were ever kept there, by their numbers, also those that somebody removed since. Rejects with `NoCheckpoint` for one that is none. */
  all(): AsyncGenerator<Checkpoint>
  close(): Promise<void>
}

/**
 * Any S3, by the SDK of Amazon, which is loaded at the first call: it signs, and finds the login as all that uses it does.
 * `If-None-Match: *` makes the store refuse a name that there is already.
 */
export function openBucket(
  { bucket, prefix }: BucketPlace,
  {
    aws,
    proxies,
    pageSize = 1_000,
  }: {
    aws: AwsPlace
    proxies: Proxies | null
    /** How many names are asked for at once. */
    pageSize?: number
  },
): Bucket {
  const dispatcher = dispatcherThrough(proxies) ?? new Agent()
  let loading: Promise<S3> | null = null
  const loaded = (): Promise<S3> => (loading ??= load(aws, dispatcher))

  return {
    async keep(one) {
      const client = await loaded()
      try {
        await client.putObject({
          Bucket: bucket,
          Key: prefix + nameOf(one),
          Body: JSON.stringify(one),
          ContentType: 'application/json',
          IfNoneMatch: '*',
        })
      } catch (error) {
        // By its name it is of the same link: another replica kept it, or this one before it was started again.
        if (!isThere(error)) throw error
      }
    },
    async *all() {
      const client = await loaded()
      const readOne = async ({ key, version, bytes }: Listed): Promise<Checkpoint> => {
        const strange = new NoCheckpoint(`${key} in the bucket ${bucket} is no checkpoint`)
        if (bytes > mostBytes) throw strange
        const { Body: body } = await client.getObject({
          Bucket: bucket,
          Key: key,
          ...(version === null ? {} : { VersionId: version }),
        })
        const read = checkpoint.safeParse(parsed((await body?.transformToString()) ?? ''))
        if (!read.success) throw strange
        return read.data
      }
      for await (const page of listed(client, { bucket, prefix, pageSize })) {
        const ours = page.filter(({ key }) => key.startsWith(prefix) && name.test(key.slice(prefix.length)))
        for (let i = 0; i < ours.length; i += readAtOnce)
          yield* await Promise.all(ours.slice(i, i + readAtOnce).map(readOne))
      }
    },
    async close() {
      if (loading !== null) (await loading).destroy()
      await dispatcher.close()
    },
  }
}

async function load({ region, endpoint }: AwsPlace, dispatcher: Dispatcher): Promise<S3> {
  const sdk = await import('@aws-sdk/client-s3')
  return new sdk.S3({
    region,
    // What is not Amazon's seldom has a name for each bucket.
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    requestHandler: carriedBy(dispatcher),
    maxAttempts: 3,
    userAgentAppId: 'curfew',
  })
}

/** By its number, and by its mark: what was put in the place of a link has a name of its own. */
function nameOf({ number, mark }: Checkpoint): string {
  const marked = Buffer.from(mark, 'base64url').toString('hex').padEnd(16, '0').slice(0, 16)
  return `${String(number).padStart(digits, '0')}-${marked}.json`
}

const isThere = (error: unknown): boolean => error instanceof Error && error.name === 'PreconditionFailed'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
