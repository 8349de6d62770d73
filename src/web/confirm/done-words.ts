import { html } from 'hono/html'
import type { Grant } from '../../domain/grant.ts'
import { isSamePerson, plainlyNamed } from '../../domain/person.ts'
import type { Done } from '../../operations/confirm/confirm.ts'
import { inWords } from '../../operations/confirm/doable.ts'
import { instant, type Html } from '../page.ts'

/** What came of it, as it is now, also for whoever looks again later. */
export function doneWords({ done, by, what: act }: Done): string | Html {
  const [grant] = done
  const what = done.map(inWords).join('; ')
  switch (act.kind) {
    case 'approve':
      return approvedWords(done, what)
    case 'more-time':
      return moreTimeWords(grant, what, act.askedAt)
    case 'extend':
      return isAskedStill(grant)
        ? `You asked for more time: ${what}. You hear in Slack.`
        : heldWords(grant, by, what)
    case 'ask':
      return done.every(isHeld) ? heldWords(grant, by, what) : `You asked for ${what}. You hear in Slack.`
    case 'open-session':
    case 'renew-session':
    case 'break-glass':
      return heldWords(grant, by, what)
  }
}

const isHeld = (grant: Grant) => grant.status === 'active' || grant.status === 'granting'

const needed = (more: number): string =>
  more === 1 ? 'One more is needed.' : `${String(more)} more are needed.`

function approvedWords(done: Done['done'], what: string): string {
  const [grant] = done
  const closed = done.find(
    ({ status }) => status === 'denied' || status === 'withdrawn' || status === 'lapsed',
  )
  if (closed !== undefined)
    return `You said yes to ${what} for ${plainlyNamed(grant.subject)}. It was ${closed.status} since.`
  const waiting = done.filter(({ status }) => status === 'pending')
  if (waiting.length === 0) return `You approved ${what} for ${plainlyNamed(grant.subject)}.`
  const most = Math.max(...waiting.map(({ needs, reviews }) => needs - reviews.length))
  return `Your yes to ${what} for ${plainlyNamed(grant.subject)} counts. ${needed(most)}`
}

const lastExtension = (grant: Grant) => ('extensions' in grant ? grant.extensions.at(-1) : undefined)

const isAskedStill = (grant: Grant): boolean => lastExtension(grant)?.outcome === 'asked'

function moreTimeWords(grant: Grant, what: string, askedAt: Date): string | Html {
  const words = `You said yes to more time: ${what} for ${plainlyNamed(grant.subject)}`
  const asked = 'extensions' in grant ? grant.extensions : []
  const last = asked.find((one) => one.askedAt.getTime() === askedAt.getTime())
  if (last?.outcome === 'asked') return `${words}. ${needed(last.needs - last.approvedBy.length)}`
  if (last?.outcome === 'denied') return `${words}. It was denied since.`
  return last?.outcome === 'added' && last === asked.at(-1) && grant.status === 'active'
    ? html`${words}, until ${instant(grant.endsAt)}.`
    : `${words}.`
}

function heldWords(grant: Grant, by: Done['by'], what: string): string | Html {
  if (grant.status === 'granting')
    return `This was confirmed. ${what} is being given; you hear in Slack when it is there.`
  if (grant.status === 'revoking') return `This was confirmed. ${what} is being taken back now.`
  if (grant.status !== 'active') return `This was confirmed. ${what} has ended since.`
  const who = isSamePerson(grant.subject, by) ? 'You have' : `${plainlyNamed(grant.subject)} has`
  return html`${who} ${what} until ${instant(grant.endsAt)}.`
}
