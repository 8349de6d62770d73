import { isDeepStrictEqual } from 'node:util'
import type { Method } from '../domain/confirmation.ts'
import { isConfirmed } from '../domain/confirming/confirmed.ts'
import type { FactorNews } from '../domain/confirming/factor-news.ts'
import type { OpenIdConfirmation, OpenIdRefusal } from '../domain/confirming/openid-answer.ts'
import { judgeLink, type LinkRefusal } from '../domain/confirming/openid-link.ts'
import type { OpenIdSettings } from '../domain/confirming/openid-settings.ts'
import type { Proxies } from '../domain/connector.ts'
import type { PersonRef } from '../domain/person.ts'
import type { Confirming, NoProof, Proof } from '../domain/ports/confirming.ts'
import type { ExternalIds } from '../domain/ports/external-ids.ts'
import type { Log } from '../domain/ports/log.ts'
import type { PasskeyStore } from '../domain/ports/passkeys.ts'
import type { ProofStore } from '../domain/ports/proofs.ts'
import type { OpenIdLinks } from '../domain/ports/openid-links.ts'
import type { EnrolmentCodes } from './enrolment-codes.ts'
import { openIdProvider, type OpenIdProvider } from './openid/open-id-provider.ts'
import type { Passkeys } from './passkeys.ts'
import type { Totp } from './totp.ts'
import { enrolmentWords, linkWords, notAdded, openIdWords, passkeyWords, totpWords } from './words.ts'

export interface ConfirmingParts {
  /** Null: nothing can be sealed, as no key is configured. */
  readonly totp: Totp | null
  /** Null: without a key or a page's address there are none. */
  readonly passkeys: Passkeys | null
  readonly passkeyStore: Pick<PasskeyStore, 'removeAll'>
  readonly codes: EnrolmentCodes | null
  /** What was proven by a way counts no more once that is removed. */
  readonly proofs: Pick<ProofStore, 'forget'>
  readonly links: OpenIdLinks
  readonly externalIds: ExternalIds
  /** The catalog's identity provider now. */
  readonly openId: () => OpenIdSettings | null
  /** Where people's browsers reach us; null: there are no pages. */
  readonly publicUrl: string | null
  readonly now: () => Date
  readonly proxies: Proxies | null
  /** What happened to somebody's ways of confirming, for whoever tells them. */
  readonly tell: (person: PersonRef, news: FactorNews) => void
  /** Somebody took something without confirming. */
  readonly wentWithout: (person: PersonRef, taken: string, admins: readonly string[]) => void
  /** Somebody says that a link was not asked for by them. */
  readonly alarm: (person: PersonRef, act: string) => void
  readonly log: Log
}

/** Where identity providers send browsers back to, below the address of our pages. */
export const signInPath = '/confirm/oidc'

