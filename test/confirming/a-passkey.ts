import { passkeyMethod, type Passkeys } from '../../src/confirming/passkeys.ts'
import { relyingParty } from '../../src/confirming/relying-party.ts'
import { mongoPasskeys } from '../../src/mongo/confirming/passkeys.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import type { KeyRing } from '../../src/confirming/key-ring.ts'
import { anAuthenticator, type Authenticator } from '../support/authenticator.ts'
import type { TestDatabase } from '../support/database.ts'
import { randomBytes } from 'node:crypto'

export const publicUrl = 'https://curfew.acme.example'

export function passkeysOn(
  { connection }: Pick<TestDatabase, 'connection'>,
  ring: KeyRing,
  url = publicUrl,
): Passkeys {
  const rp = relyingParty(url)
  if ('unusable' in rp) throw new Error(rp.unusable)
  return passkeyMethod({ store: mongoPasskeys(connection), ring, rp })
}

export const aTicket = (): string => randomBytes(32).toString('base64url')

/** Something to confirm that nobody asked for before. */
export const anAct = () => ({ ticket: aTicket(), digest: 'the daily network until 18:00' })

/** A passkey of this person's, enrolled. */
export async function enrolledPasskey(
  passkeys: Passkeys,
  person: PersonRef,
  { device = anAuthenticator(publicUrl), label = 'Laptop' }: { device?: Authenticator; label?: string } = {},
): Promise<Authenticator> {
  const ticket = aTicket()
  const body = device.creates(await passkeys.enrolOptions(person, ticket))
  const answer = await passkeys.enrol(person, { ticket, body, label })
  if ('refused' in answer) throw new Error(answer.refused)
  return device
}
