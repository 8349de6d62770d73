import { redacted } from '../src/log.ts'

test('no secret leaves through the log, by its key or by its form, however deep', () => {
  const line = {
    message: 'refused xoxb-12-ab and xapp-1-A2-b, Bearer abc.def',
    url: 'mongodb://curfew:hunter2@db.example/orders',
    nested: { botToken: 'anything', list: [{ password: 'p', note: 'whsec_abc/def=' }] },
    view: { state: { values: { code: '123456' } } },
  }
  const text = JSON.stringify(redacted(line))
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
    expect(text).not.toContain(secret)
  }
  expect(text).toContain('mongodb://curfew:[redacted]@db.example/orders')
})

test('an error keeps its message, stack and cause', () => {
  const error = new Error('could not give', { cause: new Error('token xoxb-1-2 refused') })
  expect(redacted({ error })).toMatchObject({
    error: { message: 'could not give', cause: { message: 'token [redacted] refused' } },
  })
})
