import { checkHome, checkMessageBlocks, checkModal } from './blocks/check.ts'
import { plainOf, readMrkdwn } from './blocks/plain.ts'

const long = (length: number) => 'x'.repeat(length)
const plain = (text: string) => ({ type: 'plain_text', text })
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text })
const times = <T>(count: number, one: (n: number) => T) => Array.from({ length: count }, (_, n) => one(n))
const option = (n: number | string) => ({ text: plain(`o${n}`), value: `v${n}` })
const button = (more = {}) => ({ type: 'button', text: plain('Go'), ...more })
const section = (more = {}) => ({ type: 'section', text: mrkdwn('x'), ...more })
const actions = (...elements: unknown[]) => ({ type: 'actions', elements })
const input = (element: unknown, more = {}) => ({ type: 'input', label: plain('L'), element, ...more })
const typing = (more = {}) => ({ type: 'plain_text_input', ...more })
const select = (more = {}) => ({ type: 'static_select', options: [option(1)], ...more })
const confirm = (more = {}) => ({
  title: plain('t'),
  text: plain('x'),
  confirm: plain('y'),
  deny: plain('n'),
  ...more,
})

const inMessage = (...blocks: unknown[]) => {
  const checked = checkMessageBlocks(blocks)
  return checked.ok ? [] : checked.messages
}
const modal = (blocks: unknown[], more = {}) => {
  const checked = checkModal({ type: 'modal', title: plain('T'), submit: plain('S'), blocks, ...more })
  return checked.ok ? [] : checked.messages
}

test('a message with one of everything passes', () => {
  expect(
    inMessage(
      { type: 'header', text: plain('h') },
      section({ accessory: button({ style: 'danger', confirm: confirm({ style: 'danger' }) }) }),
      section({ text: undefined, fields: times(10, () => mrkdwn(long(2000))) }),
      {
        type: 'context',
        elements: [mrkdwn('x'), { type: 'image', image_url: 'https://a/b.png', alt_text: 'b' }],
      },
      { type: 'divider' },
      actions(button(), select({ placeholder: plain('p') }), { type: 'overflow', options: times(5, option) }),
      { type: 'markdown', text: '# x' },
    ),
  ).toEqual([])
})

test('a refusal reads like one of Slack', () => {
  expect(inMessage(actions(button({ text: plain(long(76)) })))).toEqual([
    '[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
  ])
  expect(inMessage(...times(51, () => section()))).toEqual([
    '[ERROR] no more than 50 items allowed [json-pointer:/blocks]',
  ])
  expect(inMessage({ type: 'section', text: mrkdwn('') })).toEqual([
    '[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]',
  ])
  expect(inMessage(section({ colour: 'red' }))).toEqual([
    '[ERROR] invalid additional property: colour [json-pointer:/blocks/0]',
  ])
  expect(inMessage(actions({ type: 'button' }))).toEqual([
    '[ERROR] missing required field: text [json-pointer:/blocks/0/elements/0]',
  ])
})

test.each<[string, unknown]>([
  ['section text over 3000', section({ text: mrkdwn(long(3001)) })],
  ['section field over 2000', section({ fields: [mrkdwn(long(2001))] })],
  ['eleven fields', section({ fields: times(11, () => mrkdwn('x')) })],
  ['a section of nothing', { type: 'section' }],
  ['header over 150', { type: 'header', text: plain(long(151)) }],
  ['a mrkdwn header', { type: 'header', text: mrkdwn('x') }],
  ['a mrkdwn button', actions(button({ text: mrkdwn('x') }))],
  ['button value over 2000', actions(button({ value: long(2001) }))],
  ['button url over 3000', actions(button({ url: `https://${long(3000)}` }))],
  ['an unknown style', actions(button({ style: 'default' }))],
  ['accessibility_label over 75', actions(button({ accessibility_label: long(76) }))],
  ['action_id over 255', actions(button({ action_id: long(256) }))],
  ['block_id over 255', section({ block_id: long(256) })],
  ['26 elements', actions(...times(26, () => button()))],
  ['no elements', actions()],
  ['eleven context elements', { type: 'context', elements: times(11, () => mrkdwn('x')) }],
  ['a button in a context', { type: 'context', elements: [button()] }],
  ['an input in actions', actions(typing())],
  ['a button as input', input(button())],
  ['label over 2000', input(typing(), { label: plain(long(2001)) })],
  ['hint over 2000', input(typing(), { hint: plain(long(2001)) })],
  ['a mrkdwn label', input(typing(), { label: mrkdwn('x') })],
  ['placeholder over 150', input(typing({ placeholder: plain(long(151)) }))],
  ['initial text over 3000', input(typing({ initial_value: long(3001) }))],
  ['max_length over 3000', input(typing({ max_length: 3001 }))],
  ['no options', actions(select({ options: [] }))],
  ['101 options', actions(select({ options: times(101, option) }))],
  [
    '101 groups',
    actions(
      select({
        options: undefined,
        option_groups: times(101, () => ({ label: plain('g'), options: [option(1)] })),
      }),
    ),
  ],
  ['options and groups', actions(select({ option_groups: [{ label: plain('g'), options: [option(1)] }] }))],
  ['option text over 75', actions(select({ options: [{ text: plain(long(76)), value: 'v' }] }))],
  [
    'option description over 75',
    actions(select({ options: [{ ...option(1), description: plain(long(76)) }] })),
  ],
  ['option value over 150', actions(select({ options: [{ text: plain('o'), value: long(151) }] }))],
  ['a mrkdwn option in a menu', actions(select({ options: [{ text: mrkdwn('o'), value: 'v' }] }))],
  ['an initial option that is not offered', actions(select({ initial_option: option(2) }))],
  ['eleven radio buttons', actions({ type: 'radio_buttons', options: times(11, option) })],
  ['eleven checkboxes', actions({ type: 'checkboxes', options: times(11, option) })],
  ['six overflow options', actions({ type: 'overflow', options: times(6, option) })],
  ['confirm title over 100', actions(button({ confirm: confirm({ title: plain(long(101)) }) }))],
  ['confirm text over 300', actions(button({ confirm: confirm({ text: plain(long(301)) }) }))],
  ['confirm button over 30', actions(button({ confirm: confirm({ confirm: plain(long(31)) }) }))],
  ['a date that is none', actions({ type: 'datepicker', initial_date: '2025-13-01' })],
  ['a time that is none', actions({ type: 'timepicker', initial_time: '25:00' })],
  ['an alert, which is for modals', { type: 'alert', text: plain('x') }],
  ['a block nobody knows', { type: 'carousel', elements: [] }],
  ['a number', 7],
])('refused in a message: %s', (_, block) => {
  expect(inMessage(block)).not.toEqual([])
})

