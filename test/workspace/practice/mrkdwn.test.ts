import { formatDate } from '../page/src/words/date.ts'
import { type Inline, isSafeLink, parseInline, parseMrkdwn } from '../page/src/words/mrkdwn.ts'

const text = (words: string): Inline => ({ is: 'text', text: words })

test('marks format at the edges of words, and inside each other', () => {
  expect(parseInline('*read* on _orders_, ~no~')).toEqual([
    { is: 'bold', of: [text('read')] },
    text(' on '),
    { is: 'italic', of: [text('orders')] },
    text(', '),
    { is: 'strike', of: [text('no')] },
  ])
  expect(parseInline('*a _b_*')).toEqual([
    { is: 'bold', of: [text('a '), { is: 'italic', of: [text('b')] }] },
  ])
})

test.each([
  'snake_case_name',
  '2 * 3 * 4',
  '*open',
  'a*b*c',
  '* spaced *',
  '\u200b*\u200bnot bold\u200b*\u200b',
  '**',
])('%p stays as it is', (words) => expect(parseInline(words)).toEqual([text(words)]))

test('in code and quotes nothing is lost, and in code nothing formats', () => {
  expect(parseInline('`*a* &lt;b&gt;`')).toEqual([{ is: 'code', text: '*a* <b>' }])
  expect(parseMrkdwn('one\n&gt; two\n> three\n```four\n*five*```six')).toEqual([
    { is: 'lines', lines: [[text('one')]] },
    { is: 'quote', lines: [[text('two')], [text('three')]] },
    { is: 'lines', lines: [[]] },
    { is: 'pre', text: 'four\n*five*' },
    { is: 'lines', lines: [[text('six')]] },
  ])
})

test('tokens are people, channels, groups, everyone, links, dates', () => {
  expect(
    parseInline('<@U1> <#C1|access> <!subteam^S1|@dba> <!here> <https://a.example/?x=1&amp;y=2|see *this*>'),
  ).toEqual([
    { is: 'person', id: 'U1' },
    text(' '),
    { is: 'channel', id: 'C1', label: 'access' },
    text(' '),
    { is: 'group', id: 'S1', label: '@dba' },
    text(' '),
    { is: 'everyone', word: 'here' },
    text(' '),
    { is: 'link', href: 'https://a.example/?x=1&y=2', label: 'see *this*' },
  ])
  expect(parseInline('*<!date^1000^{time}|12 *o* clock>*')).toEqual([
    { is: 'bold', of: [{ is: 'date', seconds: 1000, format: '{time}', fallback: '12 *o* clock' }] },
  ])
})

test('escaped brackets are no token, and are read once', () => {
  expect(parseInline('&lt;@U1&gt; &amp;lt;')).toEqual([text('<@U1> &lt;')])
})

test('bare addresses are links unless the text is verbatim', () => {
  const link = { is: 'link', href: 'https://a.example/b', label: 'https://a.example/b' }
  expect(parseInline('see https://a.example/b.')).toEqual([text('see '), link, text('.')])
  expect(parseInline('see https://a.example/b.', true)).toEqual([text('see https://a.example/b.')])
})

test('only web and mail addresses are followed', () => {
  expect(['https://a.example', 'mailto:a@example.com'].every(isSafeLink)).toBe(true)
  expect(['javascript:alert(1)', 'data:text/html,x', 'file:///etc', ' https://a'].some(isSafeLink)).toBe(
    false,
  )
})

const at = Date.UTC(2030, 0, 2, 22, 30) / 1000
const berlin = { zone: 'Europe/Berlin', locale: 'en-GB', now: new Date(Date.UTC(2030, 0, 2, 12)) }

test.each([
  ['{date_num} {time}', '2030-01-02 23:30'],
  ['{date_slash}', '01/02/2030'],
  ['{date}', 'January 2nd, 2030'],
  ['{date_short}', 'Jan 2, 2030'],
  ['{date_long}', 'Wednesday, January 2nd, 2030'],
  ['{date_short_pretty} at {time_secs}', 'today at 23:30:00'],
  ['{ago}', 'in 10 hours'],
  ['{nonsense} {time}', '{nonsense} 23:30'],
])('%s reads %s', (format, words) => expect(formatDate(at, format, berlin)).toBe(words))

test('today and tomorrow are those of the reader', () => {
  const tokyo = { ...berlin, zone: 'Asia/Tokyo' }
  expect(formatDate(at, '{date_pretty} {time}', tokyo)).toBe('tomorrow 07:30')
  expect(formatDate(at - 86_400 * 2, '{date_pretty}', berlin)).toBe('December 31st, 2029')
  expect(formatDate(at - 86_400, '{date_pretty}', berlin)).toBe('yesterday')
})
