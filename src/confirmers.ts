import type { Connection } from 'mongoose'
import type { Config } from './config.ts'
import { confirmingBy } from './confirming/confirming.ts'
import { deviceCodes } from './confirming/device-codes.ts'
import { enrolmentCodes } from './confirming/enrolment-codes.ts'
import { keyRing } from './confirming/key-ring.ts'
import { passkeyMethod } from './confirming/passkeys.ts'
import { relyingParty } from './confirming/relying-party.ts'
import { totpMethod } from './confirming/totp.ts'
import type { Catalog } from './domain/catalog.ts'
import { isForAdmins, type FactorNews } from './domain/confirming/factor-news.ts'
import { plainlyNamed, type PersonRef } from './domain/person.ts'
import type { ActStore } from './domain/ports/acts.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { Confirming } from './domain/ports/confirming.ts'
import type { DeviceCodes } from './domain/ports/device-codes.ts'
import type { Log } from './domain/ports/log.ts'
import type { OpenIdLinks } from './domain/ports/openid-links.ts'
import type { ProofStore } from './domain/ports/proofs.ts'
import { mongoDeviceCodes } from './mongo/confirming/device-codes.ts'
import { mongoEnrolmentCodes } from './mongo/confirming/enrolment-codes.ts'
import { mongoExternalIds } from './mongo/confirming/external-ids.ts'
import { mongoOpenIdLinks } from './mongo/confirming/openid-links.ts'
import { mongoPasskeys } from './mongo/confirming/passkeys.ts'
import { mongoTotp } from './mongo/confirming/totp.ts'
import { asAct } from './operations/as-act.ts'

/** The ways of confirming that this configuration allows: without keys no codes and passkeys, without an address no pages. */
export function confirmingFor(
  connection: Connection,
  { keys, publicUrl, proxies }: Pick<Config, 'keys' | 'publicUrl' | 'proxies'>,
  {
    catalog,
    clock,
    proofs,
    acts,
    tell,
    tellAdmins,
    log,
  }: {
    readonly acts: ActStore
    readonly catalog: () => Catalog
    readonly clock: Pick<Clock, 'now'>
    readonly proofs: ProofStore
    readonly tell: (person: PersonRef, news: FactorNews) => Promise<void>
    readonly tellAdmins: (words: string, admins?: readonly string[]) => void
    readonly log: Log
  },
): Confirming {
  const ring = keys === null ? null : keyRing(keys)
  const rp = publicUrl === null ? null : relyingParty(publicUrl)
  const now = () => clock.now()
  if (rp !== null && 'unusable' in rp)
    log.warn('there are no passkeys: browsers make none for this address', { why: rp.unusable })
  const canMake = ring !== null && rp !== null && !('unusable' in rp)
  return confirmingBy({
    totp: ring && totpMethod({ store: mongoTotp(connection), ring, now, issuer: 'Curfew' }),
    passkeys: canMake ? passkeyMethod({ store: mongoPasskeys(connection), ring, rp }) : null,
    passkeyStore: mongoPasskeys(connection),
    codes: ring && enrolmentCodes(mongoEnrolmentCodes(connection), ring),
    proofs,
    links: recordedLinks(mongoOpenIdLinks(connection), { acts, log }),
    externalIds: mongoExternalIds(connection),
    openId: () => catalog().openId,
    publicUrl,
    now,
    proxies,
    tell: (person, news) => {
      log.info('what somebody confirms with changed', { person: person.id, what: news.what })
      if (isForAdmins(news)) tellAdmins(`A passkey of ${plainlyNamed(person)} seems to have been copied.`)
      tell(person, news).catch((error: unknown) =>
        log.warn('could not tell somebody of their ways of confirming', { person: person.id, error }),
      )
    },
    wentWithout: (person, taken, admins) =>
      tellAdmins(
        `${plainlyNamed(person)} broke glass without confirming who they are, as the sign-in did not answer: ${taken}.`,
        admins,
      ),
    alarm: (person, act) =>
      tellAdmins(
        `Somebody says that ${plainlyNamed(person)} did not ask to confirm something (${act}): their Slack may be in other hands.`,
      ),
    log,
  })
}

/** The codes by which a machine becomes somebody's device: none without keys. */
export const deviceCodesFor = (connection: Connection, { keys }: Pick<Config, 'keys'>): DeviceCodes | null =>
  keys === null ? null : deviceCodes(mongoDeviceCodes(connection), keyRing(keys))

/** Whose account it is from now on stands in the record. */
function recordedLinks(links: OpenIdLinks, parts: { acts: ActStore; log: Log }): OpenIdLinks {
  const link: OpenIdLinks['link'] = (one) => {
    const { personId: id, issuer, subject, by } = one
    const about = { kind: 'person', id, name: id } as const
    const details = { issuer, subject, by }
    const act = { type: 'account-linked', by: { source: issuer }, about, details } as const
    return asAct(
      parts,
      act,
      () => links.link(one),
      (answer) => (answer === 'linked' ? 'done' : 'refused'),
    )
  }
  return { ...links, link }
}
