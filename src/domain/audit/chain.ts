import { createHmac, timingSafeEqual } from 'node:crypto'

/*
 * A chain over everything that happened. Each link is a number, a text and a mark: an HMAC, by a key that the database
 * does not have, over the number, the mark of the link before and the text. Without the key no link can be changed, left
 * out, moved or added; that the last ones were cut off shows a checkpoint that is kept elsewhere.
 */

/** What is to become a link: words that never change again, and what they are of. */
export interface Recordable {
  /** What happened, once: two of the same source are the same, whoever tells of it how often. */
  readonly source: string
  readonly at: Date
  /** JSON, as it is marked: read by its own schema. */
  readonly text: string
}

export interface Link extends Recordable {
  /** From 1, without gaps. */
  readonly number: number
  /** By which key it is marked. */
  readonly keyId: string
  /** base64url. */
  readonly mark: string
}

/** What stands in the place of a link, and is none. */
export interface Unreadable {
  readonly number: number
  readonly source: null
}

export const isLink = (one: Link | Unreadable): one is Link => one.source !== null

export interface ChainKey {
  readonly id: string
  readonly bytes: Uint8Array
}

/** Where a chain ends. */
export type ChainEnd = Pick<Link, 'number' | 'mark'>

export const noLink: ChainEnd = { number: 0, mark: '' }

/** The next links, in this order. */
export function linked(end: ChainEnd, all: readonly Recordable[], key: ChainKey): Link[] {
  let last = end
  return all.map((one) => {
    const number = last.number + 1
    const { source, at, text } = one
    const link = {
      source,
      at,
      text,
      number,
      keyId: key.id,
      mark: markOf({ ...one, number }, last.mark, key).toString('base64url'),
    }
    last = link
    return link
  })
}

/** All that is stored of it counts, each part by its length: no two links have the same words. */
function markOf(
  { number, source, at, text }: Recordable & { number: number },
  before: string,
  key: ChainKey,
): Buffer {
  const parts = [String(number), before, source, at.toISOString(), key.id, text]
  const hmac = createHmac('sha256', key.bytes)
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
  return hmac.digest()
}

/** Whether this link is as it was written, after one of that mark; null: no key here is called so. */
export function isAsWritten(link: Link, before: string, keys: readonly ChainKey[]): boolean | null {
  const key = keys.find(({ id }) => id === link.keyId)
  if (key === undefined) return null
  const expected = markOf(link, before, key)
  const mark = Buffer.from(link.mark, 'base64url')
  return mark.length === expected.length && timingSafeEqual(mark, expected)
}

/** What is wrong with a chain, and where. */
export type ChainFault =
  /** These numbers are not there. */
  | { readonly kind: 'missing'; readonly from: number; readonly to: number }
  /** Its text, its place or its mark is not what was written. */
  | { readonly kind: 'changed'; readonly number: number; readonly source: string }
  /** Something stands there that is no entry at all. */
  | { readonly kind: 'unreadable'; readonly number: number }
  /** Something stands beside the links, among numbers that none can have. */
  | { readonly kind: 'beside'; readonly id: string }
  /** No key here is called so. */
  | { readonly kind: 'unknown-key'; readonly number: number; readonly keyId: string }

/** Walks through a chain from its first link, or from the one after `start`. Pure but for what it remembers of its way. */
export class ChainWalk {
  readonly #keys: readonly ChainKey[]
  #last: ChainEnd

  constructor(keys: readonly ChainKey[], start: ChainEnd = noLink) {
    this.#keys = keys
    this.#last = start
  }

  /** In the order of their numbers. What comes after a link that is not right is judged as if it were. */
  step(link: Link | Unreadable): ChainFault[] {
    const before = this.#last
    const { number } = link
    // Beside the others, it stands in the place of none.
    if (!Number.isSafeInteger(number)) return [{ kind: 'unreadable', number }]
    this.#last = isLink(link) ? link : { number, mark: '' }
    const faults: ChainFault[] =
      number === before.number + 1 ? [] : [{ kind: 'missing', from: before.number + 1, to: number - 1 }]
    // Of what is no link nobody can say more, nor whether one is as it was that followed on what is missing.
    if (!isLink(link)) return [...faults, { kind: 'unreadable', number }]
    if (faults.length > 0) return faults
    const isRight = isAsWritten(link, before.mark, this.#keys)
    if (isRight === null) return [{ kind: 'unknown-key', number, keyId: link.keyId }]
    return isRight ? [] : [{ kind: 'changed', number, source: link.source }]
  }
}
