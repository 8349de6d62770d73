import { ordersCatalog } from '../support/catalogs.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { commandPayload, submissionPayload } from '../workspace/delivery/payloads.ts'
import type { Person } from '../workspace/people/person.ts'
import type { Page } from '../workspace/people/pages.ts'
import { aCard, aReason, asks, eventually, grantsOf, onlyGrantOf, patient, wrongWith } from './acts.ts'

const what = 'What do you want to access?'
const long = 'For how long?'
const why = 'What do you need it for?'

async function theForm(person: Person, words: string): Promise<Page> {
  await person.runs(`/request-access ${words}`)
  return person.modal(why)
}

test('the command takes ids, or a prefix that means one thing; whatever is no name stays in the reason', async () => {
  const { riley, workspace } = await aStage()
  const filledIn = async (words: string) => {
    const { values } = await theForm(riley, words)
    await riley.closesModal()
    return [values[what], values[long], values[why]]
  }
  const nonsense = ['💥 \u0000 ../../etc/passwd {{7*7}} $(reboot)', '-1h --help; drop database orders', '']
  const peek = 'Peek at orders · Orders database'
  const read = 'Read orders · Orders database'

  expect(await filledIn('orders-db peek 10s INC-1')).toEqual([peek, '10 s', 'INC-1'])
  expect(await filledIn('ORDERS-DB Read 2 hours INC-1 now')).toEqual([read, '2 h', 'INC-1 now'])
  expect(await filledIn('ord pe')).toEqual([peek, '10 s', ''])
  expect(await filledIn('orders-db read 1h30m')).toEqual([read, '1 h 30 min', ''])
  for (const words of nonsense) expect(await filledIn(words)).toEqual(['', undefined, words])
  for (const duration of ['0h', '-2h', '2 fortnights', '1e9h', '99999999999d']) {
    const words = `${duration} INC-1`
    expect(await filledIn(`orders-db read ${words}`)).toEqual([read, '1 h', words])
  }
  expect(wrongWith(workspace)).toEqual([])
}, 30_000)

test('a misspelt resource is asked about, and the words are kept', async () => {
  const { riley, workspace } = await aStage()

  const form = await theForm(riley, 'orders-dv read 2h fixing INC-1')

  expect(form.text).toContain("No 'orders-dv'. Did you mean orders-db?")
  expect(form.values).toMatchObject({ [what]: '', [why]: 'orders-dv read 2h fixing INC-1' })
  expect(wrongWith(workspace)).toEqual([])
})

test('a duration beyond the most has the most preselected, and says so', async () => {
  const { riley, workspace } = await aStage()

  const form = await theForm(riley, 'orders-db read 12h INC-1')

  expect(form.text).toContain('Asked 12 h; the most is 8 h.')
  expect(form.values[long]).toBe('8 h')
  expect(wrongWith(workspace)).toEqual([])
})

test('an approver who changes the duration to none, or beyond the most, is told what is possible', async () => {
  const stage = await aStage()
  const { riley, ada, workspace } = stage
  const card = await aCard(stage, 'orders-db read 1h')
  await ada.clicks('Change…', card)
  await ada.modal(long, patient)

  for (const duration of ['0h', '-2h', '2 fortnights', '9h', '1.0001s', '2']) {
    await ada.types(long, duration)
    const words = 'Please write a duration such as 90m or 2h; the most is 8 h.'
    expect(await ada.submits()).toEqual({ outcome: 'errors', errors: { [long]: words } })
  }

  expect(await onlyGrantOf(stage, riley)).toMatchObject({ status: 'pending', reviews: [] })
  expect(wrongWith(workspace)).toEqual([])
})

/** A submission as Riley's client would never send it. */
async function forges(
  { workspace, riley }: Stage,
  { by = riley, duration = '3600000', reason = aReason(), entitlement = 'orders-db/read' },
) {
  const view = workspace.state.views.stack(riley.id).at(-1)!
  const values = {
    entitlement: {
      entitlement: { type: 'external_select', selected_option: { ...option, value: entitlement } },
    },
    duration: { duration: { type: 'static_select', selected_option: { ...option, value: duration } } },
    reason: { reason: { type: 'plain_text_input', value: reason } },
  }
  const payload = submissionPayload(workspace.state, by.account, view)
  return workspace.raw('interactive', {
    ...payload,
    view: { ...(payload['view'] as object), state: { values } },
  })
}
const option = { text: { type: 'plain_text', text: 'forged' } }

test('a forged submission for no time, or beyond the most, is refused', async () => {
  const stage = await aStage()
  const { riley, orders, workspace } = stage
  await theForm(riley, 'orders-db read')

  for (const duration of ['0', '-3600000', '28800001', '1e30', 'Infinity', '', '3600000.5']) {
    const answer = await forges(stage, { duration })
    expect(answer).toMatchObject({ outcome: 'acked', payload: { response_action: 'errors' } })
  }

  expect(await grantsOf(stage, riley)).toEqual([])
  expect(workspace.messages(orders)).toEqual([])
})

