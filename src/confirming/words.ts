import type { OpenIdRefusal } from '../domain/confirming/openid-answer.ts'
import type { LinkRefusal } from '../domain/confirming/openid-link.ts'
import type { NoProof } from '../domain/ports/confirming.ts'
import type { CodeUsed } from './enrolment-codes.ts'
import type { PasskeyRefused } from './passkey-confirm.ts'
import type { PasskeyEnrolled } from './passkey-enrol.ts'
import type { TotpEnrolled, TotpRefused } from './totp.ts'

/** What whoever tried reads: what to do now, and nothing of how it is found out. */

const no = (words: string, isWrong = false): NoProof => ({ no: words, isWrong })
const wrong = (words: string): NoProof => no(words, true)
/** Nothing that whoever tried did. */
const ours = (words: string): NoProof => ({ ...no(words), isOurs: true })

/** Nor was anything typed or shown that could be a guess. */
const nobodys = (words: string): NoProof => ({ ...no(words), isNobodys: true })

const clock = (at: Date): string => `${at.toISOString().slice(11, 16)} UTC`
const more = (left: number): string => (left === 1 ? 'one more try' : `${left} more tries`)

export function totpWords(refusal: TotpRefused): NoProof {
  switch (refusal.refused) {
    case 'not-a-code':
      return no('a code has six digits')
    case 'not-enrolled':
      return no('no authenticator app is known of you')
    case 'wrong-code':
      return wrong(`that code is wrong; ${more(refusal.left)}`)
    case 'used-code':
      return { ...wrong('that code was used already; wait for the next one'), isUsed: true }
    case 'locked':
      return no(`too many wrong codes; they are taken again at ${clock(refusal.until)}`)
    case 'unreadable':
      return ours('Curfew cannot read what it keeps of your app; whoever runs it must look at its keys')
  }
}

export function passkeyWords({ refused }: PasskeyRefused): NoProof {
  switch (refused) {
    case 'unverified-user':
      return no('your device must ask for your finger, face or PIN')
    case 'unknown-passkey':
    case 'anothers':
    case 'other-person':
      return wrong('that passkey is not one of yours here')
    case 'used-already':
      return { ...no('that answer was used already; please press once more'), isUsed: true }
    case 'other-challenge':
      return no('that answer was to another question; please press once more')
    case 'counter-back':
      return wrong('that passkey seems to have been copied; your admins were told')
    case 'malformed':
    case 'other-type':
    case 'other-origin':
    case 'other-host':
    case 'wrong-signature':
      return wrong('your passkey could not be checked')
  }
}

export function openIdWords(refusal: OpenIdRefusal): NoProof {
  switch (refusal.refused) {
    case 'unreachable':
      return ours('the identity provider does not answer now; try another way, or again in a minute')
    case 'misconfigured':
    case 'no-auth-time':
    case 'no-subject':
      return ours(
        'the identity provider is not set up for this; whoever runs Curfew was told how, in its log',
      )
    case 'cancelled':
      return nobodys('you were not signed in there')
    case 'again':
      return nobodys('please sign in once more')
    case 'other':
      return wrong('that was no answer to this sign-in')
    case 'stale':
      return nobodys('that sign-in is too old: sign in anew')
    case 'future':
      return ours('the clocks of Curfew and the identity provider differ')
    case 'weak':
      return nobodys('a stronger sign-in is needed, with a second factor')
  }
}

export function linkWords(why: LinkRefusal): NoProof {
  switch (why) {
    case 'another-person':
    case 'not-theirs':
      return wrong('the account that signed in there is not yours')
    case 'link-differs':
      return wrong('another account there was yours before; an owner of Curfew can change that')
    case 'nothing-to-compare':
      return ours(
        'the identity provider does not say whose that account is; whoever runs Curfew must set it up',
      )
  }
}

export function enrolmentWords(refusal: Extract<CodeUsed, { refused: string }>): NoProof {
  switch (refusal.refused) {
    case 'not-a-code':
      return no('that is no such code: it has ten letters and digits')
    case 'wrong-code':
      return wrong(`that code is wrong; ${more(refusal.left)}`)
    case 'no-code':
    case 'expired':
    case 'used-before':
    case 'too-many-tries':
      return no('that code is not good any more: ask your admin for a new one')
  }
}

export function notAdded({ refused }: Extract<TotpEnrolled | PasskeyEnrolled, { refused: string }>): NoProof {
  switch (refused) {
    case 'not-a-code':
      return no('a code has six digits')
    case 'wrong-code':
      return no('that is not the code that your app shows now')
    case 'known-already':
      return no('that passkey is here already')
    case 'too-many':
      return no('these are as many passkeys as one may have; remove one first')
    case 'unverified-user':
      return no('your device must ask for your finger, face or PIN')
    default:
      return no('your passkey could not be taken; please try once more')
  }
}
