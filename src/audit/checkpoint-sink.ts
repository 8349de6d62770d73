import { open, type FileHandle } from 'node:fs/promises'
import { fetch, type Dispatcher } from 'undici'
import type { Checkpoint } from '../domain/audit/checkpoint.ts'
import type { Proxies } from '../domain/connector.ts'
import { dispatcherThrough } from '../slack/wire/proxied.ts'
import { openBucket } from './bucket/bucket.ts'
import { bucketOf, type AwsPlace } from './bucket/place.ts'

/** Where checkpoints are kept, away from the database. */
export interface CheckpointSink {
  /** Rejects where it was not kept for sure. */
  keep(checkpoint: Checkpoint): Promise<void>
}

const patienceMs = 10_000

/** A file, an https address, or a bucket: `aws` says where buckets are. */
export function checkpointSink(
  place: string,
  { proxies, aws }: { proxies: Proxies | null; aws: AwsPlace | null },
): CheckpointSink {
  const inBucket = bucketOf(place)
  if (inBucket !== null && aws !== null) return openBucket(inBucket, { aws, proxies })
  return place.startsWith('https://') ? webhookSink(place, dispatcherThrough(proxies)) : fileSink(place)
}

/** One line each, at the end of a file; kept once it is on the disk. What was torn before, as where a disk was full, stays by itself. */
export const fileSink = (path: string): CheckpointSink => ({
  keep: async (checkpoint) => {
    const file = await open(path, 'a+', 0o640)
    try {
      const torn = (await endsInLine(file)) ? '' : '\n'
      await file.appendFile(`${torn}${JSON.stringify(checkpoint)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  },
})

async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return true
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString() === '\n'
}

/** One request each; kept once it was answered with 2xx. */
export const webhookSink = (url: string, dispatcher: Dispatcher | null): CheckpointSink => ({
  keep: async (checkpoint) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(checkpoint),
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'error',
      ...(dispatcher === null ? {} : { dispatcher }),
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`the checkpoint was answered with ${answer.status}`)
  },
})