test('a forged submission for what one may not have, or of another workspace, makes nothing', async () => {
  const stage = await aStage()
  const { riley, mallory, access, orders, workspace } = stage
  await theForm(riley, 'orders-db read')

  const answers = [
    await forges(stage, { entitlement: 'reports-db/read' }),
    await forges(stage, { entitlement: '__proto__/constructor' }),
    await forges(stage, { entitlement: '' }),
    await forges(stage, { by: mallory }),
  ]

  expect(answers.map((answer) => 'payload' in answer && answer.payload)).toEqual([
    {
      response_action: 'errors',
      errors: { entitlement: expect.stringMatching(/^You can't request this/) as string },
    },
    { response_action: 'errors', errors: { entitlement: 'This is not in the catalog any more.' } },
    { response_action: 'errors', errors: { entitlement: 'This is not in the catalog any more.' } },
    { response_action: 'errors', errors: { entitlement: 'Curfew serves members of this workspace only.' } },
  ])
  expect([...(await grantsOf(stage, riley)), ...(await grantsOf(stage, mallory))]).toEqual([])
  expect([...workspace.messages(access), ...workspace.messages(orders)]).toEqual([])
})

test('a reason that is empty, too short or 4,000 characters long is sent back to be written', async () => {
  const stage = await aStage()
  const { riley, orders, workspace } = stage
  await theForm(riley, 'orders-db read')
  const asWritten = []
  for (const reason of ['', '  short  ', 'x'.repeat(4_000)]) {
    await riley.types(why, reason)
    asWritten.push((await riley.submits()).outcome)
  }

  const forged = []
  for (const reason of ['', ' '.repeat(400), 'x'.repeat(4_000)]) forged.push(await forges(stage, { reason }))

  expect(asWritten).toEqual(['errors', 'errors', 'errors'])
  const errors = { reason: 'Please say what you need it for, in 10 to 500 characters.' }
  for (const answer of forged) {
    expect(answer).toEqual({ outcome: 'acked', payload: { response_action: 'errors', errors } })
  }
  expect(workspace.messages(orders)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
})

test('a reason full of mentions, links and marks stays harmless text', async () => {
  const stage = await aStage()
  const { riley, ada, orders, workspace } = stage
  const reason = '<!channel> <@U1> <!here|x> *bold* <https://evil.example|help> & `code` _it_ ~no~'
  await asks(riley, 'orders-db read', reason)

  const card = await ada.sees('asks for Read orders', orders, patient)

  expect(card.blocks[1]).toMatchObject({ type: 'section', text: { type: 'plain_text', text: reason } })
  const marked = JSON.stringify(card.blocks.filter((_, i) => i !== 1)) + card.text
  expect(marked).toContain(`<@${riley.id}> asks for`)
  expect(marked.replaceAll(`<@${riley.id}>`, '')).not.toMatch(/!channel|!here|<@|evil/)
  await ada.clicks('Deny…', card)
  await ada.modal('Why?', patient)
  await ada.types('Why?', `No: ${reason}`)
  await ada.submits()
  const told = await riley.sees(/@Ada \(ada@acme\.example\) said no/, 'dm', patient)
  const denied = await ada.sees(/Denied by Ada/, orders, patient)
  for (const { blocks, text } of [told, denied]) {
    const mrkdwn = JSON.stringify(blocks.filter((block) => JSON.stringify(block).includes('"mrkdwn"')))
    expect(mrkdwn + text).not.toMatch(/<!channel|<!here|<@U1|<https/)
  }
  expect(wrongWith(workspace)).toEqual([])
})

test('help says how; list says what one holds and may ask for; done gives it back', async () => {
  const stage = await aStage()
  const { riley, ada, orders, database, workspace } = stage
  const card = await aCard(stage, 'orders-db read 1h')
  await ada.clicks('Approve 1 h', card)
  await riley.sees(/You have Read orders/, 'dm', patient)

  await riley.runs('/request-access help')
  await riley.runs('/request-access LIST')
  await riley.runs('/request-access done ')

  await riley.sees(/\/request-access opens a form/, 'ephemeral', patient)
  const list = await riley.sees(/You can request/, 'ephemeral', patient)
  expect(list.plain).toMatch(/You hold\n.*Read orders on Orders database until/)
  expect(list.plain).toMatch(/orders-db peek Peek at orders, up to 1 min/)
  expect(list.plain).not.toMatch(/reports/i)
  await riley.sees(/Thank you\. Read orders is being taken back/, 'ephemeral', patient)
  await ada.sees(/Ended .* \(returned\)\. Checked: gone/, orders, patient)
  expect(await database.holders('read')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
})

test('who may request nothing sees no form and no names, only whom to ask', async () => {
  const { workspace, access } = await aStage()
  const nina = workspace.addPerson({ name: 'Nina', guest: 'single', channels: [access] })

  await nina.runs('/request-access orders-db read 2h please')
  const modal = await nina.modal(/nothing you can request/, patient)
  await nina.runs('/request-access list')
  const list = await nina.sees(/nothing you can request/, 'ephemeral', patient)

  expect(modal.text).toBe('Request access\nThere is nothing you can request here. Ask @Kim.')
  expect([modal.labels, modal.submit]).toEqual([[], undefined])
  expect(list.plain).toBe('You hold nothing now.\nThere is nothing you can request.')
  expect(wrongWith(workspace)).toEqual([])
})

test('somebody of another workspace is told whom Curfew serves', async () => {
  const { workspace, mallory, access } = await aStage()
  const { state } = workspace
  const command = { account: mallory.account, channel: access, command: '/request-access', text: 'orders-db' }

  await workspace.raw('slash_commands', commandPayload(state, command))

  const modal = await mallory.modal(/Curfew serves members/, patient)
  expect(modal.text).toBe('Request access\nCurfew serves members of this workspace only.')
  expect(wrongWith(workspace)).toEqual([])
})

test('a form that Slack delivers twice asks once', async () => {
  const stage = await aStage()
  const { riley, ada, orders, workspace } = stage
  await theForm(riley, 'orders-db peek 10s INC-5: delivered twice')

  workspace.redeliver()
  const submitted = await riley.submits()

  expect(submitted.outcome).toBe('cleared')
  await workspace.redeliverLast()
  await ada.sees('INC-5: delivered twice', orders, patient)
  await riley.sees(/Asked for Peek at orders/, 'dm', patient)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ unshown }) => !unshown,
  )
  expect(await onlyGrantOf(stage, riley)).toMatchObject({ status: 'pending' })
  expect([workspace.messages(orders).length, riley.dms.length]).toEqual([1, 1])
  expect(wrongWith(workspace)).toEqual([])
})

test('a command that Slack delivers twice opens one form, and nobody is told of a failure', async () => {
  const { riley, workspace } = await aStage()

  workspace.redeliver()
  await theForm(riley, 'orders-db peek')

  await riley.runs('/request-access help')
  await riley.sees(/opens a form/, 'ephemeral', patient)
  expect(riley.ephemerals()).toHaveLength(1)
  expect(workspace.state.views.stack(riley.id)).toHaveLength(1)
  expect(wrongWith(workspace)).toEqual([])
})

test('a second request takes the place of the pending one, and the old card says so', async () => {
  const stage = await aStage()
  const { riley, ada, orders, workspace } = stage
  const old = await aCard(stage, 'orders-db peek 10s')

  const anew = await aCard(stage, 'orders-db peek 5s')

  await workspace.until(
    () => /Withdrawn: Riley \(riley@contractor\.example\) asked again/.test(workspace.now(old)?.plain ?? ''),
    patient,
  )
  expect(workspace.now(old)?.buttons).toEqual([])
  await riley.sees(/Replaced by your newer request/, 'dm', patient)
  await ada.clicks('Approve 10 s', old, { asSeen: true })
  await ada.sees(/Riley \(riley@contractor\.example\) withdrew this at/, 'ephemeral', patient)
  expect(anew.buttons).toContain('Approve 5 s')
  expect((await grantsOf(stage, riley)).map(({ status }) => status)).toEqual(['pending', 'withdrawn'])
  expect(workspace.messages(orders)).toHaveLength(2)
  expect(wrongWith(workspace)).toEqual([])
})

test('a request for what one holds is answered with until when', async () => {
  const stage = await aStage()
  const { riley, ada, orders, workspace } = stage
  const card = await aCard(stage, 'orders-db read 1h')
  await ada.clicks('Approve 1 h', card)
  await riley.sees(/You have Read orders/, 'dm', patient)

  const submitted = await asks(riley, 'orders-db read 1h')

  const words = expect.stringMatching(/^You hold this until \d+ \w+ \d\d:\d\d \(\S+\)\.$/) as string
  expect(submitted).toEqual({ outcome: 'errors', errors: { [what]: words } })
  expect(workspace.messages(orders)).toHaveLength(1)
  expect(wrongWith(workspace)).toEqual([])
})

test('a sixth open request is refused until one is withdrawn', async () => {
  const more = [1, 2, 3, 4, 5, 6].map(
    (n) => `      e${n}:
        name: Thing ${n}
        target: { database: orders, role: read }
        who: '"@contractors" in groups'
`,
  )
  const stage = await aStage({ catalog: (cast) => ordersCatalog(cast, { more: more.join('') }) })
  const { riley, workspace } = stage
  for (const n of [1, 2, 3, 4, 5]) await asks(riley, `orders-db e${n} 1h`)

  const sixth = await asks(riley, 'orders-db e6 1h')

  expect(sixth).toEqual({
    outcome: 'errors',
    errors: { [what]: 'You have 5 open requests; withdraw one first.' },
  })
  await riley.clicks('Withdraw', await riley.sees(/Asked for Thing 1/, 'dm', patient))
  await riley.sees(/You withdrew this/, 'dm', patient)
  expect((await riley.submits()).outcome).toBe('cleared')
  expect(wrongWith(workspace)).toEqual([])
})
