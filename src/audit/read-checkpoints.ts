import { readFile } from 'node:fs/promises'
import { ConfigError, readAwsPlace, readProxies } from '../config.ts'
import { checkpoint, type Checkpoint } from '../domain/audit/checkpoint.ts'
import { openBucket } from './bucket/bucket.ts'
import { bucketOf, isInBucket } from './bucket/place.ts'

export interface ReadCheckpoints {
  readonly checkpoints: readonly Checkpoint[]
  /** Lines that are none: torn where a disk was full or the power went, or nobody's. */
  readonly odd: readonly number[]
}

/** All that are kept in a file, or in a bucket. Throws `ConfigError` where they cannot be read, or there is none. */
export async function readCheckpoints(
  place: string,
  environment: NodeJS.ProcessEnv,
): Promise<ReadCheckpoints> {
  return isInBucket(place) ? { checkpoints: await readBucket(place, environment), odd: [] } : readLines(place)
}

async function readBucket(place: string, environment: NodeJS.ProcessEnv): Promise<Checkpoint[]> {
  const inBucket = bucketOf(place)
  if (inBucket === null) throw new ConfigError(`${place} names no bucket: s3://bucket/prefix`)
  const bucket = openBucket(inBucket, { aws: readAwsPlace(environment), proxies: readProxies(environment) })
  try {
    const all: Checkpoint[] = []
    for await (const one of bucket.all()) all.push(one)
    if (all.length > 0) return all
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new ConfigError(`${place} cannot be read: ${why}`, { cause: error })
  } finally {
    await bucket.close()
  }
  throw new ConfigError(`there is no checkpoint in ${place}`)
}

async function readLines(path: string): Promise<ReadCheckpoints> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new ConfigError(`${path} cannot be read`)
  })
  const checkpoints: Checkpoint[] = []
  const odd: number[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const read = checkpoint.safeParse(parsed(line))
    if (read.success) checkpoints.push(read.data)
    else odd.push(i + 1)
  }
  if (checkpoints.length === 0) throw new ConfigError(`no line of ${path} is a checkpoint`)
  return { checkpoints, odd }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
