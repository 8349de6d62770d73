import type { Approved, Grant } from '../../src/domain/grant.ts'
import type { Stretch, System } from './seen.ts'

/** How things are called by everybody who saw them. */

/** `system who what`, as the observer says it. */
export function keyOf({ system, place }: Pick<Approved, 'system' | 'place'>): string {
  const { principal, target } = place
  const of = systemOf(system)
  const what =
    of === 'orders'
      ? `${String(target['database'])}/${String(target['role'])}`
      : String(target[of === 'billing' ? 'role' : 'net'])
  return `${of} ${principal} ${what}`
}

export const systemOf = (name: string): System =>
  name === 'cluster' ? 'orders' : name === 'vpn' ? 'vpn' : 'billing'

export const keyOfStretch = ({ system, key }: Stretch): string => `${system} ${key}`

/** `resource/entitlement` */
export const nameOf = ({ resource, entitlement }: Grant): string => `${resource.id}/${entitlement.id}`
