import { termsOf, type Grant } from '../../src/domain/grant.ts'
import { refTo, type PersonRef } from '../../src/domain/person.ts'
import type { Method } from '../../src/domain/confirmation.ts'
import { isRefusal, type Refusal } from '../../src/domain/refusal.ts'
import { requestAccess } from '../../src/operations/request.ts'
import type { World } from '../../src/operations/world.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aKey } from '../support/ring.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, as, eventually } from './acts.ts'
import { anAuthenticatorApp, type AuthenticatorApp } from './an-authenticator-app.ts'
import { publicUrl } from './a-phone.ts'

/** What a proof is asked for, without clicks: operations on the real app's database. */
export interface Proving {
  readonly stage: Stage
  readonly gate: Gate
  readonly world: World
  /** As the app knows them. */
  who(person: Person): Promise<PersonRef>
  /** Adds an authenticator app for them. */
  hasApp(person: Person): Promise<AuthenticatorApp>
  /** They proved so long ago who they are, as another act's confirmation noted it. */
  proved(person: Person, method: Method, agoMs?: number): Promise<void>
  /** Asks for something on the gate. */
  asks(person: Person, entitlement?: string, more?: object): Promise<Grant>
}

const key = aKey('k1')

export async function aProving(more: string, confirm = '{ methods: [totp] }'): Promise<Proving> {
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    catalog: (cast) =>
      gateCatalog(cast, { duration: '10m', more }).replace('\ndefaults:', `\nconfirm: ${confirm}\ndefaults:`),
    env: gate.env,
    confirming: { keys: [key], publicUrl },
  })
  const { world } = stage.app
  const who = async (person: Person): Promise<PersonRef> => {
    const facts = await eventually(
      () => world.directory.facts(as(stage, person)),
      (seen) => seen !== 'unknown',
    )
    return refTo(facts.person)
  }
  return {
    stage,
    gate,
    world,
    who,
    hasApp: async (person) => {
      await who(person)
      const app = await anAuthenticatorApp(stage, person, key)
      await app.enrols()
      return app
    },
    proved: async (person, method, agoMs = 0) => {
      const at = new Date(world.clock.now().getTime() - agoMs)
      await world.proofs.note((await who(person)).id, { method, at, shown: 'another act', ticket: 'another' })
    },
    asks: async (person, entitlement = 'open', about = {}) =>
      done(
        await requestAccess(world, {
          requestId: aReason(),
          by: await who(person),
          resource: 'gate',
          entitlement,
          reason: aReason(),
          durationMs: 600_000,
          startsAt: null,
          recurrence: null,
          ...about,
        }),
      ),
  }
}

export function done<T extends object>(outcome: T | Refusal): T {
  if (isRefusal(outcome)) throw new Error(`${outcome.refused}: ${outcome.reasons.join()}`)
  return outcome
}

export const byApprovers = '        review: { stages: [{ approvers: { groups: ["@dba"] }, confirm: mfa }] }\n'

/** An approver's yes to it as it stands. */
export const answerTo = (grant: Grant, aheadUntil: Date | null = null) => ({
  grantId: grant.id,
  terms: termsOf(grant),
  note: null,
  durationMs: null,
  aheadUntil,
})

export const typed = (code: string) => ({ method: 'totp' as const, typed: code })

export const inDays = (world: World, days: number): Date =>
  new Date(world.clock.now().getTime() + days * 86_400_000)

/** Another entitlement of the gate, with these lines. */
export const other = (rules: string): string => `      other:
        name: The other gate
        target: { gate: other }
        who: '"@contractors" in groups'
        duration: { default: 10m, max: 1h, choices: [10m] }
${rules}`

/** A session of the gate. */
export const daily = `      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: { length: 10m }
        who: '"@contractors" in groups'
`

/** Where the page of a ticket is. */
export const pageOf = (ticket: string): string => `${publicUrl}/confirm/${ticket}`

/** Their app is removed right after their code was taken for good. */
export function removingMeanwhile(world: World): World {
  const { confirming } = world
  return {
    ...world,
    confirming: {
      ...confirming,
      byCode: async (person, code) => {
        const proof = await confirming.byCode(person, code)
        await confirming.enrolling.remove(person, { method: 'totp', id: '' })
        return proof
      },
    },
  }
}
