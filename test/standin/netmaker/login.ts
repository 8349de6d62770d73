import { randomBytes, randomUUID } from 'node:crypto'
import type { State } from './state.ts'

/** Why the header lets nobody in; null: it does. Only its second word counts. */
export function whyRefused(state: State, authorization: string | undefined): string | null {
  const token = state.tokens.get(authorization?.split(' ')[1] ?? '')
  if (!token) return 'unauthorized'
  if (token.isRevoked) return 'token revoked'
  if (token.expiresAt <= Date.now()) return 'unauthorized'
  return state.users.get(token.user)?.isDisabled === false ? null : 'user account disabled'
}

export const userOf = (state: State, authorization: string | undefined): string =>
  state.tokens.get(authorization?.split(' ')[1] ?? '')?.user ?? ''

/** A token that looks like the real ones. One without an end, or with a past one, is made all the same, and dead. */
export function aToken(state: State, user: string, expiresAt: number): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
  const id = randomUUID()
  const text = [
    part({ alg: 'HS256' }),
    part({ ID: id, UserName: user }),
    randomBytes(32).toString('base64url'),
  ].join('.')
  state.tokens.set(text, { id, user, expiresAt, isRevoked: false })
  return text
}
