import { setImmediate as turn } from 'node:timers/promises'
import type { Entitlement } from '../domain/catalog.ts'
import { isListed } from '../domain/approvers.ts'
import { refTo, type Known, type PersonFacts, type PersonRef } from '../domain/person.ts'
import { mayAskForOthers, usualAsking, wouldHave, type Reason } from '../domain/policy.ts'
import type { GrantUsage, HolderRow } from '../domain/ports/grant-usage.ts'
import type { WouldAnswer } from '../domain/would-answer.ts'
import { adminIds } from './admins.ts'
import { managerBy } from './panel.ts'
import { answeringOf } from './would-answer.ts'
import type { Deciding } from './world.ts'

/** Of one entitlement: everybody who may ask for it, who answers, who looks after it, and who holds it. Writes nothing. */

type Asking = Pick<Deciding, 'catalog' | 'directory' | 'clock'>

export interface WhoCan {
  readonly entitlement: Entitlement
  /** Of what is held by rule: whom the rule names. */
  readonly may: readonly Because[]
  /** Of these it cannot be said now. */
  readonly mayPerhaps: readonly Because[]
  readonly mayAskForOthers: readonly PersonRef[]
  /** By stage, in their order; empty where nobody is asked. */
  readonly answers: readonly (readonly Answerer[])[]
  readonly admins: readonly PersonRef[]
  readonly holders: readonly HolderRow[]
  /** Somebody is missing in this: their record in Slack cannot be read. */
  readonly isSomebodyUnread: boolean
}

interface Because {
  readonly person: PersonRef
  readonly reasons: readonly Reason[]
}

export interface Answerer extends WouldAnswer {
  readonly person: PersonRef
}

/** Unknown while Slack does not say who there is. */
export async function whoCan(
  world: Asking & { readonly usage: GrantUsage },
  entitlement: Entitlement,
): Promise<Known<WhoCan>> {
  const [everyone, holders] = await Promise.all([
    world.directory.everyone(),
    world.usage.holdersOf(entitlement),
  ])
  if (everyone === 'unknown') return everyone
  const catalog = world.catalog()
  const now = world.clock.now()
  const isAsked = entitlement.mode === 'approval'
  const answering = isAsked ? await answeringOf(world, entitlement) : null
  const adminsHere = await adminIds(world, { resource: entitlement.resource, entitlement })
  const managers = [...new Set(everyone.people.flatMap((facts) => managerBy(catalog, facts) ?? []))]
  const isManager = ({ person }: PersonFacts): boolean => isListed(person, managers)
  const [may, mayPerhaps, others, admins]: [Because[], Because[], PersonRef[], PersonRef[]] = [[], [], [], []]
  const answers: Answerer[][] = isAsked ? entitlement.review.stages.map(() => []) : []
  for (const [at, facts] of everyone.people.entries()) {
    if (at % 500 === 499) await turn()
    const person = refTo(facts.person)
    const { answer, reasons } = wouldHave(catalog, facts, entitlement, now)
    if (answer === 'yes') may.push({ person, reasons })
    if (answer === 'unknown') mayPerhaps.push({ person, reasons })
    if (isAsked && mayAskForOthers(facts, entitlement, usualAsking(entitlement), now)) others.push(person)
    for (const one of (await answering?.of(facts, isManager(facts))) ?? [])
      if (one.answer !== 'no') answers[one.stage]?.push({ ...one, person })
    if (adminsHere.userIds.includes(person.slack.userId)) admins.push(person)
  }
  const { isSomebodyUnread } = everyone
  return { entitlement, may, mayPerhaps, mayAskForOthers: others, answers, admins, holders, isSomebodyUnread }
}
