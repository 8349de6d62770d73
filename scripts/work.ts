import { readFile } from 'node:fs/promises'
import { parseCatalog } from '../src/catalog/parse.ts'
import { writeProblem } from '../src/catalog/problem.ts'
import { connectorKinds } from '../src/connectors/registry.ts'
import { findEntitlement, type Catalog } from '../src/domain/catalog.ts'
import { dateIn, dayOf, instantOf, weekdayOf } from '../src/domain/windows/wall-clock.ts'
import type { AskedRow } from '../src/domain/ports/grant-records.ts'
import { replay } from '../src/domain/replay.ts'
import { percentile } from '../src/domain/waiting-times.ts'
import { seeded } from '../test/support/seeded.ts'

/**
 * What a month of 300 requests costs the admins under the contractors' example catalog, with its rules and without:
 * `npm run work`. The requests and the admins' speed are made up, by dice that fall the same each time; who is approved by
 * what is said by Curfew's own policy.
 */

const zone = 'Europe/Berlin'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const workday = { fromMs: 9 * HOUR, toMs: 17 * HOUR }
const requests = 300
const contractors = 9
/** After so many approvals of one person for one thing, an approver says yes ahead, for so long. */
const trusts = { after: 3, forMs: 14 * DAY }
const answersInMs = { median: 12 * MINUTE, spread: 1 }

/** A month of working days; most want a short look for a ticket, some the whole afternoon, some want to write. */
function aMonth(random: () => number): AskedRow[] {
  const days = Array.from({ length: 31 }, (_, i) => dayOf('2026-10-01') + i).filter(
    (day) => weekdayOf(day) <= 5,
  )
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  return Array.from({ length: requests }, (_, i) => {
    // Some ask nearly every day, others now and then.
    const person = Math.floor(contractors * random() ** 1.6)
    const subject = {
      id: `person-${person}`,
      slack: { teamId: 'T0', userId: `U0PERSON${person}` },
      name: `Contractor ${person}`,
      email: `contractor-${person}@contractor.example`,
    }
    const isWriting = random() < 0.12
    const isLong = !isWriting && random() < 0.2
    const hasTicket = random() < 0.85
    const askedMs = isWriting
      ? pick([30 * MINUTE, HOUR])
      : isLong
        ? pick([2 * HOUR, 4 * HOUR])
        : pick([30 * MINUTE, HOUR])
    const at = instantOf(pick(days), (8 + 10 * random()) * HOUR, zone)
    return {
      id: `g${i}`,
      status: 'ended',
      askedMs,
      requestedAt: new Date(at),
      reason: hasTicket ? `INC-${1_000 + i}: a customer waits` : 'a question from accounting',
      resource: { id: 'orders-db', name: 'Orders database' },
      entitlement: isWriting ? { id: 'write', name: 'Change orders' } : { id: 'read', name: 'Read orders' },
      subject,
      requester: subject,
      because: null,
      isSeries: false,
      isBreakGlass: false,
      asker: { groups: ['@contractors'], guest: true, zone, earlier: null },
      reviews: [],
      approvedAt: null,
      closedAt: null,
      closedBecause: null,
    }
  })
}

/** When somebody answers what came to them at that time: their own time, spent in working hours only. */
function answeredAt(at: number, spendMs: number): number {
  let now = at
  let left = spendMs
  for (;;) {
    const day = dayOf(dateIn(zone, new Date(now)))
    const [opens, closes] = [instantOf(day, workday.fromMs, zone), instantOf(day, workday.toMs, zone)]
    const isWorking = weekdayOf(day) <= 5 && now < closes
    const from = Math.max(now, opens)
    if (isWorking && from + left <= closes) return from + left
    if (isWorking) left -= closes - from
    now = instantOf(day + 1, 0, zone)
  }
}

interface Work {
  readonly byRule: number
  readonly ahead: number
  readonly clicks: number
  readonly waits: readonly number[]
}

function workOf(rows: readonly AskedRow[], catalog: Catalog, random: () => number): Work {
  const approvals = new Map<string, number>()
  const trusted = new Map<string, { untilMs: number; maxMs: number }>()
  const work = { byRule: 0, ahead: 0, clicks: 0, waits: [] as number[] }
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  for (const { row, answer } of replay(rows, catalog)) {
    const rules = findEntitlement(catalog, row.resource.id, row.entitlement.id)
    // Drawn for each request, so that both catalogs meet the same admins.
    const spends = [0, 1].map(() => answersInMs.median * Math.exp(answersInMs.spread * normal()))
    if (answer === 'refused' || rules === null) continue
    const key = `${row.subject.id} ${row.entitlement.id}`
    const atMs = row.requestedAt.getTime()
    const word = trusted.get(key)
    const isAhead = word !== undefined && atMs < word.untilMs && row.askedMs <= word.maxMs
    if (answer === 'approved') {
      work.byRule++
      work.waits.push(0)
      continue
    }
    const stages = rules.review.stages.slice(isAhead ? 1 : 0)
    if (isAhead) work.ahead++
    work.clicks += stages.length
    const doneAt = stages.reduce((now, _, i) => answeredAt(now, spends[i] ?? 0), atMs)
    work.waits.push(doneAt - atMs)
    const times = (approvals.get(key) ?? 0) + 1
    approvals.set(key, times)
    if (!isAhead && rules.preApproveMs !== null && times >= trusts.after) {
      work.clicks++
      trusted.set(key, { untilMs: atMs + Math.min(trusts.forMs, rules.preApproveMs), maxMs: row.askedMs })
    }
  }
  return work
}

function catalogOf(text: string): Catalog {
  const reading = parseCatalog([{ file: 'contractors.yml', text }], {
    env: {},
    kinds: connectorKinds,
    missingVariables: 'warning',
  })
  if (!reading.ok) throw new Error(reading.problems.map(writeProblem).join('\n'))
  return reading.catalog
}

/** The same catalog, where people decide everything. */
const withoutRules = (catalog: Catalog): Catalog => ({
  ...catalog,
  resources: new Map(
    [...catalog.resources].map(([id, resource]) => [
      id,
      {
        ...resource,
        entitlements: new Map(
          [...resource.entitlements].map(([name, one]) => [name, { ...one, auto: [], preApproveMs: null }]),
        ),
      },
    ]),
  ),
})

const minutes = (ms: number): number => Math.round(ms / MINUTE)

const catalog = catalogOf(await readFile('examples/contractors.yml', 'utf8'))
const rows = aMonth(seeded(300))
const line = (name: string, { byRule, ahead, clicks, waits }: Work) => ({
  '': name,
  requests: waits.length,
  'by a rule': byRule,
  'said yes ahead': ahead,
  clicks,
  'median min': minutes(percentile(waits, 0.5)),
  'p90 min': minutes(percentile(waits, 0.9)),
  'hours waited in all': Math.round(waits.reduce((sum, ms) => sum + ms, 0) / HOUR),
})

console.log(
  `${requests} made-up requests of ${contractors} contractors in October 2026, under examples/contractors.yml.\n` +
    `An admin answers after ${minutes(answersInMs.median)} min of working hours in the median (log-normal, sigma ${answersInMs.spread}; 9 to 17 o'clock, Mon to Fri);\n` +
    `after ${trusts.after} approvals of one person for one thing they say yes ahead for ${trusts.forMs / DAY} days, which is a click more.`,
)
console.table([
  line('people decide everything', workOf(rows, withoutRules(catalog), seeded(7))),
  line('with its rules', workOf(rows, catalog, seeded(7))),
])
