import { z } from 'zod'
import { ConnectorError, type Connector, type Target } from '../../domain/connector.ts'
import { parsedJson } from '../http/failure.ts'
import { stableJson } from './stable-json.ts'

const targetBytes = 4_096
/** More than this of an answer is not read, and the call fails. */
export const mostAnswerBytes = 1_000_000

/** Any JSON object: what it means is the receiver's. */
export const receiverTarget = z
  .record(z.string(), z.json())
  .refine(
    (target) => Buffer.byteLength(stableJson(target)) <= targetBytes,
    `must be at most ${targetBytes} bytes`,
  )
  .refine(
    isKeptAsWritten,
    `must hold no whole number beyond ${Number.MAX_SAFE_INTEGER}, which would be sent as another: write it as a text`,
  )

/** Two numbers that are read as one would be one target to us, and two to whoever wrote them. */
function isKeptAsWritten(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(isKeptAsWritten)
}

/** How a receiver may say more than its status does. */
const complaint = z.object({
  error: z.string().optional(),
  retryable: z.boolean().optional(),
  happened: z.boolean().optional(),
})
const hasAnswer = z.object({ holds: z.boolean() })
const listAnswer = z.object({ principals: z.array(z.string()), next: z.string().nullish() })

/** What a receiver is told. */
export interface Message {
  readonly action: 'give' | 'take' | 'has' | 'list' | 'check'
  readonly principal?: string
  readonly target?: Target
  readonly until?: Date
  readonly after?: string
}

/**
 * Tells it the message, and resolves to its answer's text once it did what was asked. `idempotencyKey`: the same for each
 * retry of one give or take; null for all the rest.
 */
export type Tell = (
  doing: string,
  message: Message,
  how: { readonly signal: AbortSignal; readonly idempotencyKey: string | null },
) => Promise<string>

/** What an answer that is a complaint says; nothing where it says nothing that can be read. */
export const complaintOf = (text: string): z.infer<typeof complaint> =>
  complaint.safeParse(parsedJson(text)).data ?? {}

/**
 * What Curfew says to a program of the owner's, over whatever wire. The contract: docs/connectors/webhook.md.
 * An answer that cannot be read is a retryable failure, never "no" or "nobody".
 */
export function receiver(
  system: string,
  tell: Tell,
): Pick<Connector, 'give' | 'take' | 'has' | 'list' | 'check' | 'canonical'> {
  function read<T>(schema: z.ZodType<T>, text: string, doing: string): T {
    const answer = schema.safeParse(parsedJson(text))
    if (answer.success) return answer.data
    throw new ConnectorError(`${system} could not ${doing}: its answer cannot be read`, { retryable: true })
  }

  return {
    async give({ principal, target, until, idempotencyKey, signal }) {
      const message = { action: 'give', principal, target, until } as const
      await tell(`give to ${principal}`, message, { signal, idempotencyKey })
    },

    async take({ principal, target, idempotencyKey, signal }) {
      const message = { action: 'take', principal, target } as const
      await tell(`take from ${principal}`, message, { signal, idempotencyKey })
    },

    async has({ principal, target, signal }) {
      const doing = `say what ${principal} holds`
      const answer = await tell(doing, { action: 'has', principal, target }, { signal, idempotencyKey: null })
      return read(hasAnswer, answer, doing).holds
    },

    async list({ target, after, signal }) {
      const doing = 'list who holds the target'
      const message = { action: 'list', target, ...(after === null ? {} : { after }) } as const
      const { principals, next } = read(
        listAnswer,
        await tell(doing, message, { signal, idempotencyKey: null }),
        doing,
      )
      // Some languages write an empty text for what is not there.
      return { principals, next: next || null }
    },

    async check({ signal }) {
      await tell('be checked', { action: 'check' }, { signal, idempotencyKey: null })
      return []
    },

    canonical: stableJson,
  }
}
