import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'
import type { HttpAnswer } from '../http/client.ts'
import { parsedJson, refusedBy } from '../http/failure.ts'

export const system = 'Kubernetes'

/** What the API server says where it does not do what was asked. Its reasons are fixed, its messages are for people. */
const statusSchema = z.object({
  kind: z.literal('Status'),
  reason: z.string().optional(),
  message: z.string().optional(),
  details: z
    .object({
      kind: z.string().optional(),
      name: z.string().optional(),
      causes: z.array(z.object({ reason: z.string().optional(), field: z.string().optional() })).optional(),
    })
    .optional(),
})

type Status = z.infer<typeof statusSchema>

/** A refusal by the API server itself, which says why. */
export class Refused extends ConnectorError {
  readonly status: number
  readonly said: Status

  constructor(status: number, said: Status, message: string, kind: { retryable: boolean; happened: 'no' }) {
    super(message, kind)
    this.status = status
    this.said = said
  }

  /** Whether a thing of this kind is what is not there: where the whole API is not there, no thing is named. */
  isMissing(kind?: string): boolean {
    const { reason, details } = this.said
    if (this.status !== 404 || reason !== 'NotFound' || details?.name === undefined) return false
    return kind === undefined || details.kind === kind
  }

  isAbout(field: string): boolean {
    return this.status === 422 && (this.said.details?.causes?.some((cause) => cause.field === field) ?? false)
  }
}

/**
 * An answer that is not what was hoped for. A 404 counts as "it is not there" only where the API server itself says so:
 * another server's means that the url leads elsewhere.
 */
export function failureOf(
  doing: string,
  { status, text }: HttpAnswer,
  clean: (text: string) => string,
): ConnectorError {
  const said = statusSchema.safeParse(parsedJson(text)).data
  const why = said?.message === undefined ? undefined : clean(said.message)
  const failed = (words: string, retryable: boolean) =>
    new Refused(status, said ?? { kind: 'Status' }, `${system} could not ${doing}: ${words}`, {
      retryable,
      happened: 'no',
    })
  const because = why === undefined ? '' : `: ${why}`
  if (said === undefined || status === 401) return refusedBy({ system, doing, credentials: 'token' }, status)
  if (said.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating'))
    return failed('the namespace is being deleted', false)
  switch (status) {
    case 403:
      return failed(`Curfew lacks the right (403)${because}`, false)
    case 404:
      return failed(`${missing(said)} does not exist (404)`, false)
    case 409:
      return failed(`somebody else changed it at the same time (409)${because}`, true)
    case 410:
      return failed('its list changed too much while it was read (410)', true)
    case 422:
      return failed(`it found that invalid (422)${because}`, false)
    default:
      return refusedBy({ system, doing }, status, { why })
  }
}

function missing({ details }: Status): string {
  const kind = (details?.kind ?? 'thing').replace(/s$/, '')
  return details?.name === undefined ? `the ${kind}` : `the ${kind} ${details.name}`
}
