import { Secret, TOTP } from 'otpauth'
import { z } from 'zod'
import type { Confirmable } from '../../src/domain/ports/tickets.ts'
import type { Person as Known } from '../../src/domain/person.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { askToConfirm } from '../../src/operations/confirm/confirm.ts'
import { anAuthenticator, type Authenticator } from '../support/authenticator.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aKey } from '../support/ring.ts'
import type { Person } from '../workspace/people/person.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { publicUrl } from './a-phone.ts'

/** Somebody with an app on their phone, and links as Slack's form makes them, without its clicks. */
export interface Confirmer {
  /** The page of a new link; the session of the gate, unless it is for something else. */
  link(what?: Confirmable): Promise<string>
  /** Of now, of half a minute ago (-1), or in half a minute (1): all three count, each once and in order. */
  code(steps: number): string
  /** A passkey of theirs that does not count, as those of phones: added now. */
  passkey(): Promise<Authenticator>
}

const created = z.object({
  rp: z.object({ id: z.string() }),
  user: z.object({ id: z.string() }),
  challenge: z.string(),
})
const stepMs = 30_000
const daily: Confirmable = { kind: 'open-session', resource: 'gate', entitlement: 'daily' }

export interface Door {
  readonly stage: Stage
  readonly gate: Gate
  confirmer(person: Person): Promise<Confirmer>
}

/** The gate as a session of whoever is a contractor, and its pages. */
export async function aDoor({
  session,
  confirm = '',
  env = {},
  mongodb,
}: {
  session?: string
  confirm?: string
  env?: Record<string, string>
  mongodb?: string
} = {}): Promise<Door> {
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    catalog: (cast) =>
      gateCatalog(cast, { more: withSession(session) }).replace('\ndefaults:', `${confirm}\ndefaults:`),
    env: { ...gate.env, ...env },
    confirming: { keys: [aKey('k1')], publicUrl },
    ...(mongodb === undefined ? {} : { mongodb }),
  })
  return { stage, gate, confirmer: (person) => confirmerOn(stage, person) }
}

/** Added to the gate's entitlements: it is opened by whoever confirms who they are. */
export const withSession = (session = '{ length: 10m, renew: 9m, max: 1h }'): string => `      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: ${session}
        who: '"@contractors" in groups'
`

/** Somebody with an app on their phone, on this stage. */
export async function confirmerOn(
  { app, workspace }: Stage,
  { id, name, account }: Person,
): Promise<Confirmer> {
  const { world } = app
  const by: Known = await world.people.seen(
    { userId: id, teamId: workspace.teamId },
    { name, email: account.email ?? null },
  )
  const { enrolling } = world.confirming
  const enrolment = `the enrolment of ${id}`
  const secret = Secret.fromBase32((enrolling.codeOffer(by, enrolment)?.secret ?? '').replaceAll(' ', ''))
  const codeAt = (atMs: number) => new TOTP({ secret }).generate({ timestamp: atMs })
  const nowMs = () => world.clock.now().getTime()
  // Its code is spent by adding it: two are left that count now.
  const added = await enrolling.addCode(by, enrolment, codeAt(nowMs() - stepMs))
  if ('no' in added) throw new Error(added.no)
  return {
    code: (steps) => codeAt(nowMs() + steps * stepMs),
    passkey: async () => {
      const device = anAuthenticator(publicUrl, { counts: false })
      const offered = created.parse(await enrolling.passkeyOffer(by, enrolment))
      const body = JSON.stringify(device.creates(offered))
      const key = await enrolling.addPasskey(by, { ticket: enrolment, body, label: 'Phone' })
      if ('no' in key) throw new Error(key.no)
      return device
    },
    link: async (what = daily) => {
      const asked = await askToConfirm(world, { by, what })
      if (isRefusal(asked)) throw new Error(`${asked.refused}: ${asked.reasons.join()}`)
      return `${publicUrl}/confirm/${asked.ticket}`
    },
  }
}
