import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'
import type { HttpAnswer } from '../http/client.ts'
import { parsedJson, refusedBy } from '../http/failure.ts'

export const system = 'Okta'

/** How Okta says why not. Its codes are fixed. */
const errorSchema = z.object({
  errorCode: z.string(),
  errorSummary: z.string().optional(),
  errorCauses: z.array(z.object({ errorSummary: z.string().optional() })).optional(),
})

const notFound = 'E0000007'

/** A refusal by Okta itself, which changed nothing. */
export class Refused extends ConnectorError {
  readonly status: number
  /** Whether what was asked about is not there: another server's 404 says nothing about that. */
  readonly isMissing: boolean

  constructor(status: number, code: string, message: string, { retryable }: { retryable: boolean }) {
    super(message, { retryable, happened: 'no' })
    this.status = status
    this.isMissing = status === 404 && code === notFound
  }
}

/** An answer that is not what was hoped for. */
export function failureOf(
  doing: string,
  { status, text }: HttpAnswer,
  clean: (text: string) => string,
): ConnectorError {
  const said = errorSchema.safeParse(parsedJson(text)).data
  if (said === undefined || status === 401) return refusedBy({ system, doing, credentials: 'token' }, status)
  const causes = (said.errorCauses ?? []).map(({ errorSummary }) => errorSummary)
  const why = clean([said.errorSummary, ...causes].filter(Boolean).join(': '))
  const failed = (words: string, retryable: boolean) =>
    new Refused(status, said.errorCode, `${system} could not ${doing}: ${words}: ${why}`, { retryable })
  switch (status) {
    case 403:
      return failed("Curfew's token lacks the right (403)", false)
    case 404:
      return failed('something that it names does not exist (404)', false)
    case 429:
      // Counted before anything is done.
      return failed('it was asked too often (429)', true)
    default:
      return refusedBy({ system, doing }, status, { why })
  }
}
