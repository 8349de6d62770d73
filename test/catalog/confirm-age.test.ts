import { complaints, GOOD, read } from './reading.ts'

// docs/catalog.md: "`maxAge`: duration, 0s to 1d … `0s`: each time anew."
test('a proof may be asked for each time anew, by maxAge: 0s', () => {
  const text = GOOD.replace('\ndefaults:', '\nconfirm: { methods: [totp], maxAge: 0s }\ndefaults:')
  expect(complaints(text)).toEqual([])
  expect(read(text).proof.maxAgeMs).toBe(0)
})
