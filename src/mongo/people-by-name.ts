import type { Connection } from 'mongoose'
import type { Person } from '../domain/person.ts'
import { personModel, readPerson } from './people.ts'

/** Whose name has this in it, in whatever letters, as they were seen last; at most so many. Reads all of them. */
export async function peopleNamed(connection: Connection, part: string, most: number): Promise<Person[]> {
  const literally = part.replace(/[^\p{L}\p{N}\s]/gu, '\\$&')
  const found = await personModel(connection)
    .find({ name: { $regex: literally, $options: 'i' } })
    .limit(most)
    .lean()
  return found.map(readPerson)
}
