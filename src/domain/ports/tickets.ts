import type { PersonRef } from '../person.ts'

/** What a link leads to: one act, of one person, once. */
export interface Ticket {
  readonly act: 'show-secret'
  readonly grantId: string
  readonly by: PersonRef
}

export interface TicketStore {
  /**
   * A new ticket that is good for so long, by the database's clock. What is returned is 256 bits that stand nowhere else:
   * the store keeps their hash.
   */
  make(ticket: Ticket, forMs: number): Promise<string>
  /** Looks without using it up; null where it is unknown, used or too old. */
  look(token: string): Promise<Ticket | null>
  /** Uses it up: of all who try, one gets it, and the others null. */
  use(token: string): Promise<Ticket | null>
  /** What it was used for did not come about: it is good again, until its time is up. */
  giveBack(token: string): Promise<void>
}
