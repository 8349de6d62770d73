import { randomBytes } from 'node:crypto'

const ours = randomBytes(9).toString('base64url')
let made = 0

/** A name that no other write has, of this process or another: by it a document says whose write it was. No secret. */
export const newMark = (): string => `${ours}.${(made++).toString(36)}`
