import { isAsWritten, isLink, type ChainKey } from '../domain/audit/chain.ts'
import type { ChainStore } from '../domain/ports/audit.ts'

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
): Promise<LastOfRecord> {
  const end = await chain.end().catch(() => null)
  if (end === null) return { is: 'no-entry' }
  const { number } = end
  if (number === 0) return { is: 'none' }
  const links = await chain.after(Math.max(0, number - 2), 2)
  const last = links.at(-1)
  const before = links.length > 1 ? links.at(-2) : undefined
  if (last === undefined || !isLink(last)) return { is: 'changed', number }
  // Of one before it that is gone, its own mark cannot be told; of the first there is none.
  const mark = before === undefined ? (number === 1 ? '' : null) : isLink(before) ? before.mark : null
  const isRight = mark === null ? null : isAsWritten(last, mark, keys)
  if (isRight === true) return { is: 'as-written', number }
  if (!keys.some(({ id }) => id === last.keyId)) return { is: 'unknown-key', number, keyId: last.keyId }
  return isRight === null && mark === null ? { is: 'as-written', number } : { is: 'changed', number }
}
