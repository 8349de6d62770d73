import { S3 } from '@aws-sdk/client-s3'
import { aStage } from '../support/curfew.ts'
import { aCertificate } from '../support/certificate.ts'
import { freePort } from '../support/free-port.ts'
import { hasMoto, startMoto } from '../support/moto.ts'
import { aKey } from '../support/ring.ts'
import { aSyslogReceiver } from '../support/syslog-receiver.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aCard, eventually } from './acts.ts'
import { curfew } from './app-process.ts'

/** What is done in Slack is known elsewhere within seconds, whatever becomes of those who are told. */

const numberOf = (text: string): number => (JSON.parse(text) as { number: number }).number

test('a SIEM gets each entry in order though it dies and comes back, and the app dies too', async () => {
  const certificate = await aCertificate()
  const siem = await aSyslogReceiver(certificate)
  const stage = await aStage({ auditKeys: [aKey('k1')], started: false })
  const { ada, environment } = stage
  const env = async () => ({
    ...environment,
    AUDIT_FORWARD: `syslog+tls://localhost:${siem.port}`,
    AUDIT_FORWARD_CA: certificate.path,
    PORT: String(await freePort()),
  })
  /** Once it was told of so many things of this type. */
  const hears = (type: string, count = 1) =>
    eventually(
      async () => siem.texts().filter((text) => text.includes(`\\"type\\":\\"${type}\\"`)).length,
      (heard) => heard >= count,
      30_000,
    )
  const first = curfew(['start'], await env())
  await first.says('curfew is running')
  const card = await aCard(stage, 'orders-db read 1h')
  await hears('asked')
  await siem.kill()
  await ada.clicks('Approve 1 h', card)
  await first.says('the record cannot be forwarded')
  await siem.comesBack()
  await first.says('the record is forwarded again')
  await hears('given')
  first.kill('SIGKILL')
  await first.exited
  const second = curfew(['start'], await env())
  await second.says('curfew is running')
  await aCard(stage, 'orders-db peek 10s')
  await hears('asked', 2)
  const texts = [...new Set(siem.texts())]
  expect(texts.map(numberOf)).toEqual(texts.map((_, i) => i + 1))
  const exported = curfew(['audit', 'export', '--format', 'jsonl'], environment)
  expect(await exported.exited).toBe(0)
  expect(exported.lines.slice(0, texts.length)).toEqual(texts)
  for (const app of [first, second])
    expect(app.lines.filter((line) => line.includes('cannot be forwarded')).length).toBeLessThan(2)
}, 120_000)

const withMoto = hasMoto() ? test : test.skip
withMoto(
  'checkpoints of the app stand in a bucket, where verify reads them',
  async () => {
    const region = 'eu-west-1'
    const moto = await startMoto(region)
    afterThis(() => moto.stop())
    const credentials = { accessKeyId: 'AKIACURFEW', secretAccessKey: 'not asked for by moto' }
    const s3 = new S3({ region, endpoint: moto.url, forcePathStyle: true, credentials })
    afterThis(async () => s3.destroy())
    const CreateBucketConfiguration = { LocationConstraint: region } as const
    await s3.createBucket({ Bucket: 'acme-audit', CreateBucketConfiguration })
    const stage = await aStage({ auditKeys: [aKey('k1')], started: false })
    const env = {
      ...stage.environment,
      AUDIT_CHECKPOINTS: 's3://acme-audit/curfew',
      AWS_REGION: region,
      AWS_ENDPOINT_URL_S3: moto.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }
    const app = curfew(['start'], env)
    await app.says('curfew is running')
    await aCard(stage, 'orders-db read 1h')
    await eventually(
      async () => (await s3.listObjectsV2({ Bucket: 'acme-audit' })).KeyCount ?? 0,
      (count) => count > 0,
      30_000,
    )
    const verify = curfew(['audit', 'verify', '--checkpoints', 's3://acme-audit/curfew'], env)
    expect([await verify.exited, verify.lines.join('\n')]).toEqual([
      0,
      expect.stringMatching(/Up to entry \d+ none was cut off, as \d+ checkpoints say/),
    ])
  },
  90_000,
)

test('curfew check says what is wrong with where the record goes', async () => {
  const stage = await aStage({ auditKeys: [aKey('k1')], started: false })
  const said = async (env: Record<string, string>) => {
    const run = curfew(['check'], { ...stage.environment, ...env })
    return [await run.exited, run.lines.join('\n')]
  }
  const answers = await Promise.all([
    said({ AUDIT_FORWARD: 'http://siem.acme.example' }),
    said({ AUDIT_FORWARD: 'syslog+tls://siem', AUDIT_FORWARD_CA: '/nowhere/ca.pem' }),
  ])
  expect(answers).toEqual([
    [1, expect.stringContaining('AUDIT_FORWARD must be syslog+tls://host:6514, an https address or a file')],
    [1, expect.stringContaining('AUDIT_FORWARD_CA: /nowhere/ca.pem cannot be read')],
  ])
}, 60_000)
