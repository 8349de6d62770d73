import { breakGlass } from '../../src/operations/break-glass.ts'
import { waitingExtension } from '../../src/domain/extension.ts'
import { extendGrant, mayHaveMore } from '../../src/operations/extend.ts'
import { extendButton } from '../../src/slack/holding/more-time.ts'
import { aReason, eventually, grantsOf, listenToLog, patient } from './acts.ts'
import { aGateWith, aGateWithLee, asked, becomes, by, granted, weekly, yes } from './at-the-gate.ts'
import { nextMinute } from './weekly.ts'
import { nextWords } from '../../src/slack/words/series-words.ts'
import { openWindows } from '../../src/operations/windows-of-series.ts'
import { seriesButtons } from '../../src/slack/holding/series.ts'
import { when } from '../../src/slack/words/mrkdwn.ts'

/** Whoever is concerned hears of it, in true words, also where Slack did not answer for a moment. */

test('whoever is asked and does not see the channel gets the card by DM, also where Slack did not say for a moment who is in it', async () => {
  const { stage, lee } = await aGateWithLee('        approvers: { people: [lee@acme.example] }\n')
  await stage.startApp()
  listenToLog(stage.app.world.log)
  stage.workspace.faults.next('conversations.members', { error: 'internal_error' }, Infinity)
  const reason = aReason()
  await asked(stage, { reason })
  await stage.ada.sees(reason, stage.orders, patient)
  await eventually(
    async () => stage.workspace.calls.filter(({ method }) => method === 'conversations.members').length,
    (times) => times > 0,
  )
  stage.workspace.faults.clear()
  await lee.sees(reason, 'dm', { withinMs: 70_000 })
}, 120_000)

test('a decision is shown at once, also while Slack does not say who else is to see the card', async () => {
  const { stage } = await aGateWithLee(
    '        approvers: { people: [lee@acme.example, ada@acme.example] }\n',
  )
  await stage.startApp()
  listenToLog(stage.app.world.log)
  const { ada, orders, workspace } = stage
  workspace.faults.next('conversations.members', { error: 'internal_error' }, Infinity)
  const reason = aReason()
  await asked(stage, { reason })
  const card = await ada.sees(reason, orders, patient)
  await eventually(
    async () => workspace.calls.filter(({ method }) => method === 'conversations.members').length,
    (times) => times > 0,
  )
  await ada.clicks('Approve 10 min', card)
  await ada.sees(/Approved by .*Ada/, orders, { withinMs: 8_000 })
}, 60_000)

test('each admin hears of broken glass by DM, also where Slack could not look them up for a moment', async () => {
  const { stage, lee } = await aGateWithLee(
    '        breakGlass: { max: 10m }\n        admins: [lee@acme.example]\n',
  )
  stage.workspace.faults.next('users.lookupByEmail', { error: 'internal_error' }, Infinity)
  await stage.startApp()
  listenToLog(stage.app.world.log)
  const reason = aReason()
  granted(
    await breakGlass(stage.app.world, {
      requestId: 'b1',
      by: by(stage, stage.riley),
      resource: 'gate',
      entitlement: 'open',
      durationMs: 600_000,
      reason,
      typed: 'Open the gate',
    }),
  )
  await stage.ada.sees(reason, stage.orders, patient)
  await eventually(
    async () => stage.workspace.calls.filter(({ method }) => method === 'users.lookupByEmail').length,
    (times) => times > 0,
  )
  stage.workspace.faults.clear()
  await lee.sees(reason, 'dm', { withinMs: 70_000 })
}, 120_000)

test('whoever is asked for more time and does not see the channel is asked by DM, and reads there what became of it', async () => {
  const { stage, lee } = await aGateWithLee(
    '        approvers: { people: [lee@acme.example] }\n        extend: { max: 5, total: 1h, by: 10m, after: 0% }\n',
  )
  await stage.startApp()
  listenToLog(stage.app.world.log)
  const reason = aReason()
  const request = await asked(stage, { reason })
  await lee.clicks('Approve 10 min', await lee.sees(reason, 'dm', patient))
  const { id, endsAt } = await becomes(stage, request.id, 'active')
  granted(await extendGrant(stage.app.world, { grantId: id, by: by(stage, stage.riley), seenEndsAt: endsAt }))
  await stage.ada.sees(/asks for 10 min more/, stage.orders, patient)
  await lee.clicks('Extend 10 min', await lee.sees(/asks for 10 min more/, 'dm', patient))
  await lee.sees(/asked for 10 min more\. Approved by/, 'dm', patient)
}, 60_000)

test('the card says who stands in once everybody who could answer has left', async () => {
  const { stage, lee } = await aGateWithLee('        approvers: { people: [lee@acme.example] }\n')
  await stage.startApp()
  listenToLog(stage.app.world.log)
  const reason = aReason()
  await asked(stage, { reason })
  await stage.ada.sees(reason, stage.orders, patient)
  await lee.sees(reason, 'dm', patient)
  stage.workspace.deactivate(lee)
  await stage.ada.sees(/the admins stand in/, stage.orders, { withinMs: 75_000 })
}, 120_000)

test('the button says what the click does: "Ask for more" where a rule agrees to no more by itself', async () => {
  const { stage } = await aGateWith(
    `        auto: [{ because: short, when: 'duration <= duration("10m")' }]\n        extend: { max: 5, total: 1h, by: 10m, after: 0%, review: false }\n`,
  )
  const { world } = stage.app
  const request = await asked(stage)
  const held = await becomes(stage, request.id, 'active')
  const facts = await world.directory.facts(by(stage, stage.riley))
  const button = extendButton(held, await mayHaveMore(world, held, facts))
  expect(button?.text.text).toBe('Ask for 10 min more')
  const { id, endsAt } = held
  const clicked = granted(
    await extendGrant(world, { grantId: id, by: by(stage, stage.riley), seenEndsAt: endsAt }),
  )
  expect(clicked.status === 'active' && waitingExtension(clicked)).not.toBe(null)
}, 60_000)

test('the form does not say that it is reviewed where an approver said yes ahead', async () => {
  const { stage } = await aGateWith('        preApprove: { until: 30d }\n')
  const { riley } = stage
  const first = await asked(stage)
  await yes(stage, first, { aheadUntil: new Date(Date.now() + 5 * 86_400_000) })
  const dm = await riley.sees(/You have Open the gate/, 'dm', patient)
  await riley.clicks("I'm done", dm, { confirm: true })
  await becomes(stage, first.id, 'ended')
  await riley.runs(`/request-access gate open ${aReason()}`)
  const form = await riley.modal(/What do you need it for\?/, patient)
  expect(form.text).toMatch(/No review needed: .*Ada.* approved this ahead/)
  await riley.submits()
  const [newest] = await grantsOf(stage, riley)
  expect(newest?.status).not.toBe('pending')
}, 60_000)

test('"Skip the next" is for the window that is said to open next, also in the minute before it opens', async () => {
  const { stage } = await aGateWith('        windows: { until: 90d }\n')
  const { world } = stage.app
  const minute = nextMinute(20_000)
  const request = await asked(stage, { recurrence: weekly(minute, minute.weeksLater(3)) })
  await yes(stage, request)
  const series = await eventually(
    () => becomes(stage, request.id, 'recurring'),
    ({ made }) => made === 0,
    60_000,
  )
  const windows = await openWindows(world, series)
  expect(nextWords(series, windows)).toContain(when(minute.at))
  const skip = seriesButtons(series, windows).find(({ action_id: id }) => id === 'series_skip')
  expect(skip?.value).toBe(`${series.id}:0`)
}, 120_000)
