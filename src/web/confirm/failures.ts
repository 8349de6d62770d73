import { boundedMap } from '../../bounded-map.ts'
import { elapsedMs } from '../../elapsed.ts'

export interface FailureLimits {
  /** Of one address, within the time. */
  readonly failed: number
  readonly withinMs: number
  /** Of one address, not answered yet. */
  readonly atOnce: number
  /** Of how many addresses it is known; the one heard of longest ago is forgotten first. */
  readonly addresses: number
}

/** A company behind one address is many people: all may come at nine, and some of each hundred mistype. */
export const usualLimits: FailureLimits = {
  failed: 500,
  withinMs: 5 * 60_000,
  atOnce: 2_000,
  addresses: 20_000,
}

interface Heard {
  failed: number
  underWay: number
  untilMs: number
}

/** Done when the request was answered. */
type Answered = (hasFailed: boolean) => void

/** Counts what fails, and only that. A network of IPv6 is one address: whoever has it has all of it. */
export function failuresByAddress(limits: FailureLimits = usualLimits, nowMs = elapsedMs) {
  const known = boundedMap<Heard>(limits.addresses)

  return (address: string): Answered | { readonly retryMs: number } => {
    const now = nowMs()
    const key = networkOf(address)
    const heard = known.get(key) ?? { failed: 0, underWay: 0, untilMs: now + limits.withinMs }
    if (now >= heard.untilMs) {
      heard.failed = 0
      heard.untilMs = now + limits.withinMs
    }
    known.set(key, heard)
    if (heard.failed >= limits.failed) return { retryMs: heard.untilMs - now }
    if (heard.underWay >= limits.atOnce) return { retryMs: 1_000 }
    heard.underWay += 1
    return (hasFailed) => {
      heard.underWay -= 1
      if (hasFailed) heard.failed += 1
    }
  }
}

/** The first 64 bits of an IPv6 address, written out. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%')[0]?.toLowerCase().split('::') ?? []
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
