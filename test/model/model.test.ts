import { readFile } from 'node:fs/promises'
import { check, sourceOfModel, whatIsMissing } from './check.ts'
import { limits, omissions, wholes } from './configurations.ts'
import { pictureOf } from './pictures.ts'

beforeAll(async () => {
  const missing = await whatIsMissing()
  if (missing !== null) throw new Error(missing)
})

test.each(wholes)(
  'whatever goes wrong, in every order, every promise is kept: $name',
  async ({ defines }) => {
    expect(await check({ defines })).toMatchObject({ broken: null, steps: [] })
  },
  400_000,
)

describe.each(limits)('what cannot be closed: $name', (limit) => {
  const { defines, breaks } = limit

  test.each(breaks)(
    '%s is found, and there is a picture of it',
    async (promise) => {
      const tolerated = breaks.filter((other) => other !== promise)
      expect(await check({ defines, tolerated, isShort: true })).toMatchObject({ broken: promise })
      expect(await readFile(pictureOf(limit, promise), 'utf8')).toContain(`This must never be: ${promise}`)
    },
    400_000,
  )

  test('no other promise is broken', async () => {
    expect(await check({ defines, tolerated: breaks })).toMatchObject({ broken: null, steps: [] })
  }, 400_000)
})

test.each(omissions)(
  'rule $rule left out breaks a promise, and there is a picture of it: $name',
  async (omission) => {
    const { leftOut, defines, tolerated = [], breaks } = omission
    const found = await check({ defines: { ...defines, LEFT_OUT: leftOut }, tolerated, isShort: true })
    expect(found.broken).toBe(breaks)
    expect(await readFile(pictureOf(omission), 'utf8')).toContain(`This must never be: ${breaks}`)
  },
  400_000,
)

test('each rule that the model names is left out by some test', async () => {
  const named = [...(await sourceOfModel()).matchAll(/^#define ((?:R\d+|KEYS|CLOCK)_\w+) \d+ /gm)].map(
    ([, rule]) => rule,
  )
  expect(named.length).toBeGreaterThan(30)
  expect(omissions.map(({ leftOut }) => leftOut).sort()).toEqual(named.sort())
})
