import { button, context, plain, plainSection, section } from '../../../src/slack/words/blocks.ts'

test('a button does what it says: its words, what a click carries, and what is read aloud', () =>
  expect(button('dm_withdraw', 'Withdraw', 'g1', 'Withdraw Read orders')).toEqual({
    type: 'button',
    action_id: 'dm_withdraw',
    text: { type: 'plain_text', text: 'Withdraw', emoji: false },
    value: 'g1',
    accessibility_label: 'Withdraw Read orders',
  }))

test('a click that cannot be undone is asked about first, and Cancel is the way out', () => {
  const sure = { title: 'End now?', text: 'Riley loses it.', yes: 'End now' }
  const { confirm, style } = button('end', 'End now', 'g1', 'End', { style: 'danger', sure })
  expect(style).toBe('danger')
  expect(confirm).toMatchObject({
    title: { text: 'End now?' },
    text: { text: 'Riley loses it.' },
    confirm: { text: 'End now' },
    deny: { text: 'Cancel' },
  })
})

test('no name or error is so long that Slack refuses the message', () => {
  const long = 'x'.repeat(10_000)
  const { text, accessibility_label, confirm } = button('a', long, 'g1', long, {
    sure: { title: long, text: long, yes: long },
  })
  const lengths = [
    text.text,
    accessibility_label,
    confirm?.title?.text,
    confirm?.text.text,
    confirm?.confirm?.text,
  ]
  expect(lengths.map((words) => words?.length)).toEqual([75, 75, 100, 300, 30])
  for (const block of [section(long), plainSection(long), context(long)]) {
    const [words] = JSON.stringify(block).match(/x+…/) ?? ['']
    expect(words).toHaveLength(3_000)
  }
})

test('what people wrote as plain text shows no emoji and no marks', () => {
  expect(plain(':tada: *x*', 100)).toEqual({ type: 'plain_text', text: ':tada: *x*', emoji: false })
  expect(plainSection('*x*')).toMatchObject({ text: { type: 'plain_text', text: '*x*' } })
})

test('words are shown as they were written: Slack makes no links or mentions of them', () => {
  expect(section('acme.example')).toMatchObject({ text: { verbatim: true } })
  expect(context('acme.example')).toMatchObject({ elements: [{ verbatim: true }] })
})
