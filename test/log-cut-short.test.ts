import { randomBytes } from 'node:crypto'
import { clean, hide } from '../src/log.ts'

/** What is too long to be logged whole is cut off; what is cut off may be the last letter of a secret. */
test('of a long text that says a secret again and again nothing of the last of them is left either', () => {
  const secret = randomBytes(40).toString('hex')
  hide(secret)
  // Each of these becomes shorter as it is taken out: what was beyond the end moves up.
  const begun = `it said ${secret} `.repeat(30)
  const nearlyAll = secret.slice(0, -1)
  const filled = begun.padEnd(21_000 - nearlyAll.length, 'x ')

  const cleaned = clean(`${filled}${secret} and so on`)

  expect(cleaned).not.toContain(nearlyAll)
})
