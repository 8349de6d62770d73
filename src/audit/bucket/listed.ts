import type { S3 } from '@aws-sdk/client-s3'

/** One of an object's versions. */
export interface Listed {
  readonly key: string
  /** Null: there is one alone. */
  readonly version: string | null
  readonly bytes: number
}

interface Asked {
  readonly bucket: string
  readonly prefix: string
  readonly pageSize: number
}

/**
 * All whose names begin so, in pages, by their names: every version, also of what was removed since, which hides it from a
 * common list and no more where the bucket keeps versions. A store that knows no versions is asked for its objects.
 */
export async function* listed(client: S3, asked: Asked): AsyncGenerator<Listed[]> {
  let from: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {}
  for (;;) {
    const { bucket: Bucket, prefix: Prefix, pageSize: MaxKeys } = asked
    const page = await client
      .listObjectVersions({ Bucket, Prefix, MaxKeys, ...from })
      .catch((error: unknown) => {
        if (isUnknownThere(error)) return null
        throw error
      })
    if (page === null) {
      yield* listedOnce(client, asked)
      return
    }
    yield (page.Versions ?? []).flatMap(
      ({ Key: key, Size: bytes = 0, VersionId: version, IsLatest: isLatest }) => {
        if (key === undefined) return []
        const isOnly = version === undefined || (version === 'null' && isLatest === true)
        return [{ key, version: isOnly ? null : version, bytes }]
      },
    )
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return
    from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
  }
}

async function* listedOnce(client: S3, { bucket, prefix, pageSize }: Asked): AsyncGenerator<Listed[]> {
  let from: { ContinuationToken?: string | undefined } = {}
  for (;;) {
    const page = await client.listObjectsV2({ Bucket: bucket, Prefix: prefix, MaxKeys: pageSize, ...from })
    yield (page.Contents ?? []).flatMap(({ Key: key, Size: bytes = 0 }) =>
      key === undefined ? [] : [{ key, version: null, bytes }],
    )
    if (page.IsTruncated !== true || page.NextContinuationToken === undefined) return
    from = { ContinuationToken: page.NextContinuationToken }
  }
}

const isUnknownThere = (error: unknown): boolean => error instanceof Error && error.name === 'NotImplemented'
