import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { aStage } from '../support/curfew.ts'
import { aKey } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { devicesSection } from './a-device.ts'
import { curfew } from './app-process.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { asks, eventually, patient, wrongWith } from './acts.ts'

const program = fileURLToPath(new URL('../../reporter/curfew-report.mjs', import.meta.url))
const run = promisify(execFile)
const codeIn = /\b[A-Z0-9]{5}-?[A-Z0-9]{5}\b/

test('the machine that somebody works on is enrolled by a code of theirs, approved, and opens what its rule lets it', async () => {
  const gate = await aGate()
  const more = `        device: managed-laptop\n        auto: [{ because: on duty, when: 'true' }]\n`
  const stage = await aStage({
    transport: 'http',
    catalog: (cast) => {
      const section = devicesSection(cast, { more: '    laptops: { kind: report }\n' }).replace(
        /when: .*/,
        `when: 'device.kernelVersion == version("${release()}")'`,
      )
      return gateCatalog(cast, { duration: '10m', more }).replace('\ndefaults:', `${section}\ndefaults:`)
    },
    env: gate.env,
    confirming: { keys: [aKey('k1')], publicUrl: 'https://curfew.acme.example' },
  })
  const { riley, kim, orders, workspace, app } = stage
  const folder = await mkdtemp(join(tmpdir(), 'curfew-report-'))
  afterThis(() => rm(folder, { recursive: true }))
  const reporter = (...args: string[]) => run(process.execPath, [program, ...args, '--folder', folder])

  await riley.opensHome()
  await riley.seesHome('None is known of you', patient)
  await riley.clicks('Add a device…', 'home')
  const modal = await riley.modal(/curfew-report enrol/, patient)
  const [code = ''] = codeIn.exec(modal.text) ?? []
  const { stdout } = await reporter('enrol', `http://127.0.0.1:${app.port}`, '--code', code)
  expect(stdout).toContain('now a device of Riley')
  await kim.clicks('Approve', await kim.sees('New device', orders, patient))
  await kim.sees('Kim (kim@acme.example) approved', orders, patient)
  await reporter('send')
  await asks(riley, 'gate open')

  await eventually(
    async () => [...gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
  await reporter('remove')
  await expect(reporter('send')).rejects.toThrow('not enrolled')
  // An operator makes a code where nobody has Slack at hand.
  const made = curfew(['enrol', '--device', riley.account.email ?? ''], stage.environment)
  expect(await made.exited).toBe(0)
  const [byCommand = ''] = codeIn.exec(made.lines.join('\n')) ?? []
  const again = await reporter('enrol', `http://127.0.0.1:${app.port}`, '--code', byCommand)
  expect(again.stdout).toContain('now a device of Riley')
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)
