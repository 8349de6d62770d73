import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'
import type { HttpAnswer } from '../http/client.ts'
import { parsedJson, refusedBy } from '../http/failure.ts'

export const system = 'GitHub'

const longestRestMs = 3_600_000
/** What its documentation asks for where it names no time itself. */
const usualRestMs = 60_000

/** How GitHub says why not. Its messages are for people, and change. */
const errorSchema = z.object({
  message: z.string(),
  documentation_url: z.string(),
  errors: z.array(z.union([z.string(), z.object({ message: z.string().optional() })])).optional(),
})

/** A refusal by GitHub itself, which changed nothing. */
export class Refused extends ConnectorError {
  readonly status: number
  /** The token is good, and has yet to be authorized for the organization's single sign-on. */
  readonly needsSignOn: boolean

  constructor(
    status: number,
    message: string,
    { retryable, needsSignOn = false }: { retryable: boolean; needsSignOn?: boolean },
  ) {
    super(message, { retryable, happened: 'no' })
    this.status = status
    this.needsSignOn = needsSignOn
  }

  /** What was asked about is not there, or is hidden from whoever asks: GitHub answers both alike. */
  get isMissing(): boolean {
    return this.status === 404
  }
}

/** A refusal of Curfew's own, for good: nothing was done. */
export const refused = (doing: string, why: string): ConnectorError =>
  new ConnectorError(`${system} could not ${doing}: ${why}`, { retryable: false, happened: 'no' })

/** An answer that is not what was hoped for. */
export function failureOf(
  doing: string,
  answer: HttpAnswer,
  clean: (text: string) => string,
): ConnectorError {
  const { status, text } = answer
  if (isLimited(answer))
    // Counted before anything is done.
    return new Refused(status, `${system} could not ${doing}: it was asked too often (${status})`, {
      retryable: true,
    })
  const said = errorSchema.safeParse(parsedJson(text)).data
  if (said === undefined || status === 401) return refusedBy({ system, doing, credentials: 'token' }, status)
  const causes = (said.errors ?? []).map((one) => (typeof one === 'string' ? one : one.message))
  const why = clean([said.message, ...causes].filter(Boolean).join(': '))
  const needsSignOn = status === 403 && (answer.header('x-github-sso')?.startsWith('required') ?? false)
  const failed = (words: string) =>
    new Refused(status, `${system} could not ${doing}: ${words}: ${why}`, { retryable: false, needsSignOn })
  switch (status) {
    case 403:
      return needsSignOn
        ? failed("Curfew's token is not authorized for the organization's single sign-on (403)")
        : failed("Curfew lacks the right, or the team is not GitHub's own (403)")
    case 404:
      return failed('something that it names does not exist, or is hidden from Curfew (404)')
    default:
      return refusedBy({ system, doing }, status, { why })
  }
}

/** Both its limits, by the hour and by the moment, come as 403 or as 429. */
export function isLimited(answer: HttpAnswer): boolean {
  if (answer.status === 429) return true
  if (answer.status !== 403) return false
  return (
    answer.header('retry-after') !== null ||
    answer.header('x-ratelimit-remaining') === '0' ||
    // Of older servers: the second.
    /rate limit|abuse detection/i.test(errorSchema.safeParse(parsedJson(answer.text)).data?.message ?? '')
  )
}

/** What GitHub answers where a right is missing, and by a token that it made a moment ago and does not know everywhere. */
export function isUnknownYet(answer: HttpAnswer): boolean {
  if (answer.status === 401) return true
  if (answer.status !== 403 || isLimited(answer)) return false
  return /not accessible by integration/i.test(
    errorSchema.safeParse(parsedJson(answer.text)).data?.message ?? '',
  )
}

/** An error of GraphQL, which come with 200. Some have no type: those are of GitHub's own, or of what was asked. */
export const graphError = z.object({
  type: z.string().nullish(),
  code: z.string().nullish(),
  message: z.string(),
})
type GraphError = z.infer<typeof graphError>

const limitTypes = new Set(['RATE_LIMITED', 'RATE_LIMIT'])
/** What another try does not mend. */
const forGood = new Set(['FORBIDDEN', 'NOT_FOUND', 'INSUFFICIENT_SCOPES'])

export const isLimit = ({ type, code, message }: GraphError): boolean =>
  limitTypes.has(type ?? '') || code === 'graphql_rate_limit' || /rate limit/i.test(message)

/** One that is no limit. */
export function graphFailureOf(doing: string, { type, message }: GraphError): ConnectorError {
  if (forGood.has(type ?? '')) return refused(doing, message)
  return new ConnectorError(`${system} could not ${doing}: ${message}`, { retryable: true })
}

/** How long it asks to be left alone, by its own clock where it tells it. */
export function restMsOf(answer: HttpAnswer, now: Date): number {
  const after = answer.header('retry-after')
  if (after !== null && /^\d+$/.test(after)) return Math.min(Number(after) * 1_000, longestRestMs)
  const reset = answer.header('x-ratelimit-reset')
  if (answer.header('x-ratelimit-remaining') !== '0' || reset === null || !/^\d+$/.test(reset))
    return usualRestMs
  const saidAt = Date.parse(answer.header('date') ?? '')
  const restMs = Number(reset) * 1_000 - (Number.isNaN(saidAt) ? now.getTime() : saidAt)
  return Math.min(Math.max(restMs, 0), longestRestMs)
}
