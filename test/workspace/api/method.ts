import { z } from 'zod'
import { check } from '../blocks/check.ts'
import type { State } from '../state/state.ts'

export type Json = Record<string, unknown>

/** What Web API methods may touch. */
export interface Room {
  readonly state: State
  /** Scopes of the bot token; tests take some away. */
  readonly scopes: Set<string>
  /** Whether the app's Messages tab is on: without it nobody gets a DM from the app. */
  hasMessagesTab: boolean
  /** A fresh address for one Socket Mode connection. */
  newSocketUrl(): string
}

/** An answer with `ok: false`, by Slack's own name for it. */
export class ApiError extends Error {
  readonly details: Json

  constructor(name: string, details: Json = {}) {
    super(name)
    this.details = details
  }
}

/** `invalid_arguments` and the like, with the lines that say where. */
export const refused = (name: string, messages: string[]) =>
  new ApiError(name, { errors: messages.map(bare), response_metadata: { messages } })

const bare = (message: string) => message.replace(/^\[ERROR\] /, '')

export interface Method {
  token: 'bot' | 'app'
  scopes: readonly string[]
  known: readonly string[]
  run(room: Room, args: Json): Json | Promise<Json>
}

/** A Web API method: what it needs, the arguments it knows, and what it does. `team_id` is known everywhere:
 *  Bolt's clients send it with each call. */
export function method<S extends z.ZodRawShape>(definition: {
  token?: 'bot' | 'app'
  scopes?: readonly string[]
  args: S
  run(room: Room, args: z.infer<z.ZodObject<S>>): Json | Promise<Json>
}): Method {
  const shape = z.object(definition.args)
  return {
    token: definition.token ?? 'bot',
    scopes: definition.scopes ?? [],
    known: [...Object.keys(definition.args), 'team_id'],
    run: (room, args) => {
      const checked = check(shape, args, '')
      if (!checked.ok) throw refused('invalid_arguments', checked.messages)
      return definition.run(room, checked.value)
    },
  }
}

export function needScopes(room: Room, needed: readonly string[]): void {
  if (needed.every((scope) => room.scopes.has(scope))) return
  throw new ApiError('missing_scope', { needed: needed.join(','), provided: [...room.scopes].join(',') })
}
