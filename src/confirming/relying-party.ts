import { isIP } from 'node:net'

/** Where passkeys are made for and used: they work at this host, and nowhere else. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

export type NoRelyingParty = { readonly unusable: 'ip-address' | 'not-https' }

/** Browsers make passkeys for names alone, and only where nobody can read along; `localhost` never leaves the machine. */
export function relyingParty(publicUrl: string): RelyingParty | NoRelyingParty {
  const { protocol, hostname, origin } = new URL(publicUrl)
  if (isIP(hostname) !== 0 || hostname.startsWith('[')) return { unusable: 'ip-address' }
  const isHere = hostname === 'localhost' || hostname.endsWith('.localhost')
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere)) return { unusable: 'not-https' }
  return { id: hostname, origin }
}
