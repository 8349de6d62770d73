import { faultOf } from '../config.ts'
import { mustBeReadable, Unusable } from '../mongo/unusable.ts'
import type { Part } from './part.ts'

const ofThisMachine = 'mongodb://127.0.0.1:27017/curfew?replicaSet=rs0'

/** All before the options, without scheme and login: hosts, and the database after them. */
const place = (uri: string): string => uri.replace(/^[^:]+:\/\/(?:.*@)?/s, '').replace(/\?.*$/s, '')

export const mongodbUri: Part<string> = {
  by: ['MONGODB_URI'],
  asks: `Address, mongodb://… (Enter: ${ofThisMachine})`,
  isSecret: true,
  otherwise: ofThisMachine,
  isForPeople: true,
  read: (text) => {
    const fault = faultOf('MONGODB_URI', text)
    if (fault !== null)
      return { why: `It ${fault}. What is odd in a password is written as %23 for #, %40 for @, and so on.` }
    try {
      mustBeReadable(text, {})
    } catch (error) {
      if (error instanceof Unusable) return { why: `${error.message}.` }
      throw error
    }
    if (!/\/[^/]+$/.test(place(text)))
      return { why: 'It names no database: write one behind the host, such as …:27017/curfew.' }
    return { is: text }
  },
}
