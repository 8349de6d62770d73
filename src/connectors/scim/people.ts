import { isGone, refused, unclear, type Server } from './server.ts'
import { attributesOf, isCalled, nameOf, personFilter, user, userList, type User } from './messages.ts'
import type { PersonKey } from './settings.ts'

const usersInPage = 1_000
/** So few are looked up one by one, whatever the server has besides. */
const fewPeople = 20
/** One page of everybody is worth so many single questions. */
const worthOfPage = 10
const askedAtOnce = 6

/** How a member whom no person belongs to is listed: nobody is given anything under such a name. */
const nobodys = 'member without a person: '
export const isNobody = (principal: string): boolean => principal.startsWith(nobodys)

/** Who is who on a server. */
export interface People {
  /** The one person who is called so; null: nobody is. Rejects where it could be several, or the server did not look. */
  find(principal: string, doing: string, signal: AbortSignal): Promise<string | null>
  /** How these are called, in their order; whoever is nobody keeps their id, in a form that is no principal. */
  namesOf(ids: readonly string[], doing: string, signal: AbortSignal): Promise<string[]>
}

export function peopleOf(server: Server, key: PersonKey): People {
  const attributes = `attributes=${attributesOf[key]}`

  async function asked(id: string, doing: string, signal: AbortSignal): Promise<string | null> {
    const path = `/Users/${encodeURIComponent(id)}?${attributes}`
    const answer = await server.send({ doing, method: 'GET', path, signal }, [404])
    if (isGone(answer, doing)) return null
    const found = server.read(user, answer, doing)
    if (found.id !== id) throw unclear(doing, 'it answered with another person')
    return nameOf(found, key)
  }

  /** A page of everybody, by its place among all. */
  async function page(startIndex: number, doing: string, signal: AbortSignal) {
    const path = `/Users?${attributes}&startIndex=${startIndex}&count=${usersInPage}`
    const answer = await server.send({ doing, method: 'GET', path, signal })
    const { totalResults, Resources } = server.read(userList, answer, doing)
    return { totalResults, users: Resources ?? [] }
  }

  /** Names of many, from pages of everybody; whoever is missed on the way is missing. */
  async function fromPages(wanted: ReadonlySet<string>, doing: string, signal: AbortSignal) {
    const names = new Map<string, string>()
    const take = (users: readonly User[]): void => {
      for (const one of users) {
        const name = nameOf(one, key)
        if (wanted.has(one.id) && name !== null) names.set(one.id, name)
      }
    }
    const first = await page(1, doing, signal)
    take(first.users)
    const pages = Math.ceil(first.totalResults / Math.max(first.users.length, 1))
    if (pages * worthOfPage > wanted.size) return names
    for (let seen = first.users.length; names.size < wanted.size && seen < first.totalResults;) {
      const { users } = await page(seen + 1, doing, signal)
      if (users.length === 0) break
      take(users)
      seen += users.length
    }
    return names
  }

  return {
    async find(principal, doing, signal) {
      if (isNobody(principal) || !principal.isWellFormed()) return null
      const filter = encodeURIComponent(personFilter(key, principal))
      const path = `/Users?filter=${filter}&${attributes}&count=2`
      const answer = await server.send({ doing, method: 'GET', path, signal })
      const { totalResults, Resources } = server.read(userList, answer, doing)
      const found = Resources ?? []
      if (found.some((one) => !isCalled(one, key, principal)))
        throw refused(doing, `it answered with others when asked who has the ${key} ${principal}`)
      const [one] = found
      // That there is somebody, and not who: an answer that was cut short.
      if (one === undefined && totalResults > 0)
        throw unclear(doing, `it did not say who has the ${key} ${principal}`)
      if (found.length > 1 || totalResults > 1)
        throw refused(doing, `several people have the ${key} ${principal}`)
      return one?.id ?? null
    },

    async namesOf(ids, doing, signal) {
      const names =
        ids.length > fewPeople ? await fromPages(new Set(ids), doing, signal) : new Map<string, string>()
      const missing = ids.filter((id) => !names.has(id))
      for (let from = 0; from < missing.length; from += askedAtOnce) {
        const some = missing.slice(from, from + askedAtOnce)
        const found = await Promise.all(some.map((id) => asked(id, doing, signal)))
        for (const [i, id] of some.entries()) names.set(id, found[i] ?? nobodys + id)
      }
      return ids.map((id) => names.get(id) ?? nobodys + id)
    },
  }
}
