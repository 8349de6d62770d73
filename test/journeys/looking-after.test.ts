import { isRefusal } from '../../src/domain/refusal.ts'
import { closeReview } from '../../src/operations/close-review.ts'
import { stopSeries } from '../../src/operations/stop-series.ts'
import { refusalWords } from '../../src/slack/words/refusal-words.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import {
  aReason,
  as,
  asks,
  changeCatalog,
  eventually,
  grantsOf,
  listenToLog,
  patient,
  wrongWith,
} from './acts.ts'

/** The gate, whose other entitlement Kim administers. */
async function aGateWithTwoWays(more = ''): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const shut = `      shut:
        name: Shut the gate
        target: { gate: side }
        who: '"@contractors" in groups'
        admins: [kim@acme.example]
`
  const stage = await aStage({
    catalog: (cast: Cast) =>
      gateCatalog(cast, { duration: '10m', more: `        admins: [sam@acme.example]\n${more}${shut}` }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

const withoutOpen = (text: string): string => text.replace(/^ {6}open:\n(?: {8}.*\n)+/m, '')

async function breaks(riley: Person): Promise<void> {
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('What do you need it for?')
  await riley.clicks('Emergency: break glass…')
  await riley.modal('What is the emergency?', patient)
  await riley.types('What is the emergency?', aReason())
  await riley.types('Type "Open the gate" to go on', 'Open the gate')
  await riley.submits()
}

test('glass was broken for what then leaves the catalog: an admin of the resource is reminded of the review, and closes it', async () => {
  const { stage } = await aGateWithTwoWays('        breakGlass: { max: 10m, remind: 2s }\n')
  const { riley, ada, kim, orders, workspace } = stage
  await breaks(riley)
  await ada.sees(/Riley.* broke glass/, orders, patient)
  await changeCatalog(stage, withoutOpen)

  const card = await ada.sees(/Ended .*not in the catalog any more.*A review is owed/s, orders, patient)
  await ada.sees(/Still to be reviewed: .*Riley.* @Kim/, orders, patient)
  await ada.clicks('Close review…', card)
  await ada.modal('What came of it?', patient)
  await ada.types('What came of it?', 'I had a look at it')
  expect(await ada.submits()).toMatchObject({ outcome: 'errors' })
  await ada.closesModal({ everything: true })

  await kim.clicks('Close review…', card)
  await kim.modal('What came of it?', patient)
  await kim.types('What came of it?', 'It was right: INC-77')
  expect(await kim.submits()).toMatchObject({ outcome: 'cleared' })
  await ada.sees(/Reviewed by .*Kim.*: It was right: INC-77/, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('an approver ends no access that was asked for once, and a review is closed with words', async () => {
  const { stage } = await aGateWithTwoWays('        breakGlass: { max: 10m }\n')
  const { riley, ada, sam, orders, app } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
  const [held] = await grantsOf(stage, riley)
  const stopped = await stopSeries(app.world, { grantId: held?.id ?? '', by: as(stage, ada) })
  expect(stopped).toMatchObject({ refused: 'not-held' })
  expect((await grantsOf(stage, riley))[0]?.status).toBe('active')

  await ada.sees(/Active until/, orders, patient)
  const bad = await closeReview(app.world, { grantId: held?.id ?? '', by: as(stage, sam), note: 'ok' })
  expect(bad).toMatchObject({ refused: 'bad-review' })
  expect(isRefusal(bad) && refusalWords(bad)).toBe('Please say what came of it, in 10 to 500 characters.')
}, 60_000)

test('a review that nobody is left to close is not asked for in the thread', async () => {
  const { stage } = await aGateWithTwoWays('        breakGlass: { max: 10m, remind: 1s }\n')
  const { riley, ada, sam, kim, orders, workspace } = stage
  const reminders = () =>
    workspace.calls.filter(
      ({ method, args }) =>
        method === 'chat.postMessage' && /Still to be reviewed/.test(JSON.stringify(args)),
    ).length
  for (const admin of [ada, sam, kim]) workspace.deactivate(admin)
  const facts = (who: Person) => stage.app.world.directory.freshFacts(as(stage, who))
  for (const admin of [ada, sam, kim])
    await eventually(
      () => facts(admin),
      (is) => is !== 'unknown' && !is.isHere,
    )
  await breaks(riley)
  await riley.sees(/You have Open the gate/, 'dm', patient)

  const reminded = async () => {
    const [grant] = await grantsOf(stage, riley)
    return grant && 'afterReview' in grant ? (grant.afterReview?.reminded ?? 0) : 0
  }
  await eventually(reminded, (times) => times >= 2)

  const shown = async () => (await stage.app.world.grants.unshown(10)).length
  await eventually(shown, (left) => left === 0)
  expect(reminders()).toBe(0)
  expect(workspace.messages(orders).length).toBeGreaterThan(0)
}, 60_000)

test('what is held past its end is on the Home tab of an admin, also when it left the catalog meanwhile', async () => {
  const { stage, gate } = await aGateWithTwoWays()
  const { riley, ada, sam, kim, orders, workspace } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
  gate.trouble = ({ action }) => (action === 'take' ? { status: 500 } : undefined)
  await changeCatalog(stage, withoutOpen)
  await ada.sees(/STILL HELD/, orders, patient)

  await kim.opensHome()
  const home = await kim.seesHome(/Still held past the end.*Riley.*Open the gate.*STILL HELD/s, patient)
  expect(home.buttons).toContain('Try now')
  await sam.opensHome()
  const others = await sam.seesHome('Request access', patient)
  expect(others.text).not.toContain('Still held')
  gate.trouble = () => undefined
  await kim.clicks('Try now', 'home')
  await ada.sees(/Checked: gone/, orders, patient)
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
