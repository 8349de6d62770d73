import { hide, redacted } from '../src/log.ts'

const text = (value: unknown): string => JSON.stringify(redacted(value))

test('no secret leaves through the log, by its key or by its form, however deep', () => {
  const line = {
    message: 'refused xoxb-12-ab and xapp-1-A2-b, Bearer abc.def',
    url: 'mongodb://curfew:hunter2@db.example/orders',
    nested: { botToken: 'anything', list: [{ password: 'p', note: 'whsec_abc/def=' }] },
    view: { state: { values: { code: '123456' } } },
  }
  for (const secret of [
    'xoxb-12',
    'xapp-1',
    'abc.def',
    'hunter2',
    'anything',
    '"p"',
    'whsec_abc',
    '123456',
  ]) {
    expect(text(line)).not.toContain(secret)
  }
  expect(text(line)).toContain('mongodb://curfew:[redacted]@db.example/orders')
})

test.each([
  ['a token in a query', 'POST https://hooks.example/x?a=1&access_token=s3cr3tvalue&b=2 failed'],
  ['a token in a form', 'token=s3cr3tvalue&channel=C1'],
  ['a key in a query', 'GET https://x.example/?api_key=s3cr3tvalue'],
  ['a user-info without a password', 'https://s3cr3tvalue@hooks.example/'],
  ['a password with a slash', 'mongodb://curfew:s3cr3t/value@db.example/orders'],
  ['a password with an @', 'mongodb://curfew:pass@s3cr3t@value@db.example/orders'],
  ['a user with a colon', 'mongodb://cur:few:s3cr3tvalue@db.example/'],
  ['several hosts', 'mongodb+srv://curfew:s3cr3t%2Fvalue@a.example,b.example/'],
  ['Basic', 'Authorization: Basic czNjcjN0dmFsdWU='],
  ['a refresh token of Slack', 'xoxe-1-s3cr3tvalue xoxe.xoxp-1-s3cr3tvalue'],
  ['an encoded token of Slack', 'state=xoxb%2Ds3cr3tvalue'],
  ['a ticket of a socket', 'wss://wss-primary.slack.com/link/?ticket=s3cr3tvalue&app_id=A1'],
  ['a response_url', 'https://hooks.slack.com/actions/T1/2/s3cr3tvalue failed'],
  ['a header', { headers: { 'x-gateway-key': 's3cr3tvalue', 'X-Api-Key': 's3cr3tvalue' } }],
  ['keys of other names', { apiKey: 's3cr3tvalue', credential: 's3cr3tvalue', pass: 's3cr3tvalue' }],
  [
    'more keys',
    { pwd: 's3cr3tvalue', signing: 's3cr3tvalue', signature: 's3cr3tvalue', ticket: 's3cr3tvalue' },
  ],
  ['bytes', { body: Buffer.from('s3cr3tvalue') }],
  ['a map', new Map([['a', 'xoxb-s3cr3tvalue']])],
  ['a set', new Set(['xoxb-s3cr3tvalue'])],
  ['a key itself', { 'xoxb-s3cr3tvalue': 1 }],
  ['nested arrays', [[['token=s3cr3tvalue']]]],
  ['many errors', new AggregateError([new Error('xoxb-s3cr3tvalue')], 'xoxb-s3cr3tvalue')],
  [
    'a chain of causes',
    [1, 2, 3, 4, 5, 6, 7, 8].reduce(
      (cause) => new Error('again token=s3cr3tvalue', { cause }),
      new Error('xoxb-s3cr3tvalue'),
    ),
  ],
  ['JSON', '{"password":"s3cr3tvalue"}'],
  ['JSON in JSON', '{\\"access_token\\": \\"s3cr3tvalue\\"}'],
  ['what Node shows of an object', "{ password: 's3cr3tvalue' }"],
  ['an encoded payload', 'payload=%7B%22token%22%3A%22s3cr3tvalue%22%7D'],
  ['a line of a header', 'x-api-key: s3cr3tvalue'],
  ['headers as they came', { rawHeaders: ['host', 'a.example', 'x-api-key', 's3cr3tvalue'] }],
  ['bytes as JSON', { body: Buffer.from('s3cr3tvalue').toJSON() }],
  ['bytes as JSON in a text', JSON.stringify(Buffer.from('s3cr3tvalue'))],
  ['what an error holds', Object.assign(new Error('x'), { config: { headers: { auth: 's3cr3tvalue' } } })],
])('%s is cut out', (_, value) => {
  expect(text({ value })).not.toMatch(/s3cr3t|czNj|115,51/)
})

test('what was configured is cut out by its value, as it is and as a URL writes it', () => {
  hide('correct horse/battery')
  hide('mongodb://curfew:p%40ssw0rd!@db.example,other.example/orders')
  hide('true')

  const said = text({
    a: 'got correct horse/battery',
    b: 'correct%20horse%2Fbattery',
    c: 'p@ssw0rd! p%40ssw0rd!',
    d: 'true',
  })

  expect(JSON.parse(said)).toEqual({
    a: 'got [redacted]',
    b: '[redacted]',
    c: '[redacted] [redacted]',
    d: 'true',
  })
})

test.each([
  ['base64', (s: string) => Buffer.from(s).toString('base64')],
  ['base64, behind a name', (s: string) => Buffer.from(`curfew:${s}`).toString('base64')],
  ['base64, behind a letter', (s: string) => Buffer.from(`c${s}`).toString('base64')],
  ['base64 of addresses', (s: string) => Buffer.from(s).toString('base64url')],
  ['hex', (s: string) => Buffer.from(s).toString('hex')],
  ['JSON', (s: string) => JSON.stringify({ note: s })],
  ['JSON in JSON', (s: string) => JSON.stringify(JSON.stringify({ note: s }))],
  ['a form', (s: string) => new URLSearchParams({ note: s }).toString()],
  ['an address in small letters', (s: string) => encodeURIComponent(s).toLowerCase()],
])('what was configured is cut out of %s', (_, write) => {
  const secret = 's3cr3t/pa s+word"x?>'
  hide(secret)
  expect(text({ value: write(secret.toLowerCase()) })).toContain('[redacted]')
})

test('of an address every password is cut out, whatever else has an @ in it', () => {
  hide('mongodb://curfew:hunter2hunter2@db.example/orders?appName=curfew@acme')
  hide('mongodb://curfew:hunter3hunter3@db.example/?tlsCertificateKeyFilePassword=keyfilepw9')
  expect(text('refused hunter2hunter2, bad decrypt keyfilepw9')).not.toMatch(/hunter2|keyfilepw9/)
})

test('a text of a megabyte is cut, and holds nothing up', () => {
  const before = process.cpuUsage()
  for (const part of ['://:', 'token', '"password":', 'a@', '=.-'])
    expect(text(part.repeat(1_000_000 / part.length)).length).toBeLessThan(100_000)
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000)
})

test('what is no secret stays readable', () => {
  const stack = 'at f (file:///app/node_modules/@slack/bolt/dist/App.js:601:3)'
  const line = { stack, idempotencyKey: 'h1:give:3', key: 'card-1', url: 'https://slack.com/api/?page=2' }
  expect(redacted(line)).toEqual(line)
})

test('an error keeps its message, stack and cause, and so do those in one', () => {
  const error = new Error('could not give', { cause: new Error('token xoxb-1-2 refused') })
  expect(redacted({ error })).toMatchObject({
    error: { message: 'could not give', cause: { message: 'token [redacted] refused' } },
  })
  expect(redacted(new AggregateError([new Error('one')], 'all'))).toMatchObject({
    message: 'all',
    errors: [{ message: 'one' }],
  })
})
