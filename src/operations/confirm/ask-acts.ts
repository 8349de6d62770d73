import { findEntitlement, type Entitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import { isSamePerson, plainlyNamed, refTo, type PersonFacts } from '../../domain/person.ts'
import type { AskConfirmable } from '../../domain/ports/tickets.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { extendGrant, wouldExtend } from '../extend.ts'
import { breakGlass, wouldBreakGlass } from '../break-glass.ts'
import { requestSeveral, whyNotAll } from '../request-several.ts'
import { fitToAsk, requestAccess } from '../request.ts'
import type { World } from '../world.ts'
import { asIfConfirmed, marked, whenInWords, type Doable } from './doable.ts'

/** Asking, and taking in an emergency, where the catalog asks that they confirm who they are. */

export async function askFor(
  world: World,
  { person }: PersonFacts,
  { kind, wanted, ...ask }: Extract<AskConfirmable, { kind: 'ask' }>,
): Promise<Doable | Refusal> {
  const by = refTo(person)
  const [one, ...others] = wanted
  if (one === undefined) return refuse('unknown-entitlement')
  const isOne = others.length === 0
  // What a part of it made already, before a crash, is asked no more.
  const made = await world.grants.byRequest(ask.requestId)
  const left = wanted.filter(
    (line) =>
      !made.some((one) => one.resource.id === line.resource && one.entitlement.id === line.entitlement),
  )
  const no = isOne
    ? await fitToAsk(world, { ...ask, ...one, by })
    : await whyNotAll(
        world,
        left.map((line) => ({ ...ask, ...line, by })),
      )
  if (no !== null && isRefusal(no)) return no
  const entitlements = wanted.flatMap(
    (line) => findEntitlement(world.catalog(), line.resource, line.entitlement) ?? [],
  )
  const whom = ask.holder === null || isSamePerson(ask.holder, by) ? '' : `, for ${plainlyNamed(ask.holder)}`
  const shown = `${person.name} asks${whom} for ${entitlements.map(inWords).join('; ')}, for ${formatDuration(ask.durationMs)}${whenInWords(ask.startsAt, ask.recurrence)}. They write: “${ask.reason.trim()}”.`
  return {
    what: { kind, wanted, ...ask },
    shown,
    terms: marked(kind, person.id, shown, entitlements.map(given)),
    proof: world.catalog().proof,
    perform: async (then, confirmation) => {
      if (isOne) return requestAccess(then, { ...ask, ...one, by, confirmation })
      const all = await requestSeveral(then, { ...ask, wanted, by, confirmation })
      if (isRefusal(all)) return all
      return all[0] ?? refuse('unknown-entitlement')
    },
  }
}

export async function askForMore(
  world: World,
  { person }: PersonFacts,
  { kind, grantId, seenEndsAt }: Extract<AskConfirmable, { kind: 'extend' }>,
): Promise<Doable | Refusal> {
  const asking = { grantId, seenEndsAt, by: refTo(person) }
  const more = await wouldExtend(world, { ...asking, confirmation: asIfConfirmed })
  if (isRefusal(more)) return more
  const last = 'extensions' in more ? more.extensions.at(-1) : undefined
  const added = formatDuration(last?.addMs ?? 0)
  const does = last?.outcome === 'asked' ? 'asks for' : 'takes'
  const shown = `${person.name} ${does} ${added} more of ${more.entitlement.name} on ${more.resource.name}.`
  return {
    what: { kind, grantId, seenEndsAt },
    shown,
    terms: marked(kind, person.id, shown),
    proof: world.catalog().proof,
    perform: (then, confirmation) => extendGrant(then, { ...asking, confirmation }),
  }
}

export async function takeInEmergency(
  world: World,
  { person }: PersonFacts,
  what: Extract<AskConfirmable, { kind: 'break-glass' }>,
): Promise<Doable | Refusal> {
  const emergency = { ...what, by: refTo(person) }
  const entitlement = await wouldBreakGlass(world, emergency)
  if (isRefusal(entitlement)) return entitlement
  const shown = `${person.name} breaks glass: ${inWords(entitlement)} at once, for ${formatDuration(what.durationMs)}. They write: “${what.reason.trim()}”.`
  return {
    what,
    shown,
    terms: marked(what.kind, person.id, shown, given(entitlement)),
    proof: world.catalog().proof,
    perform: (then, confirmation) => breakGlass(then, { ...emergency, confirmation }),
  }
}

/** What would be given, whatever it is called. */
const given = ({ id, resource, system, canonical }: Entitlement) => [resource.id, id, system, canonical]

const inWords = ({ name, resource }: Entitlement): string => `${name} on ${resource.name}`
