/** Digits and letters that nobody takes for one another when they are read out or written by hand. */
const alphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const length = 10

/** How long a code counts, and how often it may be tried. */
export const enrolmentCodeMs = 15 * 60_000
export const enrolmentCodeTries = 5

/** 10 characters, `random(30)` a time: about 49 bits. As it is read out, in two halves. */
export function newEnrolmentCode(random: (below: number) => number): string {
  const letters = Array.from({ length }, () => alphabet[random(alphabet.length)] ?? '')
  return `${letters.slice(0, length / 2).join('')}-${letters.slice(length / 2).join('')}`
}

/** The alphabet, in small letters too: none but its own becomes one of it by being made a capital. */
const typedCode = /^[2-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{10}$/

/** However it was typed: small letters, spaces and hyphens do not matter. Null: it cannot be one. */
export function readEnrolmentCode(typed: string): string | null {
  const plain = typed.slice(0, 64).replace(/[\s\p{Pd}]/gu, '')
  return typedCode.test(plain) ? plain.toUpperCase() : null
}
