import type { Connection } from 'mongoose'
import { collectionOf } from './connection.ts'

/** Which of these grants are held now and have something to show: what giving them makes is made when it is shown. */
export async function havingSecrets(
  connection: Connection,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const found = await collectionOf<{ _id: string }>(connection, 'grants')
    .find({ _id: { $in: [...ids] }, secret: { $type: 'object' } }, { projection: { _id: 1 } })
    .toArray()
  return new Set(found.map(({ _id }) => _id))
}
