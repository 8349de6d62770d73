import { isAsWritten, isLink, type ChainKey } from '../domain/audit/chain.ts'
import type { ChainStore } from '../domain/ports/audit.ts'
import type { Beginning } from './chain-base.ts'

export type LastOfRecord =
  | { readonly is: 'none' }
  /** What stands at its end is no link: nothing can be appended to it. */
  | { readonly is: 'no-entry' }
  | { readonly is: 'as-written' | 'changed'; readonly number: number }
  | { readonly is: 'unknown-key'; readonly number: number; readonly keyId: string }

/** Whether the last link is as it was written by these keys: what each new one goes on from. */
export async function lastOfRecord(
  chain: Pick<ChainStore, 'end' | 'after'>,
  keys: readonly ChainKey[],
  { after: begins }: Pick<Beginning, 'after'>,
): Promise<LastOfRecord> {
  const end = await chain.end().catch(() => null)
  if (end === null) return { is: 'no-entry' }
  const { number } = end
  if (number === 0) return { is: 'none' }
  const links = await chain.after(Math.max(0, number - 2), 2)
  const last = links.at(-1)
  const before = links.length > 1 ? links.at(-2) : undefined
  if (last === undefined || !isLink(last)) return { is: 'changed', number }
  if (!keys.some(({ id }) => id === last.keyId)) return { is: 'unknown-key', number, keyId: last.keyId }
  // The first goes on from where the record begins: of those that were removed for their age the last mark is left.
  const previous =
    number - 1 === begins.number ? begins : before !== undefined && isLink(before) ? before : null
  const isRight = previous?.number === number - 1 && isAsWritten(last, previous.mark, keys) === true
  return { is: isRight ? 'as-written' : 'changed', number }
}
