import type { Connection } from 'mongoose'
import { z } from 'zod'
import { endedWithin } from './within.ts'

/** What the role readWrite allows, as far as Curfew uses it. */
const needed = [
  'find',
  'insert',
  'update',
  'remove',
  'createCollection',
  'createIndex',
  'listIndexes',
] as const

const resource = z.object({
  db: z.string().optional(),
  collection: z.string().optional(),
  anyResource: z.boolean().optional(),
})
const statusSchema = z.object({
  authInfo: z.object({
    authenticatedUsers: z.array(z.unknown()),
    authenticatedUserPrivileges: z.array(z.object({ resource, actions: z.array(z.string()) })),
  }),
})

/** What our login may not do in our own database; null where nobody has to sign in, or did. */
export async function missingRights(connection: Connection): Promise<readonly string[] | null> {
  const command = { connectionStatus: 1, showPrivileges: true }
  const { authInfo } = statusSchema.parse(await connection.db?.command(command, endedWithin(5_000)))
  if (authInfo.authenticatedUsers.length === 0) return null
  const isOurs = ({ db, collection, anyResource }: z.infer<typeof resource>): boolean =>
    anyResource === true || (collection === '' && (db === '' || db === connection.name))
  const may = new Set(
    authInfo.authenticatedUserPrivileges.flatMap((one) => (isOurs(one.resource) ? one.actions : [])),
  )
  return needed.filter((action) => !may.has(action))
}
