import fc from 'fast-check'

/** Each asks for something: a mention, a link, a mark, a formula, code; or is odd. Whatever of it works says "evil". */
const pieces = [
  ...['<!channel|evil>', '<!here|evil>', '<!everyone|evil>', '<!subteam^S0EVIL0000|@evil>'],
  ...['<@U0EVIL0000>', '<#C0EVIL000|evil>', '<!date^0^evil^https://evil.example|evil>'],
  ...['<https://evil.example|Approve>', 'https://evil.example', '<mailto:a@evil.example|evil>'],
  ...['&lt;!channel|evil&gt;', '&amp;lt;!channel|evil&amp;gt;', '&#60;!channel&#62;', '<', '>', '|', '&'],
  ...['*evil*', '_evil_', '~evil~', '`evil`', '```', '\n> evil', '\n• evil', ':tada:', '@channel', '#orders'],
  ...[
    '<script>evil()</script>',
    '"><img src=x onerror=evil()>',
    "' onclick='evil()",
    '</title></pre>',
    '<!--',
  ],
  ...['=HYPERLINK("https://evil.example")', '+evil', '-evil', '@SUM(evil)', '\t=evil', '"', '""', ',', ';'],
  ...['|CEF:0|', '\\', '\\n', '\r\n', '\n', '${jndi:ldap://evil.example}', '{{evil}}', '%s%n', '__proto__'],
  ...['\u0000', '\u0007', '\u001b[31mevil', '\u007f', '\u0085', '\u2028', '\u202eevil', '\u2066', '\u200b'],
  ...['\ud83d', '\udc00', '\ufeff', '\uffff', '🌻', '👩‍👩‍👧', `e${'\u0301'.repeat(40)}`, 'İ', 'x'.repeat(4_000)],
]

/** What somebody may write who means harm, or is unlucky. */
export const hostile: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...pieces) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((parts) => parts.join(' '))
  .filter((text) => text.trim() !== '')

/** What Slack reads as a mention, a link, a channel or a date, and somebody else wrote. */
export const works = /<[^<>]*evil[^<>]*>/i

/** What begins something that Slack reads so, and is neither a date nor a mention of ours; or turns writing around. */
export const begins = /<(?!!date\^\d+\^\{|@U[A-Z0-9]+>|!subteam\^S[\w@-]*>)|\p{Bidi_Control}/u

/** Of what Slack is sent, all that it reads as marked. */
export function markedIn(sent: unknown): { text: string; verbatim: boolean }[] {
  if (typeof sent !== 'object' || sent === null) return []
  const inner = Object.values(sent).flatMap(markedIn)
  return 'type' in sent && sent.type === 'mrkdwn' && 'text' in sent && typeof sent.text === 'string'
    ? [{ text: sent.text, verbatim: 'verbatim' in sent && sent.verbatim === true }, ...inner]
    : inner
}
