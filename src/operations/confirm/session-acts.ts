import { findEntitlement, type Entitlement, type SessionRules } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import { explain } from '../../domain/explain.ts'
import type { Active, Grant, GrantPlace } from '../../domain/grant.ts'
import { sessionGrant } from '../../domain/new-grant.ts'
import { isSamePerson, type PersonFacts } from '../../domain/person.ts'
import { codeOf, mayHold, placeFor, stillAllows, usualAsking } from '../../domain/policy.ts'
import type { Confirmable } from '../../domain/ports/tickets.ts'
import { refuse, isRefusal, type Refusal } from '../../domain/refusal.ts'
import { mayRenew } from '../../domain/session.ts'
import { transition } from '../../domain/transition.ts'
import type { World } from '../world.ts'
import { deviceAsked } from '../request.ts'
import { marked, type Doable } from './doable.ts'

/** Beginning a session, and going on with it. */

export async function openSession(
  world: World,
  facts: PersonFacts,
  what: Extract<Confirmable, { kind: 'open-session' }>,
): Promise<Doable | Refusal> {
  const entitlement = findEntitlement(world.catalog(), what.resource, what.entitlement)
  if (entitlement === null) return refuse('unknown-entitlement')
  const rules = entitlement.session
  if (rules === null) return refuse('not-asked-for')
  const device = deviceAsked(facts, what.device)
  const fit = whereOrWhyNot(world, facts, entitlement, device)
  if (isRefusal(fit)) return fit
  const held = await sameOpen(world, facts, entitlement, device)
  if (held !== null)
    return refuse(held.status === 'revoking' ? 'being-taken' : 'already-held', { grant: held })
  const shown = `${facts.person.name} opens ${entitlement.name} on ${entitlement.resource.name} for ${formatDuration(rules.lengthMs)}${device === null ? '' : `, on ${device.name}`}.`
  return {
    what,
    shown,
    terms: termsOfSession(what.kind, facts, entitlement, fit, rules),
    proof: rules.proof,
    perform: async (then, confirmation) => {
      if (then.isAfterRestore()) return refuse('unsure', { reasons: ['the database was just restored'] })
      const grant = sessionGrant(
        {
          id: then.newId(),
          requestId: confirmation.ticket,
          facts,
          entitlement,
          rules,
          place: fit,
          device,
          confirmation,
        },
        then.clock.now(),
      )
      const written = await then.grants.insert(grant)
      if (written.outcome !== 'open') return written.grant
      return refuse('already-held', { grant: written.grant })
    },
  }
}

export async function renewSession(
  world: World,
  facts: PersonFacts,
  { grantId, seenEndsAt, kind }: Extract<Confirmable, { kind: 'renew-session' }>,
): Promise<Doable | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  if (!isSamePerson(grant.subject, facts.person)) return refuse('not-yours', { grant })
  if (grant.status === 'revoking' || grant.status === 'ended') return refuse('too-late', { grant })
  if (grant.status !== 'active' || !grant.isSession) return refuse('not-held', { grant })
  const entitlement = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id)
  if (entitlement?.session == null)
    return refuse('rules-changed', { grant, reasons: ['it is had in another way now'] })
  const rules = entitlement.session
  const may = mayRenew(grant, rules, world.clock.now())
  if ('not' in may) return refuse(`extend-${may.not}`, { grant })
  const refusal = whyNoMore(world, facts, grant, may.endsAt)
  if (refusal !== null) return refusal
  return {
    what: { kind, grantId, seenEndsAt },
    shown: `${facts.person.name} keeps ${grant.entitlement.name} on ${grant.resource.name} for another ${formatDuration(rules.lengthMs)} at most.`,
    terms: termsOfSession(kind, facts, entitlement, grant.place, rules),
    proof: rules.proof,
    perform: (then, confirmation) =>
      then.grants.change(grantId, (current, now) =>
        'confirmations' in current &&
        current.confirmations.some(({ ticket }) => ticket === confirmation.ticket)
          ? current
          : transition(
              current,
              { type: 'confirm-again', by: grant.subject, seenEndsAt, confirmation, rules },
              now,
            ),
      ),
  }
}

/** All of it once more, as if it were given anew for its whole time. */
function whyNoMore(world: World, facts: PersonFacts, grant: Active, endsAt: Date): Refusal | null {
  const moreMs = endsAt.getTime() - grant.endsAt.getTime()
  const { answer, reasons } = stillAllows(world.catalog(), facts, grant, world.clock.now(), { moreMs })
  if (answer === 'yes') return null
  const code = codeOf({ answer, reasons })
  return refuse(code === 'not-allowed' ? 'rules-changed' : code, { grant, reasons: reasons.map(explain) })
}

function whereOrWhyNot(
  world: World,
  facts: PersonFacts,
  entitlement: Entitlement,
  device: Grant['device'],
): GrantPlace | Refusal {
  const now = world.clock.now()
  const asking = { ...usualAsking(entitlement), device }
  const verdict = mayHold(facts, entitlement, asking, now)
  if (verdict.answer !== 'yes') return refuse(codeOf(verdict), { reasons: verdict.reasons.map(explain) })
  const place = placeFor(world.catalog(), facts, entitlement, asking, now)
  return 'unresolved' in place ? refuse('no-principal', { reasons: [place.unresolved] }) : place
}

async function sameOpen(
  { grants }: World,
  { person }: PersonFacts,
  { id, resource }: Entitlement,
  device: Grant['device'],
): Promise<Grant | null> {
  const open = await grants.openOf(person.id)
  return (
    open.find(
      (one) => one.resource.id === resource.id && one.entitlement.id === id && one.device?.id === device?.id,
    ) ?? null
  )
}

const termsOfSession = (
  kind: Confirmable['kind'],
  { person }: PersonFacts,
  { id, resource, system }: Entitlement,
  { principal, canonical }: GrantPlace,
  { lengthMs, maxMs }: SessionRules,
): string => marked(kind, person.id, resource.id, id, system, principal, canonical, lengthMs, maxMs)
