import type { Person } from '../people/person.ts'
import { Phone } from './phone.ts'
import type { ShownPhone } from './protocol.ts'

/** How somebody gets a one-time code: what was run for it, and what it printed. */
export type Enrol = (person: Person) => Promise<{ readonly ran: string; readonly code: string }>

/** Everybody's phone: each has their own, and nobody is at another's. */
export class Phones {
  readonly #publicUrl: string
  readonly #enrol: Enrol
  readonly #phones = new Map<string, Phone>()
  readonly #told = new Map<string, ShownPhone['told']>()
  #show: (personId: string, phone: ShownPhone) => void = () => undefined

  constructor(publicUrl: string, enrol: Enrol) {
    this.#publicUrl = publicUrl
    this.#enrol = enrol
  }

  shownBy(people: readonly Person[], show: (personId: string, phone: ShownPhone) => void): void {
    this.#show = show
    for (const { id } of people) this.#of(id)
    this.look()
  }

  /** Their authenticator apps show other digits by and by. */
  look(): void {
    for (const id of this.#phones.keys()) this.#tell(id)
  }

  /** Does this at somebody's phone. */
  async at(personId: string, act: (phone: Phone) => Promise<void> | void): Promise<void> {
    try {
      await act(this.#of(personId))
    } finally {
      this.#tell(personId)
    }
  }

  /** Sends a form on somebody's phone; a one-time code that was taken is of no use any more. */
  async sends(personId: string, to: string, fields: Readonly<Record<string, string>>): Promise<void> {
    await this.at(personId, async (phone) => {
      await phone.sends(to, fields)
      if (to.endsWith('/code') && !phone.address.endsWith('/code')) this.#told.delete(personId)
    })
  }

  /** As an admin does who sees them before their desk: by the command line, and by word of mouth. */
  async tellCode(person: Person, by: string): Promise<string> {
    const { ran, code } = await this.#enrol(person)
    this.#told.set(person.id, { by, ran, code })
    this.#tell(person.id)
    return code
  }

  /** What somebody sees on theirs. */
  read(personId: string): { readonly address: string; readonly text: string } {
    return this.#of(personId)
  }

  #of(personId: string): Phone {
    const known = this.#phones.get(personId)
    if (known) return known
    const phone = new Phone(this.#publicUrl)
    this.#phones.set(personId, phone)
    return phone
  }

  #tell(personId: string): void {
    const told = this.#told.get(personId) ?? null
    this.#show(personId, { ...this.#of(personId).shown, told })
  }
}
