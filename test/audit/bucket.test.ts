import { S3 } from '@aws-sdk/client-s3'
import { openBucket } from '../../src/audit/bucket/bucket.ts'
import { checkpointSink } from '../../src/audit/checkpoint-sink.ts'
import { readCheckpoints } from '../../src/audit/read-checkpoints.ts'
import { signedCheckpoint, signingKey, type Checkpoint } from '../../src/domain/audit/checkpoint.ts'
import { at } from '../support/builders.ts'
import { hasMoto, startMoto, type Moto } from '../support/moto.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

const withMoto = hasMoto() ? test : test.skip
const region = 'eu-west-1'
const login = { accessKeyId: 'AKIACURFEW', secretAccessKey: 'not asked for by moto' }
const key = signingKey('k1', Buffer.alloc(32, 7))
const aCheckpoint = (number: number, mark = `mark${number}ofthatlink`): Checkpoint =>
  signedCheckpoint({ number, mark }, at(number), key)

let moto: Moto | null = null
beforeAll(async () => {
  if (!hasMoto()) return
  moto = await startMoto(region)
  // Where the SDK looks for a login, as whoever runs Curfew gives it one.
  process.env['AWS_ACCESS_KEY_ID'] = login.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = login.secretAccessKey
})
afterAll(async () => {
  await moto?.stop()
  delete process.env['AWS_ACCESS_KEY_ID']
  delete process.env['AWS_SECRET_ACCESS_KEY']
})

let made = 0
/** A bucket whose objects cannot be removed or written over for a while. */
async function aBucket() {
  const endpoint = moto?.url ?? ''
  const bucket = `checkpoints-${made++}`
  const s3 = new S3({ region, endpoint, forcePathStyle: true, credentials: login })
  afterThis(async () => s3.destroy())
  await s3.createBucket({
    Bucket: bucket,
    ObjectLockEnabledForBucket: true,
    CreateBucketConfiguration: { LocationConstraint: region },
  })
  const rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } } as const
  await s3.putObjectLockConfiguration({
    Bucket: bucket,
    ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: rule },
  })
  const where = { aws: { region, endpoint }, proxies: null, pageSize: 10 }
  const opened = openBucket({ bucket, prefix: 'prod/' }, where)
  afterThis(() => opened.close())
  const environment = { AWS_REGION: region, AWS_ENDPOINT_URL_S3: endpoint }
  return {
    bucket,
    opened,
    s3,
    environment,
    sink: checkpointSink(`s3://${bucket}/prod`, { proxies: null, aws: { region, endpoint } }),
    names: async () =>
      ((await s3.listObjectsV2({ Bucket: bucket })).Contents ?? []).map(({ Key: name }) => name),
    reads: async () => (await readCheckpoints(`s3://${bucket}/prod`, environment)).checkpoints,
  }
}

withMoto(
  'each checkpoint is an object of its own in a locked bucket, whose names sort as their numbers do; all are read again',
  async () => {
    const { sink, names, reads } = await aBucket()
    const kept = [2, 10, 9, 123_456].map((number) => aCheckpoint(number))
    for (const one of kept) await sink.keep(one)
    expect(await names()).toEqual([
      expect.stringMatching(/^prod\/0000000000000002-[\da-f]{16}\.json$/),
      expect.stringMatching(/^prod\/0000000000000009-/),
      expect.stringMatching(/^prod\/0000000000000010-/),
      expect.stringMatching(/^prod\/0000000000123456-/),
    ])
    expect(await reads()).toEqual([2, 9, 10, 123_456].map((number) => aCheckpoint(number)))
  },
)

withMoto(
  'none is ever written over: two of one entry are one object, of another entry in its place two',
  async () => {
    const { sink, reads, names } = await aBucket()
    const first = aCheckpoint(7)
    const later = signedCheckpoint(first, at(999), key)
    await sink.keep(first)
    await sink.keep(later)
    expect(await reads()).toEqual([first])
    const forged = aCheckpoint(7, 'anotherlinkinitsplace')
    await sink.keep(forged)
    expect(await names()).toHaveLength(2)
    expect(await reads()).toHaveLength(2)
  },
)

withMoto(
  'more than a page of them are read to the last, beside what others keep in that bucket',
  async () => {
    const { opened, s3, bucket } = await aBucket()
    const numbers = Array.from({ length: 31 }, (_, i) => i + 1)
    await Promise.all(numbers.map((number) => opened.keep(aCheckpoint(number))))
    for (const name of ['prod/readme.txt', 'test/0000000000000001-0000000000000000.json'])
      await s3.putObject({ Bucket: bucket, Key: name, Body: 'not ours' })
    const read: number[] = []
    for await (const { number } of opened.all()) read.push(number)
    expect(read).toEqual(numbers)
  },
)

withMoto('one that somebody removed or put another in the place of is read all the same', async () => {
  const { sink, s3, bucket, reads, names } = await aBucket()
  for (const number of [1, 2]) await sink.keep(aCheckpoint(number))
  const [first = '', second = ''] = await names()
  await s3.deleteObject({ Bucket: bucket, Key: first })
  const forged = aCheckpoint(2, 'anotherlinkinitsplace')
  await s3.putObject({ Bucket: bucket, Key: second, Body: JSON.stringify(forged) })
  expect(await names()).toHaveLength(1)
  const read = await reads()
  expect(read).toHaveLength(3)
  expect(read).toEqual(expect.arrayContaining([aCheckpoint(1), aCheckpoint(2), forged]))
})

withMoto(
  'a bucket that is not there keeps nothing, and one that holds a forged name is not read in part',
  async () => {
    const { s3, bucket, reads, environment } = await aBucket()
    const aws = { region, endpoint: moto?.url ?? '' }
    await expect(
      checkpointSink('s3://no-such-bucket', { proxies: null, aws }).keep(aCheckpoint(1)),
    ).rejects.toThrow(/bucket does not exist/i)
    await expect(readCheckpoints('s3://no-such-bucket', environment)).rejects.toThrow(
      /s3:\/\/no-such-bucket cannot be read: NoSuchBucket/,
    )
    const name = 'prod/0000000000000001-0000000000000000.json'
    for (const body of ['{"number":1}', `${JSON.stringify(aCheckpoint(1))}${' '.repeat(20_000)}`]) {
      await s3.putObject({ Bucket: bucket, Key: name, Body: body })
      await expect(reads()).rejects.toThrow(`${name} in the bucket ${bucket} is no checkpoint`)
    }
  },
)
