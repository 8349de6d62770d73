import { riley } from '../../support/builders.ts'
import { aMachine, aMachineKey, fine, iso, listening, sends } from './listening.ts'
import { catalogWith } from '../../support/slack-side.ts'

const limits = { failed: 10, withinMs: 60_000, atOnce: 1_000, addresses: 100 }

test('who guesses codes or devices is told to wait; the machines of other networks, and what is no guess, are not', async () => {
  const curfew = await listening({ limits })
  const { privateKey: key, report } = await aMachine(curfew, riley)
  const guess = async (what: string, from: string) => {
    const { privateKey, publicKey } = aMachineKey()
    const message =
      what === 'enrol'
        ? { code: '22222-22222', publicKey, at: iso(), body: fine }
        : report(1, { device: 'd-guessed' })
    return sends(curfew.url, what, { message, key: privateKey, from })
  }
  for (let n = 0; n < 10; n++)
    expect([401, 403]).toContain((await guess(n % 2 ? 'enrol' : 'report', '198.51.100.7')).status)
  expect(await guess('enrol', '198.51.100.7')).toEqual({ status: 429, answer: { error: 'too-many' } })
  expect((await sends(curfew.url, 'report', { message: report(1), key, from: '198.51.100.7' })).status).toBe(
    429,
  )
  for (let n = 0; n < 30; n++)
    expect((await sends(curfew.url, 'report', { message: report(n < 15 ? 1 : n), key })).status).toBe(
      n === 0 || n >= 15 ? 200 : 409,
    )
  await curfew.close()
})

test('where the catalog names no such source nobody is heard, and no code is made', async () => {
  const curfew = await listening({ catalog: catalogWith() })
  await expect(curfew.codeFor(riley)).rejects.toThrow('no-source')
  const { privateKey: key, publicKey } = aMachineKey()
  const message = { code: '22222-22222', publicKey, at: iso(), body: fine }
  expect(await sends(curfew.url, 'enrol', { message, key })).toEqual({
    status: 404,
    answer: { error: 'no-source' },
  })
  await curfew.close()
})
