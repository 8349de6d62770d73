import type { ModalView } from '@slack/types'
import { WebAPIPlatformError } from '@slack/web-api'
import { z } from 'zod'
import { aWorkspace } from './support/a-workspace.ts'
import { type BareSocket, client, connect } from './support/bare-app.ts'

const plain = (text: string) => ({ type: 'plain_text' as const, text })
const field = (block_id: string, initial_value?: string) => ({
  type: 'input' as const,
  block_id,
  label: plain(block_id),
  element: {
    type: 'plain_text_input' as const,
    action_id: 'a',
    ...(initial_value !== undefined && { initial_value }),
  },
})
const modal = (more: Partial<ModalView> = {}): ModalView => ({
  type: 'modal',
  title: plain('T'),
  submit: plain('Send'),
  blocks: [field('why')],
  ...more,
})

/** Somebody whose command gave the app a trigger, and what the app heard. */
async function someone() {
  const workspace = await aWorkspace()
  const slack = client(workspace)
  const riley = workspace.addPerson({ name: 'Riley' })
  const app = await connect(workspace)
  const trigger = async () => {
    await riley.runs('/request-access')
    return z.string().parse(app.frames.at(-1)?.payload.trigger_id)
  }
  const open = async (view = modal()) => slack.views.open({ trigger_id: await trigger(), view })
  return { workspace, slack, riley, app, trigger, open }
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'it was taken',
    (error: unknown) => {
      if (error instanceof WebAPIPlatformError) return error.data.error
      throw error
    },
  )

const heard = (app: BareSocket, type: string) => app.frames.filter((frame) => frame.payload.type === type)

test('a trigger opens one view, within its time', async () => {
  const { workspace, slack, trigger, riley } = await someone()
  const trigger_id = await trigger()
  await slack.views.open({ trigger_id, view: modal() })
  expect((await riley.modal()).title).toBe('T')
  expect(await refusal(slack.views.open({ trigger_id, view: modal() }))).toBe('exchanged_trigger_id')
  expect(await refusal(slack.views.open({ trigger_id: '1.2.3', view: modal() }))).toBe('invalid_trigger_id')
  const late = await trigger()
  workspace.state.triggers.lifeMs = 0
  expect(await refusal(slack.views.open({ trigger_id: late, view: modal() }))).toBe('expired_trigger_id')
})

test('a view that Slack would not take says why, keeps its trigger, and is complained about', async () => {
  const { workspace, slack, trigger } = await someone()
  const trigger_id = await trigger()
  const bad = slack.views.open({ trigger_id, view: modal({ title: plain('x'.repeat(25)) }) })
  await expect(bad).rejects.toMatchObject({
    data: {
      error: 'invalid_arguments',
      response_metadata: {
        messages: ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]'],
      },
    },
  })
  expect(workspace.complaints).toMatchObject([{ about: 'views.open', what: 'invalid_arguments' }])
  const blocks = Array.from({ length: 100 }, (_, n) => field(String(n), 'x'.repeat(3000)))
  expect(await refusal(slack.views.open({ trigger_id, view: modal({ blocks }) }))).toBe('view_too_large')
  await slack.views.open({ trigger_id, view: modal() })
})

test('three views at most lie on each other, and each closes to the one below', async () => {
  const { slack, riley, trigger, open, app } = await someone()
  await open(modal({ title: plain('one') }))
  await slack.views.push({ trigger_id: await trigger(), view: modal({ title: plain('two') }) })
  const notified = modal({ title: plain('three'), notify_on_close: true })
  await slack.views.push({ trigger_id: await trigger(), view: notified })
  expect(await refusal(slack.views.push({ trigger_id: await trigger(), view: modal() }))).toBe(
    'push_limit_reached',
  )
  await riley.closesModal()
  expect(heard(app, 'view_closed')).toMatchObject([{ payload: { is_cleared: false } }])
  expect((await riley.modal()).title).toBe('two')
  await riley.closesModal({ everything: true })
  expect(riley.openModal).toBeUndefined()
  expect(heard(app, 'view_closed')).toHaveLength(1)
})

test('a stale hash changes nothing; a closed view is not found', async () => {
  const { slack, riley, open } = await someone()
  const { view } = await open(modal({ external_id: 'mine' }))
  const first = { view_id: view?.id ?? '', hash: view?.hash ?? '' }
  await slack.views.update({ ...first, view: modal({ title: plain('two'), external_id: 'mine' }) })
  expect(await refusal(slack.views.update({ ...first, view: modal() }))).toBe('hash_conflict')
  await slack.views.update({
    external_id: 'mine',
    view: modal({ title: plain('three'), external_id: 'mine' }),
  })
  expect((await riley.modal()).title).toBe('three')
  expect(await refusal(open(modal({ external_id: 'mine' })))).toBe('duplicate_external_id')
  await riley.closesModal()
  expect(await refusal(slack.views.update({ ...first, view: modal() }))).toBe('not_found')
})

test('a field whose block_id stays keeps what was typed; a new block_id takes the initial value', async () => {
  const { slack, riley, open } = await someone()
  const { view } = await open(modal({ blocks: [field('why'), field('who')] }))
  await riley.types('why', 'INC-1')
  await riley.types('who', 'me')
  const blocks = [field('why', 'ignored'), field('who-2', 'taken')]
  const updated = await slack.views.update({
    view_id: view?.id ?? '',
    hash: view?.hash ?? '',
    view: modal({ blocks }),
  })
  expect((await riley.modal()).values).toEqual({ why: 'INC-1', 'who-2': 'taken' })
  expect(updated.view?.state).toMatchObject({ values: { why: { a: { value: 'INC-1' } } } })
})

