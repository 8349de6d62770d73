import { isAbsolute, normalize } from 'node:path'
import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { stableJson } from '../receiver/stable-json.ts'
import { secret } from '../secret.ts'
import { late } from '../times.ts'

const path = z
  .string()
  .refine(
    (text) => isAbsolute(text) && normalize(text) === text && !text.endsWith('/') && !text.includes('\0'),
    'must be an absolute path, without .. and without a slash at its end',
  )

export const sshSettings = z.strictObject({
  /** Where Curfew keeps who holds what, which certificates it signed and which of them are revoked. */
  folder: path,
  /** The private key of the authority that hosts trust for people. */
  ca: secret,
  /** The program; the one on the plain PATH unless given. */
  sshKeygen: path.optional(),
  /** A folder that is mounted may be written a while after Curfew gave up. */
  late: late.default(10_000),
})

export type SshSettings = z.infer<typeof sshSettings>

/** OpenSSH takes no more in one certificate. */
const mostPrincipals = 256
/** What may come between names, or ends them, wherever they are written. */
const notInNames = /[\s,"'`\\\p{C}]/u

const name = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'must not be longer than 256')
  .refine(
    (text) => !notInNames.test(text),
    'must hold no comma, space, quote, backslash or control character',
  )

const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be an address or a network, such as 10.1.0.0/16',
})

const permissions = ['pty', 'agent-forwarding', 'port-forwarding', 'X11-forwarding', 'user-rc'] as const

const target = z.strictObject({
  /** What hosts let in: names of accounts, or those in their AuthorizedPrincipalsFile. */
  principals: z.array(name).min(1, 'must name a principal').max(mostPrincipals),
  /** Whence it is of use; anywhere unless given. */
  from: z.array(address).min(1, 'must name an address').optional(),
  /** All that is run, whatever is asked for. */
  command: z
    .string()
    .min(1, 'must not be empty')
    .refine((text) => !/\p{Cc}/u.test(text), 'must hold no control character')
    .optional(),
  permit: z.array(z.enum(permissions)).default(['pty']),
})

export type SshTarget = z.infer<typeof target>

/** Each list sorted, and nothing twice. */
export const sshTarget: z.ZodType<SshTarget & Target> = target.transform(
  ({ principals, from, command, permit }) => ({
    principals: sorted(principals),
    ...(from === undefined ? {} : { from: sorted(from) }),
    ...(command === undefined ? {} : { command }),
    permit: sorted(permit),
  }),
)

export const canonical = (written: Target): string => stableJson(sshTarget.parse(written))

const sorted = <T extends string>(texts: readonly T[]): T[] => [...new Set(texts)].sort()
