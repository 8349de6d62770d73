import type { Person } from '../test/workspace/people/person.ts'
import type { Door } from '../test/workspace/practice/doors.ts'
import type { DemoParts } from './demo-parts.ts'

/** Each resource's own door, asked live from the database itself and not from the app. */
export function demoDoors({ cast, database }: Pick<DemoParts, 'cast' | 'database'>): Door[] {
  const { riley, ada, sam, kim, mallory } = cast
  const logins = new Map<string, Person>([
    ['riley', riley],
    ['ada', ada],
    ['sam', sam],
    ['kim', kim],
    ['mallory', mallory],
  ])
  const loginOf = (personId: string): string | undefined =>
    [...logins].find(([, person]) => person.id === personId)?.[0]
  const door = (id: string, name: string, table: string, roles: readonly string[]): Door => ({
    id,
    name,
    holders: async () => {
      const held = await Promise.all(roles.map((role) => database.holders(role, table)))
      return [...new Set(held.flat())].map((login) => logins.get(login)?.id ?? login)
    },
    tryAs: async (personId) => {
      const login = loginOf(personId)
      if (login === undefined) return { ok: false, says: 'nobody by that name' }
      const { isOpen, says } = await database.tryDoor(login, table)
      return { ok: isOpen, says }
    },
  })
  return [
    door('orders-db', 'Orders database', 'orders', ['read', 'readWrite']),
    door('reports-db', 'Sales reports', 'reports', ['read']),
  ]
}
