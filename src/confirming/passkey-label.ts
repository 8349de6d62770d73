import { cut } from '../domain/cut.ts'

const longest = 60

/** What a person calls one of their passkeys, in one line. */
export function passkeyLabel(typed: string): string {
  const plain = typed.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()
  return plain === '' ? 'Passkey' : cut(plain, longest)
}
