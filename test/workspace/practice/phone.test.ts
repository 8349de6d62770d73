import { Phone } from './phone.ts'

const phone = () => new Phone('http://localhost:4711')

test.each([
  'http://localhost:4711/readyz',
  'http://localhost:47110/confirm/a',
  'http://elsewhere.example/confirm/a',
])('a phone does not open %s: whoever plays reaches nothing else through it', async (link) => {
  await expect(phone().opens(link)).rejects.toThrow('no others')
})

test.each(['', 'not letters', 'AAAA', '1111 1111 1111 1111'])(
  'an authenticator app takes no “%s”, and shows no digits for it',
  (letters) => {
    const one = phone()
    expect(() => one.addsToApp(letters)).toThrow('not the letters')
    expect(one.shown.code).toBeNull()
  },
)

test('an authenticator app shows six digits, until the next half minute at the latest', () => {
  const one = phone()
  one.addsToApp('jbsw y3dp ehpk 3pxp')
  const { digits, until } = one.shown.code ?? { digits: '', until: 0 }
  expect(digits).toMatch(/^\d{6}$/)
  expect(until % 30_000).toBe(0)
  expect(until - Date.now()).toBeLessThanOrEqual(30_000)
})
