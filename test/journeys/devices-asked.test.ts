import { aDeviceDay, type DeviceDay } from './a-device.ts'
import type { Stage } from '../support/curfew.ts'
import { asks, eventually, patient } from './acts.ts'
import { curfew } from './app-process.ts'

/** What people work on, and who would lose what by another rule: asked from the command line. */

async function asked({ environment }: Stage, ...words: readonly string[]) {
  const { exited, lines } = curfew(words, environment)
  return { code: await exited, text: lines.join('\n') }
}

async function aDayOfTwo(): Promise<DeviceDay> {
  const day = await aDeviceDay({ asks: false })
  await day.says()
  await day.says({ id: 'old', name: 'sams-old-mac', owner: { email: 'sam@acme.example', isProven: false } })
  await asks(day.stage.riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
  return day
}

test('`curfew devices` says whose they are, whether they count, and how fit they are; of a name, those alone', async () => {
  const { stage } = await aDayOfTwo()
  const { text } = await asked(stage, 'devices')
  expect(text).toMatch(
    /riley-laptop \(mdm\/laptop-1\) +Riley \(riley@contractor\.example\) +macos 15\.1 +approved +(?:just now|\d+ s ago) +managed-laptop: yes/,
  )
  expect(text).toMatch(/sams-old-mac \(mdm\/old\) +sam@acme\.example\? +macos 15\.1 +pending/)
  const one = await asked(stage, 'devices', 'sam@acme.example', '--json')
  expect(JSON.parse(one.text)).toMatchObject([{ id: 'mdm/old', owner: null, claimed: 'sam@acme.example' }])
}, 60_000)

test('`curfew devices simulate` says who would lose what by a rule, and takes nothing', async () => {
  const { stage, gate } = await aDayOfTwo()
  const stricter = await asked(stage, 'devices', 'simulate', 'device.osVersion >= version("15.2")')
  expect(stricter.text).toMatch(/1 person would lose 1 of 1 that are held on devices now/)
  expect(stricter.text).toMatch(
    /Riley \(riley@contractor\.example\) +gate\/open +riley-laptop: system version 15\.1/,
  )
  const same = await asked(stage, 'devices', 'simulate', 'managed-laptop')
  expect(same.text).toMatch(/0 people would lose 0 of 1/)
  const wrong = await asked(stage, 'devices', 'simulate', 'device.firewal')
  expect(wrong).toMatchObject({ code: 1, text: expect.stringMatching(/firewal/) as string })
  expect([...gate.holders]).toEqual(['riley'])
}, 60_000)
