import {
  clockTime,
  escapeText,
  plainWords,
  spelled,
  unmarked,
  when,
} from '../../../src/slack/words/mrkdwn.ts'
import { at } from '../../support/builders.ts'
import { asRead } from '../../support/shown.ts'

test('an instant is read in the zone of each reader, and spelled where Slack cannot do that', () => {
  expect(when(at(0))).toBe('<!date^1767603600^{date_short_pretty} at {time}|5 Jan 09:00 (UTC)>')
  expect(clockTime(at(0))).toBe('<!date^1767603600^{time}|5 Jan 09:00 (UTC)>')
  expect(asRead(`${when(at(86_400))}, ${clockTime(at(60))}`)).toBe('tomorrow at 09:00, 09:01')
})

test('a spelled time names its zone, summer time and all; a zone that is not known here becomes UTC', () => {
  expect(spelled(at(0))).toBe('5 Jan 09:00 (UTC)')
  expect(spelled(at(0), 'Asia/Kolkata')).toBe('5 Jan 14:30 (Asia/Kolkata)')
  expect(spelled(new Date('2026-07-05T22:30:00Z'), 'Europe/Berlin')).toBe('6 Jul 00:30 (Europe/Berlin)')
  expect(spelled(at(0), 'Mars/Olympus')).toBe('5 Jan 09:00 (UTC)')
})

test('what people wrote turns nothing around that stands beside it', () =>
  expect(`${plainWords('\u202egnp.exe\u2067', 60)} of Riley`).toBe('gnp.exe of Riley'))

test('what people wrote mentions nobody, links nowhere and formats nothing', () => {
  expect(escapeText('<@UADA> & <https://evil.example|here>')).toBe(
    '&lt;@UADA&gt; &amp; &lt;https://evil.example|here&gt;',
  )
  expect(plainWords('*bold* _it_ ~no~ `code`', 60)).toBe(
    ['*', 'bold', '*', ' ', '_', 'it', '_', ' ', '~', 'no', '~', ' ', '`', 'code', '`']
      .map((part) => (/[*_~`]/.test(part) ? `\u200b${part}\u200b` : part))
      .join(''),
  )
})

test('where mrkdwn is not read the same words stand without its marks', () =>
  expect(unmarked(`${when(at(0))}: ${plainWords('<a> & *b*', 60)}`)).toBe('5 Jan 09:00 (UTC): <a> & *b*'))
