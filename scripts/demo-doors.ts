import type { Person } from '../test/workspace/people/person.ts'
import type { Door as Opened } from '../test/support/orders-database.ts'
import type { Door } from '../test/workspace/practice/doors.ts'
import type { Laptop } from '../test/workspace/practice/laptop.ts'
import type { DemoParts } from './demo-parts.ts'

/** Each resource's own door, asked live from the database itself and not from the app. */
export function demoDoors({
  cast,
  database,
  billing,
  laptop = null,
}: Pick<DemoParts, 'cast' | 'database' | 'billing'> & { laptop?: Laptop | null }): Door[] {
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
  const door = (
    { id, name }: Pick<Door, 'id' | 'name'>,
    { holders, open }: { holders: () => Promise<string[]>; open: (login: string) => Promise<Opened> },
  ): Door => ({
    id,
    name,
    holders: async () => [...new Set(await holders())].map((login) => logins.get(login)?.id ?? login),
    tryAs: async (personId) => {
      const login = loginOf(personId)
      if (login === undefined) return { ok: false, says: 'nobody by that name' }
      const { isOpen, says } = await open(login)
      return { ok: isOpen, says }
    },
  })
  const table = (id: string, name: string, of: string, roles: readonly string[]): Door =>
    door(
      { id, name },
      {
        holders: async () => (await Promise.all(roles.map((role) => database.holders(role, of)))).flat(),
        open: (login) => database.tryDoor(login, of),
      },
    )
  return [
    table('orders-db', 'Orders database', 'orders', ['read', 'readWrite']),
    table('reports-db', 'Sales reports', 'reports', ['read']),
    ...(laptop === null ? [] : [table(laptop.door, 'Customer records', 'customers', ['read'])]),
    ...(billing === null
      ? []
      : [
          door(
            { id: 'billing-db', name: 'Billing database' },
            { holders: () => billing.holders(), open: (login) => billing.tryDoor(login) },
          ),
        ]),
  ]
}
