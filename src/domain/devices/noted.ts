import type { Grant } from '../grant.ts'
import { refuse, type Refusal } from '../refusal.ts'
import type { PostureEvent } from './posture.ts'

/** How it stands with the device is kept of what is held, or is being given. */
export function noted(grant: Grant, event: PostureEvent): Grant | Refusal {
  return grant.status === 'active' || grant.status === 'granting'
    ? { ...grant, posture: event.posture }
    : refuse('not-held', { grant })
}
