import { randomBytes } from 'node:crypto'
import { BSON, type Collection } from 'mongodb'
import { z } from 'zod'
import { userNameOf } from './provider.ts'

const { EJSON } = BSON
const atOnce = 5_000
/** As a server stores somebody. */
export interface Stored extends Record<string, unknown> {
  _id: string
}
const document = z.record(z.string(), z.unknown())

/**
 * Writes more people, as the server at hand stored the first one: the same document with another number wherever its own
 * number stands. Whatever else a server keeps of somebody is repeated with it.
 */
export async function moreUsers(users: Collection<Stored>, { from, to }: { from: number; to: number }) {
  const number = 1_234
  const like = await users.findOne({ userName: userNameOf(number) })
  if (like === null) throw new Error('nobody is there to be repeated')
  const { _id, ...rest } = like
  const pattern = new RegExp(`${_id}|\\b${number}\\b`, 'g')
  const text = EJSON.stringify(rest, { relaxed: false })
  for (let first = from; first < to; first += atOnce) {
    const made = Array.from({ length: Math.min(atOnce, to - first) }, (_, i) => {
      const id = idLike(_id)
      const own = text.replace(pattern, (found) => (found === _id ? id : String(first + i)))
      return { ...document.parse(EJSON.parse(own, { relaxed: false })), _id: id }
    })
    await users.insertMany(made, { ordered: false })
  }
}

/** Of the same letters and length: ids of every server sort as its own do. */
function idLike(id: string): string {
  const bytes = randomBytes(id.length)
  const isHex = /^[0-9a-f]+$/.test(id)
  return isHex ? bytes.toString('hex').slice(0, id.length) : bytes.toString('base64url').slice(0, id.length)
}
