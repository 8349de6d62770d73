import { Secret, TOTP } from 'otpauth'
import { encode } from 'uqr'
import type { TotpStep } from '../domain/ports/totp.ts'

/** What every authenticator app can do; some do nothing else, whatever the QR code says. */
const shape = { algorithm: 'SHA1', digits: 6, period: 30 } as const
export const totpSecretBytes = 20
/** Steps to either side: phones' clocks are not exact, and people type slowly. */
const window = 1

const asSecret = (bytes: Uint8Array): Secret => {
  // A copy: the memory behind these bytes may hold others too.
  const { buffer } = Uint8Array.from(bytes)
  return new Secret({ buffer })
}

/** Six digits, with whatever spaces apps show between them; null: it cannot be a code. */
export function sixDigits(typed: string): string | null {
  const code = typed.replace(/\s/gu, '')
  return /^[0-9]{6}$/.test(code) ? code : null
}

/** The step of time whose code this is, of those that count at that instant; null where it is none of theirs. */
export function matchingStep(secret: Uint8Array, code: string, at: Date): number | null {
  return foundStep(secret, code, { at, aside: window })
}

/**
 * The same of those that count a little before or after that instant too, with when this one does: for whoever decides by
 * another instant, a moment later.
 */
export function stepNear(secret: Uint8Array, code: string, at: Date): TotpStep | null {
  const step = foundStep(secret, code, { at, aside: window + 1 })
  if (step === null) return null
  const startOf = (other: number) => new Date(other * shape.period * 1_000)
  return { step, from: startOf(step - window), until: startOf(step + window + 1) }
}

function foundStep(
  secret: Uint8Array,
  token: string,
  { at, aside }: { at: Date; aside: number },
): number | null {
  const timestamp = at.getTime()
  const delta = TOTP.validate({ token, secret: asSecret(secret), ...shape, timestamp, window: aside })
  return delta === null ? null : TOTP.counter({ period: shape.period, timestamp }) + delta
}

export interface TotpOffer {
  /** For who cannot scan: base32, in groups of four. */
  readonly secret: string
  readonly uri: string
  /** An SVG without a style attribute, which a strict CSP would block. */
  readonly qr: string
}

/** What an app has to be told; `label` is whose it is, as the app lists it. */
export function totpOffer(
  secret: Uint8Array,
  { issuer, label }: { issuer: string; label: string },
): TotpOffer {
  const totp = new TOTP({ issuer, label, secret: asSecret(secret), ...shape })
  const uri = totp.toString()
  return {
    secret: totp.secret.base32.replace(/.{4}(?=.)/g, '$& '),
    uri,
    qr: drawn(encode(uri, { ecc: 'L', border: 4 }).data),
  }
}

/** A stroke for each run of dark squares: a third of what a path around each square takes. */
function drawn(rows: readonly (readonly boolean[])[]): string {
  const strokes = rows.flatMap((row, y) => {
    const text = row.map((isDark) => (isDark ? '1' : '0')).join('')
    return [...text.matchAll(/1+/g)].map(({ index, 0: run }) => `M${index} ${y}.5h${run.length}`)
  })
  const size = rows.length
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">`,
    `<rect width="${size}" height="${size}" fill="white"/>`,
    `<path d="${strokes.join('')}" stroke="black"/></svg>`,
  ].join('')
}
