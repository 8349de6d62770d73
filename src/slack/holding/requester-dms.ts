import { formatDuration } from '../../domain/duration.ts'
import type { Grant } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import { message, type Message } from '../words/blocks.ts'
import { bold, nameOf } from '../words/names.ts'
import { statusLine } from '../words/status.ts'
import { mentionOf, surely, withdrawnVerb } from '../words/who.ts'
import { withdraw } from './holder-buttons.ts'

/** What whoever asked hears: of several things at once, or of what they asked for somebody else. */

/** One message for all lines of a request. */
export function renderAskedSeveral(lines: readonly Grant[]): Message {
  const waiting = lines.filter(({ status }) => status === 'pending')
  const [first] = waiting
  const named = lines.map(
    (line) => `• ${bold(line)}${line.status === 'pending' ? '' : `: ${lineWord(line)}`}`,
  )
  const text = `Asked for ${lines.length} things`
  const told = first ? ' You will hear here.' : ''
  return message(
    `${text}, ${formatDuration(lines[0]?.askedMs ?? 0)} each.${told}\n${named.join('\n')}`,
    text,
    first ? [withdraw(first)] : [],
  )
}

const lineWord = ({ status, reviews }: Grant): string =>
  status === 'denied' || status === 'withdrawn' || status === 'lapsed'
    ? status
    : `approved${reviews.length > 0 ? '' : ' by a rule'}`

/** What whoever asked for somebody else hears: that it was asked, and later what came of it. */
export function renderForRequester(grant: Grant, moment: 'asked' | 'outcome', now: Date): Message {
  const who = mentionOf(grant.subject)
  const asked = `Asked for ${bold(grant)} for ${who}, ${formatDuration(grant.askedMs)}.`
  if (moment === 'asked')
    return message(
      grant.status === 'pending' ? `${asked} You will hear here.` : asked,
      `Asked for ${nameOf(grant)} for ${plainlyNamed(grant.subject)}`,
      grant.status === 'pending' ? [withdraw(grant)] : [],
    )
  return message(
    `${who}, ${bold(grant)}: ${statusLine(grant, now, { name: surely }) ?? ''}`,
    `${plainlyNamed(grant.subject)}: ${nameOf(grant)}`,
  )
}

/** Is there an answer yet that whoever asked for somebody else should hear? */
export const isAnswered = (grant: Grant): boolean =>
  grant.status !== 'pending' &&
  grant.status !== 'granting' &&
  !(grant.status === 'withdrawn' && withdrawnVerb(grant) === 'Withdrawn')