/** All ways of confirming behind one door. */
export function confirmingBy(parts: ConfirmingParts): Confirming {
  const { totp, passkeys, codes, links, externalIds, publicUrl, log } = parts
  let known: { settings: OpenIdSettings; provider: OpenIdProvider } | null = null
  const providerOf = (settings: OpenIdSettings): OpenIdProvider => {
    if (known === null || !isDeepStrictEqual(known.settings, settings))
      known = { settings, provider: openIdProvider(settings, parts) }
    return known.provider
  }
  const tell = (person: PersonRef, news: FactorNews | null): void => {
    if (news !== null) parts.tell(person, news)
  }
  const refusedBy = (refusal: OpenIdRefusal): NoProof => {
    if (
      refusal.refused === 'misconfigured' ||
      refusal.refused === 'no-auth-time' ||
      refusal.refused === 'no-subject'
    )
      log.error('the identity provider is not set up for confirming', { ...refusal })
    else log.warn('somebody did not confirm at the identity provider', { refused: refusal.refused })
    return openIdWords(refusal)
  }
  const linkRefused = (person: PersonRef, why: LinkRefusal): NoProof => {
    if (why === 'another-person' || why === 'not-theirs')
      tell(person, { person: person.id, what: 'another-tried' })
    return linkWords(why)
  }
  /** Whose account it is: linked once, and never anew by itself. */
  const owned = async (
    person: PersonRef,
    account: OpenIdConfirmation,
    { subject, source, issuer }: OpenIdSettings,
  ): Promise<Proof | NoProof> => {
    const link = { personId: person.id, issuer: account.issuer, subject: account.subject }
    const theirs = {
      id: person.id,
      emails: person.email === null ? [] : [person.email],
      externalIds: source === undefined ? [] : await externalIds.of(person.id, source),
    }
    const judged = judgeLink(account, theirs, { known: await links.known(link), by: subject })
    if (judged.is === 'refused') return linkRefused(person, judged.why)
    if (judged.is === 'new') {
      const linked = await links.link(judged.link)
      if (linked !== 'linked') return linkRefused(person, linked)
      log.info('an account of the identity provider is somebody’s now', { person: person.id, by: subject })
    }
    return { method: 'oidc', at: account.at, issuer }
  }
  const hasWay: Record<Method, (person: PersonRef) => Promise<boolean>> = {
    oidc: () => Promise.resolve(parts.openId() !== null && publicUrl !== null),
    passkey: async ({ id }) => passkeys !== null && (await passkeys.hasHere(id)),
    totp: async ({ id }) => totp !== null && (await totp.isEnrolled(id)),
  }
  const none: NoProof = { no: 'this way is not set up here', isWrong: false }
  return {
    waysOf: async (person, methods) => {
      const found = await Promise.all(methods.map(async (one) => ((await hasWay[one](person)) ? [one] : [])))
      return found.flat()
    },
    byCode: async (person, typed) => {
      if (totp === null) return none
      const answer = await totp.confirm(person.id, typed)
      if (isConfirmed(answer)) return answer
      if ('news' in answer) tell(person, answer.news)
      return totpWords(answer)
    },
    passkeyOptions: async (person, asked) => (await passkeys?.confirmOptions(person.id, asked)) ?? null,
    byPasskey: async (person, asked, body) => {
      if (passkeys === null) return none
      const answer = await passkeys.confirm(person.id, asked, body)
      if (isConfirmed(answer)) return answer
      if ('news' in answer) tell(person, answer.news)
      if (answer.refused === 'other-person' || answer.refused === 'anothers')
        tell(person, { person: person.id, what: 'another-tried' })
      return passkeyWords(answer)
    },
    signIn: async ({ email }, maxAgeMs) => {
      const settings = parts.openId()
      if (settings === null || publicUrl === null) return none
      const begun = await providerOf(settings).begin({
        redirectUri: `${publicUrl}${signInPath}`,
        maxAgeSeconds: Math.max(1, Math.floor(maxAgeMs / 1_000)),
        ...(email === null ? {} : { loginHint: email }),
      })
      return 'refused' in begun ? refusedBy(begun) : begun
    },
    bySignIn: async (person, { query, attempt, maxAgeMs }) => {
      const settings = parts.openId()
      if (settings === null || publicUrl === null) return none
      const answer = await providerOf(settings).finish({
        callbackUrl: `${publicUrl}${signInPath}${query}`,
        attempt,
        maxAgeSeconds: Math.max(1, Math.floor(maxAgeMs / 1_000)),
      })
      return 'refused' in answer ? refusedBy(answer) : owned(person, answer, settings)
    },
    isDown: async (person, methods) => {
      const settings = parts.openId()
      if (settings === null || publicUrl === null || !methods.includes('oidc')) return false
      const others = methods.filter((one) => one !== 'oidc')
      const has = await Promise.all(others.map((one) => hasWay[one](person)))
      return !has.includes(true) && !(await providerOf(settings).answers())
    },
    wentWithout: (person, taken, admins) => parts.wentWithout(person, taken, admins),
    notMe: (person, act) => parts.alarm(person, act),
    enrolling: {
      // Without a page nothing can be added, by a code neither.
      isPossible: codes !== null && publicUrl !== null,
      ownWays: async (person) => {
        const [keys, hasApp] = await Promise.all([passkeys?.list(person.id), totp?.isEnrolled(person.id)])
        return [
          ...(keys ?? []).map(({ id, label }) => ({ method: 'passkey' as const, id, label })),
          ...(hasApp ? [{ method: 'totp' as const, id: '', label: 'Authenticator app' }] : []),
        ]
      },
      remove: async (person, { method, id }) => {
        const news = method === 'totp' ? await totp?.remove(person.id) : await passkeys?.remove(person.id, id)
        // Whether it was there or not: somebody removed it a moment ago, perhaps, and died.
        await parts.proofs.forget(person.id, method)
        tell(person, news ?? null)
        return news != null
      },
      removeAll: async (person, by) => {
        // First the code: nobody is to add a way by it meanwhile.
        const hadCode = (await codes?.cancel(person.id)) ?? false
        // Though there are none here now, as no page is reached: they would be there again once one is.
        const keys = await parts.passkeyStore.removeAll(person.id)
        const app = await totp?.remove(person.id)
        for (const method of ['passkey', 'totp'] as const) await parts.proofs.forget(person.id, method)
        const removed = keys.length + (app == null ? 0 : 1)
        if (removed > 0 || hadCode) tell(person, { person: person.id, what: 'all-removed', by })
        return removed
      },
      makeCode: async (person, by) => {
        if (codes === null) return none
        const made = await codes.make(person, by)
        if ('refused' in made) return { no: 'nobody makes a code for themselves', isWrong: false }
        tell(person, { person: person.id, what: 'code-made', by })
        return made
      },
      byCode: async (person, typed) => {
        if (codes === null) return none
        const used = await codes.use(person.id, typed)
        return 'refused' in used ? enrolmentWords(used) : { at: used.at }
      },
      codeOffer: (person, ticket) => totp?.offer(person, ticket) ?? null,
      addCode: async (person, ticket, typed) => {
        if (totp === null) return none
        const done = await totp.enrol(person, ticket, typed)
        if ('refused' in done) return notAdded(done)
        // What the app of before proved is of an app that is not theirs any more, perhaps.
        await parts.proofs.forget(person.id, 'totp')
        tell(person, done.enrolled)
        return { added: 'your authenticator app' }
      },
      passkeyOffer: async (person, ticket) => (await passkeys?.enrolOptions(person, ticket)) ?? null,
      addPasskey: async (person, answer) => {
        if (passkeys === null) return none
        const done = await passkeys.enrol(person, answer)
        if ('refused' in done) return notAdded(done)
        tell(person, done.enrolled)
        return { added: 'your passkey' }
      },
    },
  }
}
