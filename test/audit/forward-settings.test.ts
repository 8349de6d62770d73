import { randomBytes } from 'node:crypto'
import { readAuditSettings, readConfig, secretsOf } from '../../src/config.ts'
import { idOf, nameOf, type ForwardPlace } from '../../src/audit/forward/settings.ts'
import { aKey, written } from '../support/ring.ts'

const complete = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  MONGODB_URI: 'mongodb://db/curfew',
  CATALOG: './catalog.yml',
  AUDIT_KEYS: written(aKey('k1')),
}
const secret = `whsec_${randomBytes(32).toString('base64')}`
const read = (env: Record<string, string>) => readConfig({ ...complete, ...env })
const placeOf = (place: string) => read({ AUDIT_FORWARD: place }).auditForward?.place

test('the record is sent on by syslog, to an address or into a file', () => {
  expect(placeOf('syslog+tls://siem.acme.example:6600')).toEqual({
    kind: 'syslog',
    host: 'siem.acme.example',
    port: 6_600,
  })
  expect(placeOf('syslog+tls://siem.acme.example')).toMatchObject({ port: 6_514 })
  expect(placeOf('syslog+tls://[2001:db8::1]:6514')).toMatchObject({ host: '2001:db8::1' })
  expect(placeOf('https://siem.acme.example/in')).toEqual({
    kind: 'webhook',
    url: 'https://siem.acme.example/in',
  })
  expect(placeOf('/var/log/curfew/record.jsonl')).toEqual({
    kind: 'file',
    path: '/var/log/curfew/record.jsonl',
  })
  expect(read({}).auditForward).toBeNull()
})

test.each<[string, Record<string, string>]>([
  [
    'AUDIT_FORWARD must be syslog+tls://host:6514, an https address or a file',
    { AUDIT_FORWARD: 'http://siem/in' },
  ],
  ['AUDIT_FORWARD must be syslog+tls://host:6514', { AUDIT_FORWARD: 'syslog://siem' }],
  ['AUDIT_FORWARD must be syslog+tls://host:6514', { AUDIT_FORWARD: 'syslog+tls://' }],
  ['AUDIT_FORWARD may name nothing behind the port', { AUDIT_FORWARD: 'syslog+tls://siem/path' }],
  ['AUDIT_FORWARD may hold no user or password', { AUDIT_FORWARD: 'https://me:secret@siem/' }],
  [
    'AUDIT_KEYS is needed to forward the record: curfew keys new',
    { AUDIT_FORWARD: '/record', AUDIT_KEYS: '' },
  ],
  ['AUDIT_FORWARD_FORMAT must be one of jsonl, ', { AUDIT_FORWARD: '/record', AUDIT_FORWARD_FORMAT: 'xml' }],
  [
    'AUDIT_FORWARD_FROM must be the number of the first entry',
    { AUDIT_FORWARD: '/record', AUDIT_FORWARD_FROM: '0' },
  ],
  [
    'AUDIT_FORWARD_FROM must be the number of the first entry',
    { AUDIT_FORWARD: '/record', AUDIT_FORWARD_FROM: 'now' },
  ],
  [
    'AUDIT_FORWARD_BYTES must be a number of bytes from 2048',
    { AUDIT_FORWARD: 'syslog+tls://a', AUDIT_FORWARD_BYTES: '100' },
  ],
  ['AUDIT_FORWARD_BYTES is for syslog+tls://', { AUDIT_FORWARD: '/record', AUDIT_FORWARD_BYTES: '4096' }],
  ['AUDIT_FORWARD_SECRET must be whsec_', { AUDIT_FORWARD: 'https://a/', AUDIT_FORWARD_SECRET: 'short' }],
  [
    'AUDIT_FORWARD_SECRET signs what goes to an https address',
    { AUDIT_FORWARD: '/record', AUDIT_FORWARD_SECRET: secret },
  ],
  [
    'AUDIT_FORWARD_CA is for syslog+tls:// and https://',
    { AUDIT_FORWARD: '/record', AUDIT_FORWARD_CA: '/ca.pem' },
  ],
  ['AUDIT_FORWARD_CA means nothing without AUDIT_FORWARD', { AUDIT_FORWARD_CA: '/ca.pem' }],
  ['AUDIT_CHECKPOINTS must name a bucket', { AUDIT_CHECKPOINTS: 's3://B', AWS_REGION: 'eu-west-1' }],
  ['AWS_REGION is needed for checkpoints in a bucket', { AUDIT_CHECKPOINTS: 's3://bucket/prod' }],
  [
    'AWS_ENDPOINT_URL_S3 must be https',
    { AUDIT_CHECKPOINTS: 's3://bucket', AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: 'http://minio:9000' },
  ],
])('%s: said at the start, and by curfew check', (words, env) => {
  expect(() => read(env)).toThrow(words)
  expect(() => readAuditSettings({ AUDIT_KEYS: complete.AUDIT_KEYS, ...env })).toThrow(words)
})

test('what is set of it well is said nothing of', () => {
  const env = {
    AUDIT_FORWARD: 'https://siem.acme.example/in?token=ours',
    AUDIT_FORWARD_SECRET: secret,
    AUDIT_FORWARD_CA: '/ca.pem',
    AUDIT_FORWARD_FROM: '17',
    AUDIT_CHECKPOINTS: 's3://acme.audit/curfew/prod/',
    AWS_REGION: 'eu-west-1',
  }
  const config = read(env)
  expect(config.auditForward).toMatchObject({ format: 'jsonl', from: 17, secret, caPath: '/ca.pem' })
  expect(config.aws).toEqual({ region: 'eu-west-1', endpoint: null })
  expect(secretsOf(config)).toEqual(expect.arrayContaining([secret, 'token=ours']))
  const elsewhere = { AUDIT_FORWARD: '/record', AUDIT_KEYS_FILE: '/run/secrets/of-another-machine' }
  expect(readAuditSettings(elsewhere).auditForward?.place).toEqual({ kind: 'file', path: '/record' })
  // Whoever asks nothing of the record need not have any of it right.
  expect(readAuditSettings({ AWS_ENDPOINT_URL_S3: 'http://minio:9000' }).auditForward).toBeNull()
})

test('a place is known by an id and a name that hold no token', () => {
  const hook = (url: string): ForwardPlace => ({ kind: 'webhook', url })
  const [one, other] = ['https://siem/in?token=one-token', 'https://siem/in?token=two-token'].map(hook)
  expect(idOf(one!)).not.toBe(idOf(other!))
  for (const place of [one!, other!]) {
    expect(idOf(place)).not.toContain('token')
    expect(nameOf(place)).toBe('https://siem')
  }
})
