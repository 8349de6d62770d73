import type { FactorNews } from '../../domain/confirming/factor-news.ts'
import { plainWords, when } from '../words/mrkdwn.ts'
import { surely } from '../words/who.ts'

/** What people read when something happened to their ways of confirming: it may not have been them. */
export function newsWords(news: FactorNews): string {
  const ifNotYou = 'If that was not you, tell your admins at once.'
  switch (news.what) {
    case 'passkey-enrolled':
      return `You can confirm with a new passkey now, ${called(news.label)}. ${ifNotYou}`
    case 'passkey-removed':
      return `Your passkey ${called(news.label)} confirms nothing any more. ${ifNotYou}`
    case 'totp-enrolled':
      return `You can confirm with codes of an authenticator app now. ${ifNotYou}`
    case 'totp-replaced':
      return `Another authenticator app makes your codes now; those of the one before confirm nothing. ${ifNotYou}`
    case 'totp-removed':
      return `Codes of your authenticator app confirm nothing any more. ${ifNotYou}`
    case 'totp-locked':
      return `Too many wrong codes were typed for you; codes are taken again ${when(news.until)}. ${ifNotYou}`
    case 'code-made':
      return `${surely(news.by)} made a one-time code, with which a way to confirm is added for you; they give it to you in person. If you did not ask them for it, tell another admin at once.`
    case 'all-removed':
      return `${surely(news.by)} removed all that you confirmed with: none of it counts any more, nor does a one-time code of before. To add a way anew, ask them for a code. If you did not ask for this, tell another admin at once.`
    case 'another-tried':
      return `Somebody opened a link that was made for you, and tried to confirm with an account or a passkey that is not yours. Nothing was done. ${ifNotYou}`
    case 'passkey-counter-back':
      return `Your passkey ${called(news.label)} seems to have been copied, and was not taken. Your admins were told; please talk to them.`
  }
}

const called = (label: string): string => `“${plainWords(label, 60)}”`
