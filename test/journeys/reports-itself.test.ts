import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { release, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { byWhom } from '../../src/audit/cells.ts'
import { isLink } from '../../src/domain/audit/chain.ts'
import { isOfGrant, readRecorded } from '../../src/domain/audit/recorded.ts'
import { mongoChain } from '../../src/mongo/audit.ts'
import { connect } from '../../src/mongo/connection.ts'
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
    auditKeys: [aKey('a1')],
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
  // All of it stands in the record, by whose word it was.
  const recorded = await eventually(
    () => actsIn(stage.environment['MONGODB_URI'] ?? ''),
    (acts) => acts.filter(([type]) => type === 'device-given-owner').length === 2,
    patient.withinMs,
  )
  expect(recorded.map(([type, by]) => `${type} by ${by}`)).toEqual([
    'catalog-loaded by Curfew',
    'device-code-made by Riley (riley@contractor.example)',
    'device-enrolled by Riley (riley@contractor.example)',
    'device-given-owner by laptops',
    'device-approved by Kim (kim@acme.example)',
    'device-key-removed by laptops',
    `device-code-made by command line: ${userInfo().username}`,
    'device-enrolled by Riley (riley@contractor.example)',
    'device-given-owner by laptops',
  ])
  expect(recorded.every(([, , outcome]) => outcome === 'done')).toBe(true)
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

/** What the record says of acts that are no grant's: type, by whom, what came of it. */
async function actsIn(uri: string): Promise<string[][]> {
  const connection = await connect(uri)
  try {
    const links = (await mongoChain(connection).after(0, 1_000)).filter(isLink)
    return links
      .map((link) => readRecorded(link))
      .flatMap((entry) =>
        entry === null || isOfGrant(entry) ? [] : [[entry.type, byWhom(entry), entry.outcome]],
      )
  } finally {
    await connection.close()
  }
}
