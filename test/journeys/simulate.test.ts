import { readFile, writeFile } from 'node:fs/promises'
import { aStage } from '../support/curfew.ts'
import { curfew } from './app-process.ts'
import { aReason, asks, grantsOf, listenToLog, patient } from './acts.ts'

test('`curfew simulate` says what a changed catalog would have answered to what was asked for', async () => {
  const stage = await aStage()
  listenToLog(stage.app.world.log)
  const { riley, ada, orders, catalogPath, environment } = stage
  const reason = aReason()
  await asks(riley, 'orders-db peek 10s', reason)
  await ada.sees(reason, orders, patient)
  await asks(riley, 'orders-db write 1h')
  await asks(riley, 'orders-db read 8h')
  expect(await grantsOf(stage, riley)).toHaveLength(3)

  const changed = `${catalogPath}.changed.yml`
  const text = await readFile(catalogPath, 'utf8')
  await writeFile(
    changed,
    text
      .replace('        warn: 6s\n', '        warn: 6s\n        auto: [{ because: a look, when: guest }]\n')
      .replace(/ {8}target: \{ database: orders, role: readWrite \}\n {8}who: .*/, (found) =>
        found.replace(/who: .*/, `who: '!guest'`),
      ),
  )
  const { MONGODB_URI = '' } = environment
  const env = { MONGODB_URI, CATALOG: catalogPath }
  const run = curfew(['simulate', changed, '--days', '7'], env)
  expect(await run.exited).toBe(0)
  const said = run.lines.join('\n')
  expect(said).toContain('3 requests of the last 7 days, old → new')
  expect(said).toMatch(/orders-db peek +0 → 1 +1 → 0 +0 → 0/)
  expect(said).toMatch(/orders-db write +0 → 0 +1 → 0 +0 → 1/)
  expect(said).toMatch(/orders-db read +0 → 0 +1 → 1 +0 → 0/)
  expect(said).toMatch(/all +0 → 1 +3 → 1 +0 → 1/)
  expect(said).toContain('2 answers change:')
  expect(said).toMatch(
    /Riley \(riley@contractor\.example\), orders-db peek, 10 s: reviewed → approved \(a look\)/,
  )
  expect(said).toMatch(
    /Riley \(riley@contractor\.example\), orders-db write, 1 h: reviewed → refused \(the rule is !guest\)/,
  )

  const json = curfew(['simulate', changed, '--json'], env)
  expect(await json.exited).toBe(0)
  expect(JSON.parse(json.lines.join('\n'))).toMatchObject({ requests: 3, changes: [{}, {}] })
  const same = curfew(['simulate'], env)
  expect(await same.exited).toBe(0)
  expect(same.lines.join('\n')).toContain('No answer changes.')
}, 60_000)

test('a catalog that is broken, and a number of days that is none, are said', async () => {
  const stage = await aStage({ started: false })
  await stage.writeCatalog('version: 2\n')
  const { MONGODB_URI = '', CATALOG = '' } = stage.environment
  const broken = curfew(['simulate'], { MONGODB_URI, CATALOG })
  expect(await broken.exited).toBe(1)
  expect(broken.lines.join('\n')).toMatch(/catalog\.yml:1:10 version: must be 1/)
  const never = curfew(['simulate', '--days', 'many'], { MONGODB_URI, CATALOG })
  expect(await never.exited).toBe(1)
  expect(never.lines.join('\n')).toContain('--days is a number from 1 to 366')
}, 60_000)
