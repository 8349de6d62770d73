import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { Act, Answered } from '../../practice/protocol.ts'
import type { Live } from './live.ts'

/** One person's side of the window: who they are, and acting as them. */
export interface Side {
  live: Live
  personId: string
  now: Date
  act(act: Act): Promise<Answered>
  /** A small notice on this side alone. */
  notice(text: string): void
  /** Asks before something is done; resolves with the answer. */
  confirm(question: Question): Promise<boolean>
  /** Shows the conversation. */
  goTo(channelId: string): void
}

export interface Question {
  title: string
  text: { type: 'plain_text' | 'mrkdwn'; text: string }
  yes: string
  no: string
  isDanger: boolean
}

export const SideContext = createContext<Side | null>(null)

export function useSide(): Side {
  const side = useContext(SideContext)
  if (!side) throw new Error('outside of any side')
  return side
}

/** Draws again whenever something changed, and twice a minute, as "today" and "3 minutes ago" do not last. */
export function useLive(live: Live): Date {
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    const draw = () => setNow(new Date())
    const timer = setInterval(draw, 30_000)
    const stop = live.watch(draw)
    return () => {
      clearInterval(timer)
      stop()
    }
  }, [live])
  return now
}

/** What goes wrong with an act, in words for the person. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What Slack's client says where an app did not answer. */
export const outcomeWords = (outcome: string, appName: string): string | null => {
  switch (outcome) {
    case 'operation_timeout':
    case 'timeout':
      return `${appName} didn't respond in time. Try again.`
    case 'dispatch_failed':
      return `${appName} can't be reached just now.`
    case 'refused':
      return 'We had some trouble connecting. Try again?'
    default:
      return null
  }
}