test('every kind of element has its own shape in state.values', async () => {
  const { riley, open, app, workspace } = await someone()
  const { id: channel } = workspace.addChannel({ name: 'access' })
  const options = [
    { text: plain('One'), value: '1' },
    { text: plain('Two'), value: '2' },
  ]
  const elements = {
    menu: { type: 'static_select', options },
    many: { type: 'multi_static_select', options },
    radio: { type: 'radio_buttons', options },
    boxes: { type: 'checkboxes', options },
    date: { type: 'datepicker' },
    time: { type: 'timepicker' },
    instant: { type: 'datetimepicker' },
    user: { type: 'users_select' },
    channel: { type: 'channels_select' },
    conversation: { type: 'conversations_select' },
    number: { type: 'number_input', is_decimal_allowed: false },
  }
  const blocks = Object.entries(elements).map(([name, element]) => ({
    type: 'input',
    block_id: name,
    label: plain(name),
    element: { ...element, action_id: 'a' },
  }))
  await open(modal({ blocks: blocks as unknown as ModalView['blocks'] }))
  await riley.chooses('menu', 'Two')
  await riley.chooses('many', ['One', 'Two'])
  await riley.chooses('radio', 'One')
  await riley.chooses('boxes', ['Two'])
  await riley.chooses('date', '2025-01-31')
  await riley.chooses('time', '14:00')
  await riley.chooses('instant', new Date(1_735_689_600_000))
  await riley.chooses('user', 'Riley')
  await riley.chooses('channel', 'access')
  await riley.chooses('conversation', 'access')
  await riley.types('number', '7')
  expect(await riley.submits()).toMatchObject({ outcome: 'closed' })
  const payload = heard(app, 'view_submission')[0]?.payload
  const [one, two] = options
  expect(payload?.view).toMatchObject({
    state: {
      values: {
        menu: { a: { type: 'static_select', selected_option: two } },
        many: { a: { selected_options: [one, two] } },
        radio: { a: { selected_option: one } },
        boxes: { a: { selected_options: [two] } },
        date: { a: { selected_date: '2025-01-31' } },
        time: { a: { selected_time: '14:00' } },
        instant: { a: { selected_date_time: 1_735_689_600 } },
        user: { a: { selected_user: riley.id } },
        channel: { a: { selected_channel: channel } },
        conversation: { a: { selected_conversation: channel } },
        number: { a: { type: 'number_input', value: '7' } },
      },
    },
  })
})

test('a submission is answered by errors, update, push or clear', async () => {
  const { riley, open, app } = await someone()
  await open()
  await riley.types('why', 'INC-1')
  app.answer = () => ({ response_action: 'errors', errors: { why: 'No.' } })
  expect(await riley.submits()).toEqual({ outcome: 'errors', errors: { why: 'No.' } })
  expect((await riley.modal()).errors).toEqual({ why: 'No.' })
  app.answer = () => ({ response_action: 'update', view: modal({ title: plain('two') }) })
  expect(await riley.submits()).toMatchObject({ outcome: 'updated' })
  expect(await riley.modal('two')).toMatchObject({ values: { why: 'INC-1' }, errors: {} })
  app.answer = () => ({
    response_action: 'push',
    view: modal({ title: plain('three'), submit: plain('Go'), blocks: [{ type: 'divider' }] }),
  })
  expect(await riley.submits()).toMatchObject({ outcome: 'pushed' })
  await riley.modal('three')
  app.answer = () => ({ response_action: 'clear' })
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
  expect(riley.openModal).toBeUndefined()
})

test.each<[string, object]>([
  ['errors on a block that is not an input', { response_action: 'errors', errors: { nowhere: 'No.' } }],
  ['no errors at all', { response_action: 'errors', errors: {} }],
  ['a view that is none', { response_action: 'update', view: { type: 'modal' } }],
  ['an unknown action', { response_action: 'shout' }],
  ['plain words', { text: 'done' }],
])('a submission cannot be answered by %s', async (_, answer) => {
  const { workspace, riley, open, app } = await someone()
  await open()
  await riley.types('why', 'INC-1')
  app.answer = () => answer
  expect(await riley.submits()).toMatchObject({ outcome: 'refused' })
  expect(riley.toasts).toEqual(['We had some trouble connecting. Try again?'])
  expect(riley.openModal).toBeDefined()
  expect(workspace.complaints).toMatchObject([{ about: 'view_submission' }])
})

test('a Home tab is published for one person, by hash', async () => {
  const { workspace, slack, riley, app } = await someone()
  const home = (text: string) => ({
    type: 'home' as const,
    blocks: [{ type: 'section' as const, text: plain(text) }],
  })
  const { view } = await slack.views.publish({ user_id: riley.id, view: home('one') })
  await slack.views.publish({ user_id: riley.id, view: home('two'), hash: view?.hash ?? '' })
  expect(
    await refusal(slack.views.publish({ user_id: riley.id, view: home('x'), hash: view?.hash ?? '' })),
  ).toBe('hash_conflict')
  expect(await refusal(slack.views.publish({ user_id: 'U404', view: home('x') }))).toBe('user_not_found')
  expect(riley.home?.text).toBe('two')
  await riley.opensHome()
  expect(app.frames.at(-1)).toMatchObject({
    type: 'events_api',
    payload: { event: { type: 'app_home_opened', tab: 'home' } },
  })
  expect(workspace.complaints).toEqual([])
})
