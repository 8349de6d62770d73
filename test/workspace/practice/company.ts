import { inShort } from './in-short.ts'
import { okta, type Exchange, type Profile, type Send } from './okta.ts'
import type { ShownCompany, ShownEmployee, ShownExchange } from './protocol.ts'

/** Whoever looks on: each part of the directory by its kind and key, null once it is gone. */
export interface OnLooker {
  (kind: 'company', key: string, value: ShownCompany): void
  (kind: 'employee', key: string, value: ShownEmployee): void
  (kind: 'exchange', key: string, value: ShownExchange | null): void
}

interface Kept extends Profile {
  readonly group: string
  readonly isActive: boolean
  /** Their id at Curfew. */
  readonly there: string
}

const mostShown = 20

/**
 * The company's own directory of who works there, as an identity provider keeps it. Each change is told to Curfew by SCIM,
 * one after the other, and stands here once Curfew has taken it. Everybody is in one group.
 */
export class Company {
  readonly #name: string
  readonly #groups = new Map<string, string>()
  readonly #people = new Map<string, Kept>()
  readonly #exchanges: ShownExchange[] = []
  readonly #okta: ReturnType<typeof okta>
  #count = 0
  #last: Promise<unknown> = Promise.resolve()
  #show: OnLooker = () => undefined

  constructor(name: string, send: Send) {
    this.#name = name
    this.#okta = okta(send, (exchange) => this.#heard(exchange))
  }

  /** Shows all of it now, and from then on what changes. */
  shownBy(show: OnLooker): void {
    this.#show = show
    this.#showGroups()
    for (const person of this.#people.values()) this.#showPerson(person)
    for (const exchange of this.#exchanges) show('exchange', String(exchange.number), exchange)
  }

  hires(who: { id: string; name: string; email: string; group: string; manager?: string }): Promise<void> {
    return this.#next(async () => {
      const { id, name, email, group, manager } = who
      const boss = manager === undefined ? null : this.#find(manager).there
      const profile = { externalId: id, name, email, manager: boss }
      const there = await this.#okta.writes(profile)
      await this.#okta.add(await this.#groupCalled(group), there, name)
      this.#keep({ ...profile, group, isActive: true, there })
    })
  }

  moves(id: string, group: string): Promise<void> {
    return this.#next(async () => {
      const person = this.#find(id)
      const to = this.#groups.get(group)
      if (to === undefined) throw new Error(`there is no group ${group}`)
      if (person.group === group) return
      await this.#okta.remove(await this.#groupCalled(person.group), person.there)
      await this.#okta.add(to, person.there, person.name)
      this.#keep({ ...person, group })
    })
  }

  renames(id: string, { name, email }: { name: string; email: string }): Promise<void> {
    return this.#next(async () => {
      const person = { ...this.#find(id), name, email }
      await this.#okta.putOver(person.there, person)
      this.#keep(person)
    })
  }

  setActive(id: string, isActive: boolean): Promise<void> {
    return this.#next(async () => {
      const person = this.#find(id)
      await this.#okta.setActive(person.there, isActive)
      this.#keep({ ...person, isActive })
    })
  }

  #find(id: string): Kept {
    const person = this.#people.get(id)
    if (!person) throw new Error('nobody by that name works here')
    return person
  }

  async #groupCalled(name: string): Promise<string> {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const there = await this.#okta.writesGroup(name)
    this.#groups.set(name, there)
    this.#showGroups()
    return there
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }

  #keep(person: Kept): void {
    this.#people.set(person.externalId, person)
    this.#showPerson(person)
  }

  #showGroups(): void {
    this.#show('company', 'it', { name: this.#name, groups: [...this.#groups.keys()] })
  }

  #showPerson({ externalId, name, email, group, isActive }: Kept): void {
    this.#show('employee', externalId, { id: externalId, name, email, group, isActive })
  }

  #heard({ method, path, body, status }: Exchange): void {
    this.#count += 1
    const exchange = {
      number: this.#count,
      method,
      path,
      says: inShort(body),
      body: body === undefined ? '' : JSON.stringify(body, null, 1),
      status,
    }
    this.#exchanges.push(exchange)
    this.#show('exchange', String(exchange.number), exchange)
    if (this.#exchanges.length <= mostShown) return
    const oldest = this.#exchanges.shift()
    if (oldest) this.#show('exchange', String(oldest.number), null)
  }
}
