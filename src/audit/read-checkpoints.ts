import { readFile } from 'node:fs/promises'
import { ConfigError, readAwsPlace, readProxies } from '../config.ts'
import { checkpoint, type Checkpoint } from '../domain/audit/checkpoint.ts'
import { openBucket } from './bucket/bucket.ts'
import { bucketOf, isInBucket } from './bucket/place.ts'

/** All that are kept in a file, or in a bucket. Throws `ConfigError` where they cannot be read, or one of them is none. */
export async function readCheckpoints(place: string, environment: NodeJS.ProcessEnv): Promise<Checkpoint[]> {
  return isInBucket(place) ? readBucket(place, environment) : readLines(place)
}

async function readBucket(place: string, environment: NodeJS.ProcessEnv): Promise<Checkpoint[]> {
  const inBucket = bucketOf(place)
  if (inBucket === null) throw new ConfigError(`${place} names no bucket: s3://bucket/prefix`)
  const bucket = openBucket(inBucket, { aws: readAwsPlace(environment), proxies: readProxies(environment) })
  try {
    const all: Checkpoint[] = []
    for await (const one of bucket.all()) all.push(one)
    return all
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new ConfigError(`${place} cannot be read: ${why}`, { cause: error })
  } finally {
    await bucket.close()
  }
}

async function readLines(path: string): Promise<Checkpoint[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new ConfigError(`${path} cannot be read`)
  })
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, i) => {
      const read = checkpoint.safeParse(parsed(line))
      if (!read.success) throw new ConfigError(`line ${i + 1} of ${path} is no checkpoint`)
      return read.data
    })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
