import { z } from 'zod'
import type { WrittenMapping } from './delivery.ts'

const fewest = 16
const secret = z
  .string()
  .min(fewest, `must be at least ${fewest} characters`)
  .refine((text) => !text.startsWith('whsec_') || keysIn(text).length > 0, {
    error: `must be whsec_ followed by at least ${fewest} random bytes in base64`,
  })

const expression = z.string({ error: 'must be an expression in quotes' })
const named = z.union(
  [expression, z.record(z.string().min(1).max(100), expression)],
  'must be an expression for each name, or one that gives all of them',
)
export const writtenMapping = z.strictObject({
  each: expression.optional(),
  when: expression.optional(),
  id: expression,
  at: expression,
  name: expression.optional(),
  serial: expression.optional(),
  uuid: expression.optional(),
  owner: expression.optional(),
  attributes: named.optional(),
  policies: named.optional(),
}) satisfies z.ZodType<WrittenMapping>

const signatures = ['standard', 'kolide', 'basic'] as const

/** How deliveries are known to be the sender's. `mapping` is a schema of the catalog's, which compiles it too. */
export const webhookSettingsWith = <Mapping extends z.ZodType<WrittenMapping>>(mapping: Mapping) =>
  z
    .strictObject({
      /** `basic` is none: whoever saw one request can send another. What comes by it can make a device fail, and no more. */
      signature: z.enum(signatures, `must be one of ${signatures.join(', ')}`).default('standard'),
      secret: secret.optional(),
      /** Any of them is good: while one takes over from another. */
      secrets: z.array(secret).min(1, 'is empty').max(5, 'has more than 5 entries').optional(),
      user: z
        .string()
        .min(1, 'is empty')
        .max(200)
        .regex(/^[^:]*$/, 'may not hold a colon')
        .optional(),
      password: z.string().min(fewest, `must be at least ${fewest} characters`).optional(),
      /** Whether the sender had an identity provider say whose a device is, or whoever has it. */
      owner: z.enum(['proven', 'claimed'], 'must be "proven" or "claimed"').default('claimed'),
      /** How a vendor's own JSON is read: each mapping that fits makes reports of it. */
      map: z
        .union([mapping, z.array(mapping).min(1, 'is empty').max(10, 'has more than 10 entries')])
        .optional(),
    })
    .superRefine((settings, context) => {
      const complain = (key: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [key], message })
      const { signature, user, password } = settings
      const isSigned = settings.secret !== undefined || settings.secrets !== undefined
      if (settings.secret !== undefined && settings.secrets !== undefined)
        complain('secrets', 'is said beside secret: list all of them here')
      if (signature !== 'basic' && !isSigned) complain('secret', 'is missing: nobody could sign')
      if (signature === 'basic' && user === undefined) complain('user', 'is missing')
      if (signature === 'basic' && password === undefined) complain('password', 'is missing')
      if (signature !== 'basic' && user !== undefined) complain('user', 'is for signature: basic')
      if (signature !== 'basic' && password !== undefined) complain('password', 'is for signature: basic')
    })

export const webhookSettings = webhookSettingsWith(writtenMapping)
export type WebhookSettings = z.output<typeof webhookSettings>

const inBase64 = /^(?:whsec_)?([A-Za-z0-9+/]+={0,2})$/

/**
 * The bytes that a secret stands for: base64, as Standard Webhooks write it; without `whsec_` before it perhaps also as it
 * is written, as some senders take it.
 */
export function keysIn(text: string): readonly Buffer[] {
  const bytes = Buffer.from(inBase64.exec(text)?.[1] ?? '', 'base64')
  const written = text.startsWith('whsec_') ? [] : [Buffer.from(text)]
  return bytes.length < fewest ? written : [bytes, ...written]
}

export const secretsIn = ({ secret: only, secrets }: WebhookSettings): readonly string[] =>
  secrets ?? (only === undefined ? [] : [only])

export const mappingsIn = ({ map }: WebhookSettings): readonly WrittenMapping[] =>
  map === undefined ? [] : Array.isArray(map) ? map : [map]
