import type { Approved, Extension, Review } from '../../src/domain/grant.ts'
import type { Deed, DeedKind, Span } from './diary.ts'
import type { Evidence } from './evidence.ts'
import { nameOf } from './keys.ts'
import { clockBehindMs } from './promises.ts'
import { approvers, type More, type Rule } from './rules.ts'

/*
 * What was agreed to for a grant, by what people did and what the catalog asks. Curfew's own word that something was
 * approved counts for nothing here: it says who is meant to have said yes, and that is looked for.
 */

export interface Agreed {
  /** When it may be held, however it ended; null: nobody, and no rule, agreed to it. */
  readonly span: Span | null
  /** What Curfew says was agreed to, and was not: wrong whether it was ever held or not. */
  readonly wrong: readonly string[]
}

type Known = Pick<Evidence, 'deeds' | 'grants' | 'onCall' | 'rules'>

export function agreedOf(grant: Approved, known: Known): Agreed {
  const rule = known.rules[nameOf(grant)]
  if (rule === undefined) return never(`${nameOf(grant)} is nothing that can be asked for`)
  if (grant.isStanding) return byGroup(grant, rule, known)
  if (grant.isSession) return bySession(grant, rule, known)
  if (grant.window !== null) return byWindow(grant, known)
  return grant.auto === null ? byPeople(grant, rule, known) : byRule(grant, rule, known)
}

const never = (why: string): Agreed => ({ span: null, wrong: [why] })

/** Whoever is on call holds it, without asking. */
function byGroup(grant: Approved, rule: Rule, { onCall }: Known): Agreed {
  const since = onCall.find(({ principal }) => principal === grant.place.principal)
  if (rule.by !== 'standing' || since === undefined) return never('held by rule, and no rule is true of them')
  return { span: { from: since.from, to: Infinity }, wrong: [] }
}

/** Begun by a confirmation, and moved by as many as it was moved. */
function bySession(grant: Approved, rule: Rule, { deeds, grants }: Known): Agreed {
  if (rule.by !== 'session' || rule.more === null) return never('a session of what is none')
  const { subject, approvedAt, confirmations, extensions } = grant
  const until = approvedAt.getTime() + clockBehindMs
  const begun = deeds.filter(
    ({ what, by, from }) => what === 'begins-session' && by === subject.email && from <= until,
  )
  const sessions = grants.filter(
    (one) => one.isSession && one.subject.email === subject.email && one.requestedAt <= grant.requestedAt,
  )
  // As many as there were sessions up to this: it cannot have begun before the last of these.
  const began = begun[sessions.length - 1]
  if (began === undefined || confirmations.length === 0) return never('a session that nobody confirmed')
  const renewals = added(extensions)
  const renewed = deedsFor(grant, 'confirms-again', deeds).filter(({ by }) => by === subject.email)
  const wrong =
    renewed.length < renewals.length || confirmations.length < 1 + renewals.length
      ? [`renewed ${renewals.length} times, confirmed ${renewed.length} times`]
      : []
  const last = wrong.length === 0 ? renewals.at(-1) : undefined
  const to = Math.min(
    (last?.askedAt ?? approvedAt).getTime() + rule.more.byMs,
    approvedAt.getTime() + rule.more.totalMs,
  )
  return endingAt(grant, { from: Math.max(began.from, approvedAt.getTime()), to }, wrong)
}

/** One of the windows that were asked for and approved as a series. */
function byWindow(grant: Approved, known: Known): Agreed {
  const series = known.grants.find(({ id }) => id === grant.window?.seriesId)
  const asked = askedFor(grant, 'asks-weekly', known.deeds)
  const opensAt = grant.startsAt?.getTime() ?? 0
  if (series === undefined || asked?.opensAt?.includes(opensAt) !== true)
    return never('a window of nothing that was asked for')
  const rule = known.rules[nameOf(grant)]
  const yes = yesTo(series.id, grant, known.deeds)
  const wrong = notSaid(grant, yes)
  if (rule === undefined || yes.length < Math.max(1, rule.needs, grant.needs) || wrong.length > 0)
    return { span: null, wrong: [`a window of a series that ${yes.length} approved`, ...wrong] }
  const span = { from: Math.max(opensAt, ...yes.map(({ from }) => from)), to: opensAt + (asked.forMs ?? 0) }
  return endingAt(grant, span, [])
}

/** A rule of the catalog, for no longer than it says. */
function byRule(grant: Approved, rule: Rule, { deeds }: Known): Agreed {
  const asked = askedFor(grant, 'asks', deeds)
  if (asked === undefined) return never('nobody asked for it')
  const forMs = asked.forMs ?? Infinity
  if (rule.by !== 'rule' || forMs > (rule.mostMs ?? 0))
    return never('approved by a rule that does not say so')
  const { approvedAt } = grant
  return endingAt(
    grant,
    { from: Math.max(asked.from, approvedAt.getTime()), to: approvedAt.getTime() + forMs },
    [],
  )
}

