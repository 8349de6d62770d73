import { aStage } from '../support/curfew.ts'
import { aCard, onlyGrantOf, patient, wrongWith } from './acts.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }

test('a request that Slack did not sign, or signed long ago, is 401 and does nothing; a valid one still works', async () => {
  const stage = await aStage({ transport: 'http' })
  const { riley, ada, database, workspace } = stage
  const card = await aCard(stage)
  workspace.faults.nextDelivery('interactive', 'lose')
  workspace.delivery.ackMs = 100
  await ada.clicks('Approve 10 s', card)
  const approval = new URLSearchParams({
    payload: JSON.stringify(workspace.delivery.last?.payload),
  }).toString()
  const seconds = Math.floor(Date.now() / 1_000)
  const good = workspace.sign(approval)

  const answers = await Promise.all(
    [
      {},
      workspace.sign(approval, { secret: 'somebody-elses-secret' }),
      workspace.sign(approval, { atSeconds: seconds - 301 }),
      workspace.sign(`${approval}&more=1`),
      { ...good, 'x-slack-request-timestamp': String(seconds - 1) },
      { ...good, 'x-slack-request-timestamp': 'now' },
      { ...good, 'x-slack-signature': 'v0=' },
      { ...good, 'x-slack-signature': `${good['x-slack-signature']}00` },
    ].map((headers) => workspace.post(approval, { ...form, ...headers })),
  )

  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401))
  expect(answers.map(({ text }) => text).join('')).not.toContain(workspace.signingSecret)
  expect(await onlyGrantOf(stage, riley)).toMatchObject({ status: 'pending', reviews: [] })
  expect(await database.holders('read')).toEqual([])
  expect((await workspace.post(approval, { ...form, ...good })).status).toBe(200)
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('what is signed but is no request of Slack harms nobody, and huge bodies are not read', async () => {
  const stage = await aStage({ transport: 'http' })
  const { riley, ada, orders, workspace } = stage
  const bodies = [
    '',
    'payload=',
    'payload={',
    'payload=%7B%22type%22%3A%22block_actions%22%7D',
    'x=1',
    'null',
    '{}',
  ]

  await Promise.all(
    [...bodies, 'x='.padEnd(300_000, 'x')].map((body) =>
      // What no listener knows is answered late or not at all, which Slack takes for a no.
      workspace.post(body, { ...form, ...workspace.sign(body) }).catch(() => null),
    ),
  )
  const card = await aCard(stage)

  await ada.clicks('Approve 10 s', card)

  await riley.sees(/You have Peek at orders/, 'dm', patient)
  await ada.sees(/Active until/, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test("health is answered beside Slack; everything else is nobody else's", async () => {
  const { app } = await aStage({ transport: 'http' })
  const base = `http://127.0.0.1:${app.port}`

  const statuses = await Promise.all(
    ['/livez', '/readyz', '/', '/slack/events', '/metrics/../livez', '/%00'].map(async (path) => {
      const { status } = await fetch(base + path)
      return [path, status]
    }),
  )

  expect(statuses).toEqual([
    ['/livez', 200],
    ['/readyz', 200],
    ['/', 404],
    ['/slack/events', 404],
    ['/metrics/../livez', 200],
    ['/%00', 404],
  ])
}, 30_000)
