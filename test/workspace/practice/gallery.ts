import type { Block } from '../blocks/blocks.ts'

/** One of every block and element that the local Slack takes: what the page must be able to show. */

const plain = (text: string) => ({ type: 'plain_text' as const, text })
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text })
const option = (text: string, description?: string) => ({
  text: plain(text),
  value: text,
  ...(description !== undefined && { description: plain(description) }),
})
const confirm = {
  title: plain('End now?'),
  text: mrkdwn('*Riley* loses read on orders-db at once.'),
  confirm: plain('End now'),
  deny: plain('Keep'),
  style: 'danger' as const,
}
const image = { image_url: 'https://pictures.example.com/door.png', alt_text: 'A door' }
type Input = Extract<Block, { type: 'input' }>

const input = (name: string, element: Input['element'], hint?: string): Input => ({
  type: 'input',
  block_id: `in ${name}`,
  label: plain(name),
  element,
  ...(hint !== undefined && { hint: plain(hint) }),
})

export const shownBlocks = (at: Date): Block[] => {
  const seconds = Math.floor(at.getTime() / 1000)
  return [
    { type: 'header', text: plain('Everything there is') },
    {
      type: 'section',
      text: mrkdwn(
        '*bold* _italic_ ~struck~ `code` <https://docs.example.com/a|a link> <mailto:ada@example.com|mail> :lock: &lt;b&gt;no tag&lt;/b&gt;\n' +
          `&gt; quoted until <!date^${seconds}^{date_short_pretty} at {time}|some time>\n` +
          '<!here> and <javascript:alert(1)|no script>\n```pre *not bold*```',
      ),
      accessory: { type: 'button', action_id: 'open', text: plain('Open'), url: 'https://docs.example.com/' },
    },
    {
      type: 'section',
      fields: [mrkdwn('*Who*\nRiley'), mrkdwn('*What*\nread on orders-db'), plain('*plain* stays')],
    },
    {
      type: 'section',
      text: plain('With a menu beside'),
      accessory: {
        type: 'overflow',
        action_id: 'more',
        options: [option('Details'), option('Forget', 'for good')],
      },
    },
    {
      type: 'context',
      elements: [{ type: 'image', ...image }, mrkdwn('guest · approved 4 of the last 4'), plain('plain')],
    },
    { type: 'divider' },
    {
      type: 'actions',
      elements: [
        { type: 'button', action_id: 'yes', text: plain('Approve 2 h'), style: 'primary' },
        { type: 'button', action_id: 'maybe', text: plain('Change…') },
        { type: 'button', action_id: 'end', text: plain('End now'), style: 'danger', confirm },
        {
          type: 'static_select',
          action_id: 'pick',
          placeholder: plain('Pick one'),
          options: [option('one'), option('two')],
        },
        { type: 'datepicker', action_id: 'day', initial_date: '2030-01-02' },
      ],
    },
    { type: 'image', ...image, title: plain('A picture') },
  ]
}

export const inputBlocks: Input[] = [
  input('External', {
    type: 'external_select',
    action_id: 'external',
    min_query_length: 2,
    placeholder: plain('Type to search'),
  }),
  input('Static', {
    type: 'static_select',
    action_id: 'static',
    options: [option('1 h'), option('2 h', 'usual')],
    initial_option: option('1 h'),
  }),
  input('Grouped', {
    type: 'multi_static_select',
    action_id: 'grouped',
    option_groups: [
      { label: plain('Reading'), options: [option('orders'), option('billing')] },
      { label: plain('Writing'), options: [option('ledger')] },
    ],
  }),
  input('People', { type: 'multi_users_select', action_id: 'people' }),
  input('Person', { type: 'users_select', action_id: 'person' }),
  input('Channel', { type: 'channels_select', action_id: 'channel' }),
  input('Radio', {
    type: 'radio_buttons',
    action_id: 'radio',
    options: [option('as soon as approved'), option('at a set time')],
  }),
  input('Boxes', {
    type: 'checkboxes',
    action_id: 'boxes',
    options: [{ ...option('Mon'), text: mrkdwn('*Mon*') }, option('Tue', 'the second')],
  }),
  input('Date', { type: 'datepicker', action_id: 'date' }),
  input('Time', { type: 'timepicker', action_id: 'time', initial_time: '09:30' }),
  input('Moment', { type: 'datetimepicker', action_id: 'moment' }),
  input('One line', {
    type: 'plain_text_input',
    action_id: 'line',
    focus_on_load: true,
    placeholder: plain('INC-123'),
  }),
  input(
    'Many lines',
    { type: 'plain_text_input', action_id: 'lines', multiline: true, min_length: 10, max_length: 500 },
    'Approvers see this, and it is kept.',
  ),
  input('Number', { type: 'number_input', action_id: 'number', is_decimal_allowed: false }),
  input('Mail', { type: 'email_text_input', action_id: 'mail' }),
  input('Address', { type: 'url_text_input', action_id: 'address' }),
]
