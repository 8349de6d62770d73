import type { OpenIdAttempt } from '../confirming/openid-answer.ts'
import type { PersonRef } from '../person.ts'
import type { Recurrence } from '../timing.ts'

/** What a link leads to: one act, of one person. */
export type Ticket = ShowTicket | ConfirmTicket | EnrolTicket

/** To look once at what giving made. */
export interface ShowTicket {
  readonly act: 'show-secret'
  readonly grantId: string
  readonly by: PersonRef
}

/** To confirm who one is, for one thing on the terms that were shown. */
export interface ConfirmTicket {
  readonly act: 'confirm'
  readonly by: PersonRef
  readonly what: Confirmable
  /** Of its terms: where they are others by now, it is not what was shown. */
  readonly terms: string
}

/** To add a way of confirming. */
export interface EnrolTicket {
  readonly act: 'enrol'
  readonly by: PersonRef
  /** They showed who they are, and may add one now. */
  readonly isProven: boolean
}

/** What is done once somebody confirmed who they are. */
export type Confirmable = SessionConfirmable | AnswerConfirmable | AskConfirmable

export type SessionConfirmable =
  | {
      readonly kind: 'open-session'
      readonly resource: string
      readonly entitlement: string
      /** On which of their devices, where it is for one. */
      readonly device?: { readonly id: string } | null | undefined
    }
  | { readonly kind: 'renew-session'; readonly grantId: string; readonly seenEndsAt: Date }

/** An approver's yes, to lines of one request or to more time. */
export type AnswerConfirmable =
  | { readonly kind: 'approve'; readonly answers: readonly ConfirmedAnswer[] }
  | { readonly kind: 'more-time'; readonly grantId: string; readonly askedAt: Date }

export interface ConfirmedAnswer {
  readonly grantId: string
  /** Of the grant, as the approver saw it. */
  readonly terms: string
  readonly note: string | null
  readonly durationMs: number | null
  readonly aheadUntil: Date | null
}

export type AskConfirmable =
  /** A holder's more time. */
  | { readonly kind: 'extend'; readonly grantId: string; readonly seenEndsAt: Date }
  | {
      readonly kind: 'ask'
      readonly requestId: string
      readonly wanted: readonly Wanted[]
      readonly holder: PersonRef | null
      readonly durationMs: number
      readonly startsAt: Date | null
      readonly recurrence: Recurrence | null
      readonly reason: string
      readonly device?: { readonly id: string } | null | undefined
    }
  | ({
      readonly kind: 'break-glass'
      readonly requestId: string
      readonly durationMs: number
      readonly reason: string
      readonly typed: string
    } & Wanted)

interface Wanted {
  readonly resource: string
  readonly entitlement: string
}

/** An attempt to sign in elsewhere, of one browser. */
export interface BrowserAttempt extends OpenIdAttempt {
  /** A mark of what that browser keeps. */
  readonly browser: string
}

export interface TicketStore {
  /**
   * A new ticket that is good for so long, by the database's clock. What is returned is 256 bits that stand nowhere else:
   * the store keeps their hash.
   */
  make(ticket: Ticket, forMs: number): Promise<string>
  /** Looks without using it up; null where it is unknown, used, guessed at too often or too old. */
  look(token: string): Promise<Ticket | null>
  /** Uses it up: of all who try, one gets it, and the others null. */
  use(token: string): Promise<Ticket | null>
  /** What it was used for did not come about: it is good again, until its time is up. */
  giveBack(token: string): Promise<void>
  /** A wrong answer to it: after five it is good no more. How many are left. */
  miss(token: string): Promise<number>
  /** Whoever left to sign in elsewhere: one attempt a ticket, a later one in place of it. */
  leave(token: string, attempt: BrowserAttempt): Promise<void>
  /** They are back: the attempt, once. */
  comeBack(token: string): Promise<BrowserAttempt | null>
  /** With none of those that this person has now anything is added. */
  endEnrolling(personId: string): Promise<void>
}
