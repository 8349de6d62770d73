import type { Span } from './diary.ts'

export const systems = ['orders', 'billing', 'vpn'] as const
export type System = (typeof systems)[number]

/** A line of the observer. */
export type Seen =
  | {
      readonly system: System
      /** Who holds what (`who what`) became so somewhere between these, in ms since 1970. */
      readonly between: readonly [number, number]
      readonly held: readonly string[]
      readonly isLast?: true
    }
  | { readonly system: System; readonly unseen: Span }

/** Somebody had something, without a gap that could be seen. */
export interface Stretch {
  readonly system: System
  /** `who what` */
  readonly key: string
  /** Not held a moment before the first of these, held at the second. */
  readonly begins: readonly [number, number]
  /** Held at the first of these, not held any more at the second. */
  readonly ends: readonly [number, number]
  /** Nobody saw it begin: it was there before everything. */
  readonly isFromBefore: boolean
  /** Nobody saw it end. */
  readonly isToTheEnd: boolean
}

export function stretchesOf(lines: readonly Seen[]): Stretch[] {
  const stretches: Stretch[] = []
  for (const system of systems) {
    const open = new Map<string, { begins: readonly [number, number]; isFromBefore: boolean }>()
    let isFirst = true
    for (const line of lines) {
      if (line.system !== system || !('held' in line)) continue
      const { between, held, isLast = false } = line
      for (const [key, { begins, isFromBefore }] of open) {
        if (held.includes(key) && !isLast) continue
        stretches.push({ system, key, begins, isFromBefore, ends: between, isToTheEnd: held.includes(key) })
        open.delete(key)
      }
      if (!isLast)
        for (const key of held) if (!open.has(key)) open.set(key, { begins: between, isFromBefore: isFirst })
      isFirst = false
    }
  }
  return stretches
}

export const blindness = (lines: readonly Seen[]): (Span & { system: System })[] =>
  lines.flatMap((line) => ('unseen' in line ? [{ system: line.system, ...line.unseen }] : []))