test.each<[string, unknown[], object]>([
  ['101 blocks', times(101, () => section()), {}],
  ['no blocks', [], {}],
  ['an input without submit', [input(typing())], { submit: undefined }],
  ['title over 24', [section()], { title: plain(long(25)) }],
  ['submit over 24', [section()], { submit: plain(long(25)) }],
  ['close over 24', [section()], { close: plain(long(25)) }],
  ['private_metadata over 3000', [section()], { private_metadata: long(3001) }],
  ['callback_id over 255', [section()], { callback_id: long(256) }],
  ['external_id over 255', [section()], { external_id: long(256) }],
  ['markdown, which is for messages', [{ type: 'markdown', text: 'x' }], {}],
  ['a table', [{ type: 'table', rows: [] }], {}],
  ['two that want the focus', times(2, () => input(typing({ focus_on_load: true }))), {}],
])('refused in a modal: %s', (_, blocks, more) => {
  expect(modal(blocks, more)).not.toEqual([])
})

test('ids are unique: of blocks in a page, of elements in a block', () => {
  expect(inMessage(section({ block_id: 'b' }), section({ block_id: 'b' }))).toHaveLength(1)
  expect(inMessage(actions(button({ action_id: 'a' }), button({ action_id: 'a' })))).toHaveLength(1)
  expect(inMessage(actions(button({ action_id: 'a' })), actions(button({ action_id: 'a' })))).toEqual([])
})

test('a modal may hold an alert and a hundred blocks, a Home tab neither title nor alert', () => {
  expect(modal([{ type: 'alert', text: plain('x') }, ...times(99, () => section())])).toEqual([])
  expect(checkHome({ type: 'home', blocks: times(100, () => section()) })).toMatchObject({ ok: true })
  expect(checkHome({ type: 'home', title: plain('T'), blocks: [] })).toMatchObject({ ok: false })
  expect(checkHome({ type: 'home', blocks: [{ type: 'alert', text: plain('x') }] })).toMatchObject({
    ok: false,
  })
})

test('mrkdwn reads as on screen', () => {
  const names: Record<string, string> = { U1: 'Ada', C1: 'access', S1: 'dba' }
  const read = (text: string) => readMrkdwn(text, (id) => names[id] ?? id)
  expect(read('*Riley* asks for _read_ on `orders_db_1`, ~2 h~')).toBe(
    'Riley asks for read on orders_db_1, 2 h',
  )
  expect(read('<@U1> in <#C1> and <!subteam^S1>, <!here>')).toBe('@Ada in #access and @dba, @here')
  expect(read('<https://a.example/x|the runbook> <https://a.example>')).toBe('the runbook https://a.example')
  expect(read('until <!date^1735689600^{time}|12:04 UTC>')).toBe('until 12:04 UTC')
  expect(read('2 * 3 * 4 &lt;b&gt; &amp;amp;')).toBe('2 * 3 * 4 <b> &amp;')
})

test('a page reads block by block, buttons in brackets; plain_text stays as it is', () => {
  const checked = checkMessageBlocks([
    section({ text: mrkdwn('*Riley* asks'), accessory: button() }),
    section({ text: plain('*as* &lt;typed&gt;') }),
    { type: 'context', elements: [mrkdwn('guest'), mrkdwn('_10:04_')] },
    actions(button({ text: plain('Approve') }), button({ text: plain('Deny…') })),
  ])
  expect(checked.ok && plainOf(checked.value, (id) => id)).toBe(
    'Riley asks\n[Go]\n*as* &lt;typed&gt;\nguest 10:04\n[Approve] [Deny…]',
  )
})
