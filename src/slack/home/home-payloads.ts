import { z } from 'zod'
import { user } from '../wire/payloads.ts'
import { homeActions } from './home-actions.ts'

/** What Slack sends of the Home tab: that somebody opened it, and what they did while they look at it. */

const act = z.object({
  type: z.string(),
  user,
  view: z.object({ type: z.string(), private_metadata: z.string().nullish() }).nullish(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().nullish() })).nullish(),
})

export interface Act {
  readonly type: string
  readonly userId: string
  readonly isOnHome: boolean
  /** Which page of each section of the Home tab is wanted now. */
  readonly pages: unknown
}

/** Who did something, wherever it was; null for what nobody did. */
export function parseAct(body: unknown): Act | null {
  const read = act.safeParse(body)
  if (!read.success) return null
  const { type, user: by, view, actions } = read.data
  const isOnHome = view?.type === 'home'
  const turned = actions?.find(({ action_id: id }) => id.startsWith(homeActions.page))?.value
  return {
    type,
    userId: by.id,
    isOnHome,
    pages: isOnHome ? jsonOf(turned ?? view.private_metadata ?? '') : {},
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const homeOpened = z.object({
  event: z.object({ user: z.string(), tab: z.string().nullish() }),
})

export function parseHomeOpened(body: unknown): { userId: string; tab: string } {
  const { event } = homeOpened.parse(body)
  return { userId: event.user, tab: event.tab ?? '' }
}
