import type { Method } from '../confirmation.ts'
import type { BrowserAttempt } from './tickets.ts'
import type { PersonRef } from '../person.ts'

/** Somebody has just shown who they are; the instant is the database's, or the identity provider's. */
export interface Proof {
  readonly method: Method
  readonly at: Date
  /** At which identity provider, as the catalog names it. */
  readonly issuer?: string
}

/** In words for whoever tried: "That code is wrong; 3 more tries". Nothing of a system's own. */
export interface NoProof {
  readonly no: string
  /** It was an answer, and a wrong one: so many are counted for a ticket. */
  readonly isWrong: boolean
  /** Nothing that they did: Curfew, or the identity provider, cannot tell now. Nobody is taken for guessing by it. */
  readonly isOurs?: true
  /** They left the sign-in, or it is to be done once more: nothing was shown that could be a guess. */
  readonly isNobodys?: true
  /** It was right and is used: by the same press, perhaps, that came twice. */
  readonly isUsed?: true
}

/** What is proven for: an answer to one question is none to another. */
export interface ProofAsked {
  readonly ticket: string
  /** Of the act and its terms. */
  readonly digest: string
}

/** How people show who they are. */
export interface Confirming {
  /** By which of these ways this person can; empty: they have none yet. */
  waysOf(person: PersonRef, methods: readonly Method[]): Promise<readonly Method[]>
  /** Six digits of an authenticator app. */
  byCode(person: PersonRef, typed: string): Promise<Proof | NoProof>
  /** For `credentials.get` in their browser; null: they have no passkey that works here. */
  passkeyOptions(person: PersonRef, asked: ProofAsked): Promise<object | null>
  byPasskey(person: PersonRef, asked: ProofAsked, body: string): Promise<Proof | NoProof>
  /** Where to send their browser to sign in, and what to remember of it. */
  signIn(
    person: PersonRef,
    maxAgeMs: number,
  ): Promise<{ url: string; attempt: Omit<BrowserAttempt, 'browser'> } | NoProof>
  /** They came back with this query. */
  bySignIn(
    person: PersonRef,
    came: { query: string; attempt: BrowserAttempt; maxAgeMs: number },
  ): Promise<Proof | NoProof>
  /**
   * Nothing of theirs that counts could be used now: the identity provider was asked in this moment and does not answer,
   * and they have nothing that works without it.
   */
  isDown(person: PersonRef, methods: readonly Method[]): Promise<boolean>
  /** They took this without confirming, as nothing to confirm with answered: its admins hear of it. */
  wentWithout(person: PersonRef, taken: string, admins: readonly string[]): void
  /** Whoever opened the link did not ask for this: its admins hear of it. */
  notMe(person: PersonRef, act: string): void
  readonly enrolling: Enrolling
}

/** One of somebody's ways to confirm, as they know it. */
export interface OwnWay {
  readonly method: 'passkey' | 'totp'
  /** Which; of an app there is one. */
  readonly id: string
  readonly label: string
}

/** What an app has to be told to make codes. */
export interface CodeOffer {
  readonly secret: string
  /** An SVG. */
  readonly qr: string
}

export interface Enrolling {
  /** False where no key is configured, or no page can be opened: nothing can be added. */
  readonly isPossible: boolean
  /** What they added; of another address too. */
  ownWays(person: PersonRef): Promise<readonly OwnWay[]>
  /** From now on it confirms nothing; they are told. False where there was none. */
  remove(person: PersonRef, way: Pick<OwnWay, 'method' | 'id'>): Promise<boolean>
  /** All of theirs, and a one-time code that waits for them: nothing of it counts any more. How many ways they had. */
  removeAll(person: PersonRef, by: PersonRef): Promise<number>
  /** By an admin, who gives it to them in person: shown this once. They are told that it was made. */
  makeCode(
    person: PersonRef,
    by: PersonRef,
  ): Promise<{ readonly code: string; readonly until: Date } | NoProof>
  /** The one-time code that an admin gave in person; it is used up. */
  byCode(person: PersonRef, typed: string): Promise<{ at: Date } | NoProof>
  /** The same each time for one ticket: a page may be opened twice. */
  codeOffer(person: PersonRef, ticket: string): CodeOffer | null
  addCode(person: PersonRef, ticket: string, typed: string): Promise<{ added: string } | NoProof>
  /** For `credentials.create`; null: there are no passkeys here. */
  passkeyOffer(person: PersonRef, ticket: string): Promise<object | null>
  addPasskey(
    person: PersonRef,
    answer: { ticket: string; body: string; label: string },
  ): Promise<{ added: string } | NoProof>
}

export const isProof = (answer: Proof | NoProof): answer is Proof => 'method' in answer
