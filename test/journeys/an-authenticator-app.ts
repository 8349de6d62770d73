import mongoose from 'mongoose'
import { Secret, TOTP } from 'otpauth'
import { keyRing } from '../../src/confirming/key-ring.ts'
import type { RingKey } from '../../src/domain/ring-keys.ts'
import { totpMethod } from '../../src/confirming/totp.ts'
import type { Person as Known } from '../../src/domain/person.ts'
import { mongoTotp } from '../../src/mongo/confirming/totp.ts'
import type { Stage } from '../support/curfew.ts'
import { earlyInAStep } from '../support/early-in-a-step.ts'
import type { Person } from '../workspace/people/person.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { eventually } from './acts.ts'

export interface AuthenticatorApp {
  /** As the app shows them at that distance from now. */
  codeAt(ms: number): string
  /** Adds it, by a code of half a minute ago. */
  enrols(): Promise<void>
}

/** An app of somebody whom Curfew has seen, added as the page adds it. */
export async function anAuthenticatorApp(
  stage: Stage,
  person: Person,
  key: RingKey,
): Promise<AuthenticatorApp> {
  const connection = await mongoose.createConnection(stage.environment['MONGODB_URI'] ?? '').asPromise()
  afterThis(() => connection.close())
  const { world } = stage.app
  const now = () => world.clock.now()
  const app = totpMethod({ store: mongoTotp(connection), ring: keyRing([key]), now, issuer: 'Curfew' })
  const known = await eventually(
    () => world.people.bySlackUser(person.id),
    (seen): seen is Known => seen !== null,
  )
  const secret = Secret.fromBase32(app.offer(known, 'ticket').secret.replaceAll(' ', ''))
  const codeAt = (ms: number) => new TOTP({ secret }).generate({ timestamp: now().getTime() + ms })
  return {
    codeAt,
    enrols: async () => {
      await earlyInAStep(now())
      expect(await app.enrol(known, 'ticket', codeAt(-30_000))).toHaveProperty('enrolled')
    },
  }
}
