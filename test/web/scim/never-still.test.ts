import { startScim, type TestScim } from '../../support/scim-server.ts'

let scim: TestScim
beforeAll(async () => {
  scim = await startScim()
})
afterAll(() => scim.close())

let made = 0
const names = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`n${i}`, i]))
const emails = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ value: `sam${i}@acme.example`, type: 'work' }))

/** The longest that the process stood still meanwhile. */
async function stillMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let last = performance.now()
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  try {
    await work()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    clearInterval(beat)
  }
  return Math.max(longest, performance.now() - last)
}

// All of Curfew stands still meanwhile: nobody is heard in Slack, nothing is taken back in time.
test.each<[string, object, object[]]>([
  [
    'an object of many names, put over another',
    { foo: { a: 1 } },
    [{ op: 'replace', value: { foo: names(4_000) } }],
  ],
  ['many names of an extension', {}, [{ op: 'replace', path: 'urn:acme:2.0:User', value: names(4_000) }]],
  ['many names without a path', {}, [{ op: 'replace', value: names(4_000) }]],
  [
    'many addresses, taken out of many',
    { emails: emails(5_000) },
    [{ op: 'remove', path: 'emails', value: emails(5_000).reverse() }],
  ],
  [
    'many addresses, added to many',
    { emails: emails(5_000) },
    [{ op: 'add', path: 'emails', value: emails(5_000).reverse() }],
  ],
  [
    'a thousand operations on somebody of many names',
    names(20_000),
    Array.from({ length: 1_000 }, (_, i) => ({ op: 'replace', path: 'title', value: `t${i}` })),
  ],
])(
  'a request of less than 1 MB keeps nobody else waiting for long: %s',
  async (_, about, Operations) => {
    const { json: sam } = await scim.ask('POST', '/Users', {
      userName: `sam-${made++}`,
      ...about,
    })
    const ms = await stillMs(async () => {
      await scim.ask('PATCH', `/Users/${sam.id}`, { Operations })
    })
    expect(ms).toBeLessThan(1_000)
  },
  14_000,
)
