import { aReason, asks, eventually, grantsOf, patient } from '../journeys/acts.ts'
import { aStage } from '../support/curfew.ts'
import { onOwnPort, scrape } from './scraping.ts'

/** Whose values are lists of our code, kinds of connectors, methods of Slack, jobs, or what Node says of itself. */
const labels = new Set([
  ...['event', 'kind', 'answer', 'planned', 'cause', 'status', 'owed', 'name', 'outcome', 'action'],
  ...['method', 'state', 'le', 'type', 'space', 'version', 'major', 'minor', 'patch'],
])

const isIn = (word: string, text: string): boolean =>
  new RegExp(`(?<!\\w)${word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?!\\w)`, 'i').test(text)

test('after a day of people with names, e-mails and reasons nobody and nothing of theirs is in the metrics', async () => {
  const stage = await aStage({ metrics: onOwnPort })
  const { riley, ada, sam, kim, mallory, orders, access, app, workspace } = stage
  const reasons = [aReason(), aReason(), aReason()] as const
  await asks(riley, 'orders-db read 1h', reasons[0])
  await ada.clicks('Approve 1 h', await ada.sees(reasons[0], orders, patient))
  await riley.sees(/You have Read orders/, 'dm', patient)
  await ada.clicks('End now', await ada.sees(/Active until/, orders, patient), { confirm: true })
  await riley.sees(/ended/, 'dm', patient)
  await asks(riley, 'orders-db peek 10s', reasons[1])
  await riley.clicks('Withdraw', await riley.sees(/Asked for Peek at orders/, 'dm', patient))
  await asks(riley, 'orders-db write 1h', reasons[2])
  await ada.sees(reasons[2], orders, patient)
  const grants = await grantsOf(stage, riley)
  expect(grants).toHaveLength(3)

  const { text, samples } = await eventually(
    () => scrape(app),
    (scraped) => scraped.value('curfew_grants', { status: 'pending' }) === 1,
    20_000,
  )

  const people = [riley, ada, sam, kim, mallory].flatMap(({ id, account }) => [
    id,
    account.name,
    account.email ?? account.name,
    account.email?.split('@')[0] ?? account.name,
  ])
  const things = grants.flatMap((grant) => [
    ...[grant.id, grant.requestId, grant.requester.id, grant.system, grant.canonical],
    ...[grant.resource.id, grant.resource.name, grant.entitlement.name],
  ])
  const places = [workspace.teamId, orders.id, access.id, workspace.botToken, workspace.appToken]
  expect(text).not.toContain('@')
  for (const word of [...people, ...things, ...places, ...reasons])
    expect([word, isIn(word, text)]).toEqual([word, false])
  for (const { name, labels: of } of samples)
    for (const [label, value] of Object.entries(of)) {
      expect([name, label, labels.has(label)]).toEqual([name, label, true])
      expect(value).toMatch(/^[\w.+-]+$/)
    }
}, 90_000)
