import { SpanKind, type Attributes } from '@opentelemetry/api'
import type { Observed } from '../domain/ports/observe.ts'

/** Where Slack is asked, without what proves who asks. */
export interface SlackPeer {
  readonly host: string
  readonly urlOf: (method: string) => string
}

export function slackPeer(apiUrl: string): SlackPeer {
  const { origin, hostname: host, pathname } = new URL(apiUrl)
  return { host, urlOf: (method) => `${origin}${pathname}${method}` }
}

type Seen =
  | { event: string; attributes: Attributes }
  | { name: string; kind: SpanKind; attributes: Attributes; tookMs: number; isFailed: boolean }

/** What was observed, as a span that is over or an event of the one that is under way; null: it is told otherwise. */
export function observedAs(what: Observed, slack: SlackPeer): Seen | null {
  switch (what.type) {
    case 'connector-called': {
      const { system, kind, verb, outcome, tookMs } = what
      return {
        name: `${verb} ${kind}`,
        kind: SpanKind.CLIENT,
        attributes: {
          'curfew.system': system,
          'curfew.connector': kind,
          'curfew.verb': verb,
          'curfew.outcome': outcome,
          ...(outcome === 'done' ? {} : { 'curfew.retryable': outcome !== 'refused' }),
        },
        tookMs,
        isFailed: outcome !== 'done',
      }
    }
    case 'slack-called': {
      const { method, outcome, tookMs } = what
      return {
        name: `slack ${method}`,
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': 'POST',
          'url.full': slack.urlOf(method),
          'server.address': slack.host,
          'curfew.slack.method': method,
          'curfew.outcome': outcome,
        },
        tookMs,
        isFailed: outcome !== 'done',
      }
    }
    case 'slack-paused':
      return {
        event: 'slack asked for a pause',
        attributes: { 'curfew.slack.method': what.method, 'curfew.pause_ms': what.forMs },
      }
    case 'opening-called':
      return {
        event: 'opening called',
        attributes: { 'curfew.late_ms': what.lateMs, 'curfew.is_planned': what.isPlanned },
      }
    case 'end-called':
      return {
        event: 'end called',
        attributes: { 'curfew.late_ms': what.lateMs, 'curfew.cause': what.cause },
      }
    case 'job-ran':
      return null
  }
}
