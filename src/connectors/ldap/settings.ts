import { z } from 'zod'
import { secret } from '../secret.ts'
import { lag, late } from '../times.ts'
import { dnOf } from './dn.ts'

/** The attributes that name a group's members. */
export const memberAttributes = ['member', 'uniqueMember', 'memberUid'] as const
export type MemberAttribute = (typeof memberAttributes)[number]

const dn = z
  .string()
  .refine((text) => dnOf(text) !== null, 'must be a DN such as cn=readers,ou=groups,dc=example,dc=com')

const attribute = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'must be an attribute such as uid, mail or sAMAccountName')
  .refine(
    (name) => name.toLowerCase() !== 'dn',
    'is no attribute: write entryDN (or distinguishedName in Active Directory)',
  )

export const ldapSettings = z
  .strictObject({
    url: z
      .string()
      .refine(
        (text) => addressOf(text) !== null,
        'must be ldaps://host or ldap://host, with nothing after it',
      ),
    /** For ldap://. Left out it is plain text, which only this very machine is spoken to in. */
    tls: z.enum(['startTls', 'off'], { error: 'must be startTls or off' }).optional(),
    /** Certificates in PEM that are trusted beside the usual ones. */
    ca: secret.optional(),
    /** Curfew's login. An empty password is success as nobody on many servers: there is none. */
    bind: z.strictObject({ dn, password: secret }),
    /** Who a principal is: the one entry below `base` that has it as `attribute`. */
    people: z.strictObject({
      base: dn,
      attribute,
      /** `lower`: principals are in small letters, as e-mail addresses mostly are, whatever the directory's own. */
      case: z.enum(['asWritten', 'lower'], { error: 'must be asWritten or lower' }).default('asWritten'),
    }),
    /** Left out, each group's class tells. */
    member: z.enum(memberAttributes, { error: `must be one of ${memberAttributes.join(', ')}` }).optional(),
    /** Stays in a group that must have a member, so that the last who was given it can be taken from. */
    placeholder: dn.optional(),
    lag,
    late: late.default(60_000),
  })
  .superRefine(({ url, tls }, context) => {
    const address = addressOf(url)
    if (address === null) return
    const complain = (message: string) => context.addIssue({ code: 'custom', path: ['tls'], message })
    if (address.isLdaps && tls !== undefined) complain('is for ldap:// alone: ldaps:// is TLS from the start')
    if (!address.isLdaps && tls === undefined && !isLoopback(address.host))
      complain('must be startTls (or off, where passwords may be read on the way); or write ldaps://')
  })

export type LdapSettings = z.infer<typeof ldapSettings>

export const ldapTarget = z.strictObject({ group: dn })

export interface Address {
  readonly host: string
  readonly port: number
  readonly isLdaps: boolean
}

export function addressOf(text: string): Address | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^ldaps?:$/.test(url.protocol) || url.hostname === '') return null
  if (url.username || url.password || url.search || url.hash || !/^\/?$/.test(url.pathname)) return null
  const isLdaps = url.protocol === 'ldaps:'
  return {
    host: url.hostname.replace(/^\[|\]$/g, '').toLowerCase(),
    port: url.port === '' ? (isLdaps ? 636 : 389) : Number(url.port),
    isLdaps,
  }
}

/** One server, by whichever of its usual ports. */
export function placeOf(url: string): string {
  const { host, port } = addressOf(url) ?? { host: '', port: 0 }
  const name = host.replace(/\.$/, '')
  return `ldap ${name.includes(':') ? `[${name}]` : name}${port === 389 || port === 636 ? '' : `:${port}`}`
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
