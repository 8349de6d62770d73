import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aKey } from '../support/ring.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aPhone, enrols, linkBehind, publicUrl, type Phone } from './a-phone.ts'
import { eventually, onlyGrantOf, patient, wrongWith } from './acts.ts'

/** Access that is begun and renewed by confirming who one is, without an admin. */

const daily = (session: string) => `      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: ${session}
        who: '"@contractors" in groups'
`

interface Day {
  readonly stage: Stage
  readonly gate: Gate
  readonly phone: Phone
}

async function aDay(session = '{ length: 30s, renew: 25s, max: 45s }'): Promise<Day> {
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    catalog: (cast: Cast) => gateCatalog(cast, { more: daily(session) }),
    env: gate.env,
    confirming: { keys: [aKey('k1')], publicUrl },
  })
  return { stage, gate, phone: aPhone(stage) }
}

/** The form, sent: the modal has a link by then. */
const asks = async (person: Person): Promise<void> => {
  await person.runs('/request-access gate daily')
  await person.modal('No review needed. Confirm that it is you to begin', patient)
  await person.submits()
}
const begins = async (person: Person): Promise<string> => {
  await asks(person)
  const link = await linkBehind(person, 'Confirm…')
  await person.closesModal()
  return link
}
const isEnrolled = async ({ stage, phone }: Day, person: Person): Promise<void> => {
  await asks(person)
  await enrols(stage, person, phone, await linkBehind(person, 'Add a way to confirm'))
  await person.closesModal()
}
const held = (gate: Gate, names: string) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    patient.withinMs,
  )

test('confirmed, it is held without an admin; confirmed again, without a gap; then it ends, and is begun anew', async () => {
  const day = await aDay()
  const { stage, gate, phone } = day
  const { riley, workspace } = stage
  await isEnrolled(day, riley)
  await riley.sees(/You can confirm with a new passkey now, “Phone”/, 'dm', patient)

  const link = await begins(riley)
  const page = await phone.opens(link)
  expect(page.text).toMatch(
    /For Riley \(riley@contractor\.example\) \. Riley opens The gate, daily on The gate for 30 s/,
  )
  const done = await phone.confirms(link)
  expect(done.text).toMatch(/You have The gate, daily on The gate until/)
  await riley.sees(/You have The gate, daily/, 'dm', patient)
  await held(gate, 'riley')

  await riley.clicks('Confirm again', await riley.sees(/The gate, daily on The gate ends/, 'dm', { withinMs: 30_000 }))
  const again = await linkBehind(riley, 'Confirm…')
  await riley.closesModal()
  expect((await phone.confirms(again)).text).toMatch(/You have The gate, daily/)
  const grant = await onlyGrantOf(stage, riley)
  expect(grant.confirmations.map(({ method }) => method)).toEqual(['passkey', 'passkey'])
  expect(gate.calls.filter(({ action }) => action === 'take')).toEqual([])

  await riley.sees(/45 s are the most; begin anew then/, 'dm', { withinMs: 30_000 })
  await held(gate, '')
  await riley.sees(/ended.*checked, it is gone/, 'dm', { withinMs: 30_000 })
  expect((await phone.confirms(await begins(riley))).text).toMatch(/You have The gate, daily/)
  await held(gate, 'riley')
  expect(wrongWith(workspace)).toEqual([])
}, 150_000)
