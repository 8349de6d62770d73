import type { Cast } from '../support/cast.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import type { aStage } from '../support/curfew.ts'
import { closeBrowser, describeInBrowser } from '../workspace/practice/browser.ts'
import { buildPage } from '../workspace/practice/build-page.ts'
import { aReason } from './acts.ts'
import { nextNine } from './next-nine.ts'
import { aWindow as openWindow } from './a-window.ts'

const look = (name: string, more: string) => `      ${name.toLowerCase()}:
        name: ${name}
        target: { database: orders, role: read }
        who: '"@contractors" in groups'
        duration: { default: 1m, max: 5m, choices: [1m] }
${more}`

const withRules =
  (...entitlements: readonly string[]) =>
  (cast: Cast) =>
    ordersCatalog(cast, { more: entitlements.join('') })

describeInBrowser('Who decides, and how seldom, through the practice page', () => {
  let pageDir: string
  beforeAll(async () => {
    pageDir = await buildPage()
  }, 120_000)
  afterAll(closeBrowser)
  const aWindow = (options: Parameters<typeof aStage>[0]) => openWindow(pageDir, options)

  test('what a rule approves needs nobody: the form says so, the door opens, the channel reads one line', async () => {
    const rule = `        auto: [{ because: a short look, when: guest, max: 1m, quota: { uses: 1, per: 1d } }]\n`
    const { left, right, door, wrong } = await aWindow({ catalog: withRules(look('Glance', rule)) })
    await left.writes(`/request-access orders-db glance ${aReason()}`)
    await left.modal
      .getByText('No review needed for up to 1 min: a short look (1 of 1 left in 1 d)')
      .waitFor()
    await left.sends('Send request')
    await left.opensApp()
    await left.sees(/You have Glance .*No review was needed: a short look/s)
    await door.isOpenFor('Riley')
    await right.sees(
      /Riley \(riley@contractor\.example\): Glance on Orders database, 1 min\. Active until .*the rule "a short look"/,
    )
    await right.clicks('End now', /the rule "a short look"/)
    await right.confirms('End now')
    await left.sees(/ended .*; checked, it is gone/)
    await door.isHeldByNobody()

    const reason = aReason()
    await left.asks('orders-db glance', reason)
    await left.sees(/Needs a review: "a short look" approves once in 1 d, and did/)
    await right.sees(reason)
    expect(wrong()).toEqual([])
  }, 120_000)

  test('two stages: one says yes, the next is called, and only then the door opens', async () => {
    const stages = `        review:
          stages:
            - { approvers: { groups: ["@dba"] } }
            - { name: Management, approvers: { people: [kim@acme.example] } }
`
    const { left, right, door, wrong } = await aWindow({ catalog: withRules(look('Audit', stages)) })
    const reason = aReason()
    await left.writes(`/request-access orders-db audit ${reason}`)
    await left.modal.getByText(/Reviewed by @dba, then Management/).waitFor()
    await left.sends('Send request')
    await right.sees(reason)
    await right.clicks('Approve 1 min', reason)
    await right.sees(/1 of 2: Ada .*\. Next: Management/)
    await door.isHeldByNobody()
    await right.is('Kim')
    await right.opensChannel('orders')
    await right.clicks('Approve 1 min', reason)
    await door.isOpenFor('Riley')
    await right.sees(/Active until .* Approved by Kim/)
    expect(wrong()).toEqual([])
  }, 120_000)

  test('an approver says yes ahead in the form, and stops it on the Home tab', async () => {
    const ahead = '        preApprove: { until: 30d }\n'
    const { left, right, door, wrong } = await aWindow({ catalog: withRules(look('Check', ahead)) })
    const reason = aReason()
    await left.asks('orders-db check', reason)
    await right.sees(reason)
    await right.clicks('Change…', reason)
    const until = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10)
    await right.modal.getByLabel("And don't ask me again for this person until").fill(until)
    await right.sends('Approve')
    await left.opensApp()
    await left.clicks("I'm done", /You have Check/)
    await left.confirms("I'm done")
    await door.isHeldByNobody()

    await left.writes(`/request-access orders-db check ${aReason()}`)
    await left.modal.getByRole('button', { name: 'Send request' }).waitFor()
    await left.sends('Send request')
    await door.isOpenFor('Riley')
    await right.sees(/Active until .* Approved by Ada \(ada@acme\.example\) ahead/)
    await right.opensApp()
    await right.all.getByRole('tab', { name: 'Home' }).click()
    await right.all.getByText('You approve these without being asked').waitFor()
    await right.all.getByRole('button', { name: /^Stop approving Check for Riley/ }).click()
    await right.confirms('Stop')
    await right.all.getByText('You approve these without being asked').waitFor({ state: 'detached' })
    expect(wrong()).toEqual([])
  }, 120_000)

  test('nobody answers: the thread reminds; then the admin sees how long it took, and reads of it in the morning', async () => {
    const slow = '        review: { remind: [1s] }\n'
    const { stage, left, right, wrong } = await aWindow({ catalog: withRules(look('Check', slow)) })
    const reason = aReason()
    await left.asks('orders-db check', reason)
    const card = await right.sees(reason)
    await card.getByRole('button', { name: /1 reply/ }).click()
    const thread = right.all.getByRole('region', { name: 'Thread' })
    await thread.getByText(/Still waiting: .*for Riley \(riley@contractor\.example\)\. Next: @dba/).waitFor()
    await thread.getByRole('button', { name: 'Close thread' }).click()
    await right.clicks('Approve 1 min', reason)
    await right.sees(/Active until .* Approved by Ada/)
    await right.opensApp()
    await right.all.getByRole('tab', { name: 'Home' }).click()
    await right.all.getByText('How long requests wait (30 days)').waitFor()
    await right.all.getByText(/Usually: @Ada \(ada@acme\.example\)/).waitFor()
    await right.all.getByRole('tab', { name: 'Messages' }).click()
    expect(await stage.app.sendDigests(new Date(nextNine().getTime() + 60_000))).toBe(1)
    await right.sees(
      /Access where you are an admin, since yesterday.*Waited longest.*Riley \(riley@contractor\.example\): Check on Orders database/s,
    )
    expect(wrong()).toEqual([])
  }, 120_000)

  test('two things in one form are one card, answered with one click', async () => {
    const { left, right, door, wrong } = await aWindow({
      catalog: withRules(look('Glance', ''), look('Check', '')),
    })
    const reason = aReason()
    await left.writes('/request-access')
    await left.modal.getByRole('button', { name: /several things/i }).click()
    await left.modal.getByText('Up to 10. Each is approved by itself.').waitFor()
    await left.picks('Glance · Orders database', 'What do you want to access?')
    await left.modal.getByText('For how long?').waitFor()
    await left.picks('Check · Orders database', 'What do you want to access?')
    await left.modal.getByRole('textbox', { name: 'What do you need it for?' }).fill(reason)
    await left.sends('Send request')
    await right.sees(/Riley asks for 2 things, 1 min each/)
    await right.clicks('Approve all 2', reason)
    await right.confirms('Approve')
    await door.isOpenFor('Riley')
    await right.sees(/Glance on Orders database: Active until.*Check on Orders database: Active until/s)
    expect(wrong()).toEqual([])
  }, 120_000)

  test('somebody asks for somebody else, who reads who it was and may decline', async () => {
    const others = `        onBehalf: 'email == "kim@acme.example"'\n`
    const { left, right, door, wrong } = await aWindow({ catalog: withRules(look('Check', others)) })
    const reason = aReason()
    await left.is('Kim')
    await left.opensChannel('access')
    await left.writes(`/request-access orders-db check ${reason}`)
    await left.modal.getByText('For whom?').waitFor()
    await left.picks('Riley', 'For whom?')
    await left.sends('Send request')
    await right.sees(/@Kim asks, for @Riley, for Check on Orders database/)
    await left.is('Riley')
    await left.opensApp()
    await left.clicks('Decline', /Kim asked for Check on Orders database for you/)
    await right.sees(/Declined by Riley/)
    await door.isHeldByNobody()
    expect(wrong()).toEqual([])
  }, 120_000)
})
