/** Where in a bucket checkpoints are kept. */
export interface BucketPlace {
  readonly bucket: string
  /** What their names begin with: nothing, or words that end in a slash. */
  readonly prefix: string
}

/** Which S3 it is. */
export interface AwsPlace {
  readonly region: string
  /** Null: Amazon's own. */
  readonly endpoint: string | null
}

/** Source: S3's "General purpose bucket naming rules", and its safe characters of names. */
const bucketPlace = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/([\w!.*'()/-]*))?$/

export const isInBucket = (place: string): boolean => place.startsWith('s3://')

/** Null: it names no bucket. */
export function bucketOf(place: string): BucketPlace | null {
  const [, bucket, within = ''] = bucketPlace.exec(place) ?? []
  if (bucket === undefined) return null
  const prefix = within.replace(/^\/+|\/+$/g, '')
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/` }
}
