import type { Connection } from 'mongoose'
import { webhook } from '../../src/connectors/webhook/webhook.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import type { Recurring } from '../../src/domain/grant.ts'
import { weekdayOf, dayOf } from '../../src/domain/windows/wall-clock.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { cardKey } from '../../src/slack/deciding/card.ts'
import { after, aPendingGrant, approval } from '../../test/support/builders.ts'
import type { Holder } from './active-grants.ts'
import { notePosted } from './posted.ts'

const hour = 3_600_000
const atOnce = 32

/** Writes series that were approved an hour ago, and whose next window opens at `opensAt`, a full minute. */
export async function writeSeries(
  connection: Connection,
  options: {
    holders: readonly Holder[]
    approver: Omit<Holder, 'principal'>
    system: string
    opensAt: Date
    posted: { channel: string; ts: string }
  },
): Promise<void> {
  const { holders, posted } = options
  const grants = mongoGrants(connection, mongoClock(connection))
  const series = holders.map((holder, i) => aSeries(holder, i, options))
  const left = series.map((one) => () => grants.insert(one))
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = left.pop(); next; next = left.pop()) await next()
    }),
  )
  const messages = series.flatMap((one) =>
    [cardKey(one), `dm:${one.id}:waiting`].map((key) => ({ key, requestId: one.requestId })),
  )
  await notePosted(connection, messages, posted)
}

function aSeries(
  { principal, ...slack }: Holder,
  i: number,
  { approver, system, opensAt, posted }: Parameters<typeof writeSeries>[1],
): Recurring {
  const target = { group: 'service-1-read' }
  const person = (id: string, name: string, who: Omit<Holder, 'principal'>): PersonRef => ({
    id,
    slack: who,
    name,
    email: `${name.toLowerCase()}@acme.example`,
  })
  const subject = person(`p-${i}`, principal, slack)
  const [date = '', time = ''] = opensAt.toISOString().split('T')
  const until = new Date(opensAt.getTime() + 21 * 24 * hour).toISOString().slice(0, 10)
  const day = { weekdays: [weekdayOf(dayOf(date))], everyWeeks: 1, from: date, until }
  const since = new Date(opensAt.getTime() - hour)
  const pending = aPendingGrant({
    id: `bench-${i}`,
    requestId: `request-${i}`,
    system,
    channel: posted.channel,
    subject,
    requester: subject,
    canonical: webhook.canonical(target),
    resource: { id: 'service-1', name: 'service-1' },
    entitlement: { id: 'read', name: 'read on service-1' },
    pattern: { ...day, start: time.slice(0, 5), durationMs: hour, zone: 'UTC' },
    askedMs: hour,
    asker: { groups: null, guest: false, zone: 'UTC', earlier: { approved: 0, of: 0 } },
    requestedAt: since,
    lapsesAt: opensAt,
  })
  const place = { principal, target, canonical: webhook.canonical(target) }
  const terms = { place, system, warnMs: 0, alertMs: 60_000 }
  const by = person('p-ada', 'Ada', approver)
  return { ...after(pending, { ...approval(by, hour), terms }, since, 'recurring'), unshown: false }
}