/** So many different people as the catalog asks, none of whom asked for it or is to hold it. */
function byPeople(grant: Approved, rule: Rule, { deeds }: Known): Agreed {
  const kind = grant.pattern === null ? 'asks' : 'asks-weekly'
  const asked = askedFor(grant, kind, deeds)
  if (asked === undefined) return never('nobody asked for it')
  const yes = yesTo(grant.id, grant, deeds)
  const needs = Math.max(1, rule.needs, grant.needs)
  const wrong = notSaid(grant, yes)
  if (yes.length < needs || wrong.length > 0)
    return {
      span: null,
      wrong: [...wrong, ...(yes.length < needs ? [`${yes.length} of ${needs} said yes`] : [])],
    }
  const forMs = Math.min(...[asked, ...yes].map((one) => one.forMs ?? Infinity))
  const agreedAt = yes.map(({ from }) => from).sort((one, other) => one - other)[needs - 1] ?? Infinity
  const startsAt = (grant.startsAt ?? grant.approvedAt).getTime()
  const more = moreOf(grant, rule.more, { forMs, deeds })
  const span = { from: Math.max(agreedAt, startsAt), to: startsAt + forMs + more.addedMs }
  return grant.pattern === null ? endingAt(grant, span, more.wrong) : { span, wrong: more.wrong }
}

/** How much more time its holder asked for, and was given by whoever must be asked. */
function moreOf(
  grant: Approved,
  more: More | null,
  { forMs, deeds }: { readonly forMs: number; readonly deeds: readonly Deed[] },
): { readonly addedMs: number; readonly wrong: readonly string[] } {
  const extensions = added(grant.extensions)
  const wishes = deedsFor(grant, 'extends', deeds).filter(({ by }) => by === grant.subject.email)
  const wrong: string[] = []
  let addedMs = 0
  extensions.forEach((one, n) => {
    const until = extensions[n + 1]?.askedAt.getTime() ?? Infinity
    const totalMs = forMs + addedMs + one.addMs
    const why =
      wishes.filter(({ from }) => from <= one.askedAt.getTime() + clockBehindMs).length <= n
        ? 'nobody asked for'
        : whyNoMore(grant, more, { one, until, totalMs, deeds })
    if (why === null) addedMs += one.addMs
    else wrong.push(`${one.addMs / 1_000} s more that ${why}`)
  })
  return { addedMs, wrong }
}

/** Why this asking for more time was not agreed to, with what was said of it up to the next; null: it was. */
function whyNoMore(
  grant: Approved,
  more: More | null,
  { one, until, totalMs, deeds }: Asking,
): string | null {
  if (more === null || one.addMs > more.byMs || totalMs > more.totalMs)
    return 'is more than there is to be had'
  const from = one.askedAt.getTime() - clockBehindMs
  const answers = deedsFor(grant, 'approves-more', deeds).filter(
    (deed) => deed.from >= from && deed.from <= until,
  )
  const yes = mayAnswer(grant, answers).map(({ by }) => by)
  if (yes.length < more.needs) return `${yes.length} of ${more.needs} said yes to`
  const others = one.approvedBy.filter(({ email }) => !yes.includes(email ?? ''))
  return others.length > 0 ? `${others.map(({ name }) => name).join()} never said yes to` : null
}

interface Asking {
  readonly one: Extension
  readonly until: number
  /** From its start to the end that it would have. */
  readonly totalMs: number
  readonly deeds: readonly Deed[]
}

const added = (extensions: readonly Extension[]): Extension[] =>
  extensions.filter(({ outcome }) => outcome === 'added')

/** That Curfew wrote down a later end than was agreed to is wrong, though it was never held so long. */
function endingAt(grant: Approved, span: Span, wrong: readonly string[]): Agreed {
  const beyondMs = grant.endsAt.getTime() - span.to
  return beyondMs <= 0
    ? { span, wrong }
    : { span, wrong: [...wrong, `its end is ${beyondMs} ms beyond what was agreed to`] }
}

const askedFor = (
  { reason, requester, subject, ...grant }: Approved,
  kind: DeedKind,
  deeds: readonly Deed[],
) =>
  deeds.find(
    ({ what, about, by, wish }) =>
      what === kind &&
      about === reason &&
      by === requester.email &&
      by === subject.email &&
      wish === `${grant.resource.id}/${grant.entitlement.id}`,
  )

const deedsFor = ({ id }: Pick<Approved, 'id'>, kind: DeedKind, deeds: readonly Deed[]): Deed[] =>
  deeds.filter(({ what, about }) => what === kind && about === id)

/** The first press of each who may say yes to it, and of whom Curfew says so. */
function yesTo(id: string, grant: Approved, deeds: readonly Deed[]): Deed[] {
  const named = new Set(grant.reviews.filter(isYes).map(({ by }) => by.email))
  return mayAnswer(grant, deedsFor({ id }, 'approves', deeds)).filter(({ by }) => named.has(by))
}

function mayAnswer({ requester, subject }: Approved, deeds: readonly Deed[]): Deed[] {
  const may = approvers.filter((email) => email !== requester.email && email !== subject.email)
  return may.flatMap((email) => deeds.find(({ by }) => by === email) ?? [])
}

/** Whom Curfew counts, and who never said so, or may not. */
const notSaid = ({ reviews }: Approved, yes: readonly Deed[]): string[] =>
  reviews
    .filter((review) => isYes(review) && !yes.some(({ by }) => by === review.by.email))
    .map(({ by }) => `a yes of ${by.name} that does not count or was never given`)

const isYes = ({ verdict }: Review): boolean => verdict === 'approve'
