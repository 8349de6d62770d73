import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { runChecks, type Check } from '../../src/doctor/check.ts'
import { reportOf, right, wrong } from '../../src/doctor/finding.ts'
import { openInstallation } from '../../src/doctor/installation.ts'
import { scopes } from '../../src/doctor/scopes.ts'
import { scopesFound } from '../../src/doctor/tokens.ts'
import { asText } from '../../src/doctor/words.ts'
import { holding } from './looked-at.ts'

const installation = openInstallation({}, () => new Date())
const check = (about: string, ask: Check['ask'], withinMs = 5_000): Check => ({
  area: 'A',
  about,
  withinMs,
  ask,
})

test('one that hangs and one that fails are unknown, each by itself, and the others are said', async () => {
  const never = new Promise<never>(() => undefined)
  const found = await runChecks(
    [
      check('hangs', () => never, 20),
      check('fails', () => Promise.reject(new Error('it burnt'))),
      check('stands', () => Promise.resolve([right('stands', 'well')])),
    ],
    installation,
  )

  expect(found.map(({ about, verdict, says }) => [about, verdict, says])).toEqual([
    ['hangs', 'unknown', 'no answer within 0 s'],
    ['fails', 'unknown', 'it burnt'],
    ['stands', 'right', 'well'],
  ])
  expect(reportOf(found)).toMatchObject({ verdict: 'wrong', counts: { right: 1, wrong: 0, unknown: 2 } })
})

test('what others say is without secrets, and without what a terminal obeys', async () => {
  const says = 'the token xoxb-12-34-secret of \u001b[31mmongodb://curfew:hunter2@db/\u001b[0m'
  const [found] = await runChecks(
    [check('x', () => Promise.resolve([wrong('\u0007x', says, says)]))],
    installation,
  )

  const text = JSON.stringify(found)
  expect(text).not.toMatch(/34-secret|hunter2/)
  expect(text).not.toMatch(/\\u001b|\\u0007/)
})

test('the text says what is wrong in full, what is right in short, and once what is to be done about several', () => {
  const many = Array.from({ length: 20 }, (_, i) => ({ area: 'People', ...right(`p${i}`, 'there') }))
  const channel = (name: string) => ({
    area: 'Channels',
    ...wrong(name, 'the app is not in it', 'Invite it.'),
  })

  const text = asText(reportOf([channel('#a'), channel('#b'), ...many]))

  expect(text.split('\n').slice(0, 6)).toEqual([
    'Channels',
    '  WRONG  #a: the app is not in it',
    '  WRONG  #b: the app is not in it',
    '         → Invite it.',
    '',
    'People',
  ])
  expect(text).toContain('  ok     and 12 more')
  expect(text).toMatch(/2 wrong, 0 could not be asked, 20 right\. Nothing was changed\.$/)
})

test('the scopes that are looked for are those of the manifest', async () => {
  const path = fileURLToPath(new URL('../../manifest.yml', import.meta.url))
  const manifest = z
    .object({ oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }) })
    .parse(parse(await readFile(path, 'utf8')))

  expect([...scopes.keys()].sort()).toEqual([...manifest.oauth_config.scopes.bot].sort())
})

test('a scope beyond those is no fault and is said; where Slack says nothing it is unknown', () => {
  expect(scopesFound([...scopes.keys(), 'files:read'])).toMatchObject([
    { verdict: 'right', says: holding('not needed: files:read') },
  ])
  expect(scopesFound(null)).toMatchObject([{ verdict: 'unknown' }])
})
