import { SpanKind, type Attributes } from '@opentelemetry/api'
import type { Found, Step } from '../domain/ports/trace.ts'

export interface Named {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
  /** It begins a trace of its own, linked to what asked for it: it may take long, and be asked for by many. */
  readonly isOwn: boolean
}

/** How a step is shown. Names are words of our code alone: there are few of them, whoever clicks what. */
export function namedStep(step: Step): Named {
  const inside = (name: string, attributes: Attributes = {}): Named => ({
    name,
    kind: SpanKind.INTERNAL,
    attributes,
    isOwn: false,
  })
  const own = (name: string, attributes: Attributes, kind = SpanKind.INTERNAL): Named => ({
    name,
    kind,
    attributes,
    isOwn: true,
  })
  switch (step.type) {
    case 'interaction': {
      const { kind, of } = step
      return own(`${kind} ${of}`, { 'curfew.interaction': kind, 'curfew.of': of }, SpanKind.SERVER)
    }
    case 'request': {
      const method = known.has(step.method) ? step.method : '_OTHER'
      return own(method, { 'http.request.method': method }, SpanKind.SERVER)
    }
    case 'job':
      return own(`job ${step.job}`, { 'curfew.job': step.job })
    case 'settle':
      return own('settle grant', { 'curfew.grant.id': step.grantId, 'curfew.system': step.system })
    case 'repair':
      return own('repair hold', { 'curfew.system': step.system })
    case 'tidy':
      return own('tidy leftover', { 'curfew.system': step.system })
    case 'show':
      return own('show grant', { 'curfew.grant.id': step.grantId })
    case 'write-grant':
      return inside('write grant', { 'curfew.grant.id': step.grantId })
    case 'lease':
      return inside('lease hold', { 'curfew.system': step.system })
    case 'watch':
      return inside('watch hold', { 'curfew.system': step.system })
    case 'write-hold':
      return inside('write hold', { 'curfew.system': step.system, 'curfew.hold.written': [...step.what] })
    case 'place':
      return inside(step.of, { 'curfew.system': step.system })
    case 'wait':
      return inside(step.for === 'turn' ? 'wait for turn' : 'wait for instant')
  }
}

/** What is added once it is known; `name`: it is called by what it turned out to be. */
export function namedFound(found: Found): {
  readonly attributes: Attributes
  readonly suffix: string | null
  readonly isFailed: boolean
} {
  const { outcome, refusal, route, httpStatus, queuedMs, grant } = found
  const attributes: Attributes = {
    ...(outcome === undefined ? {} : { 'curfew.outcome': outcome }),
    ...(refusal === undefined ? {} : { 'curfew.refusal': refusal }),
    ...(route === undefined ? {} : { 'http.route': route }),
    ...(httpStatus === undefined ? {} : { 'http.response.status_code': httpStatus }),
    ...(queuedMs === undefined ? {} : { 'curfew.queued_ms': Math.round(queuedMs) }),
    ...(grant === undefined
      ? {}
      : {
          'curfew.system': grant.system,
          'curfew.resource': grant.resource,
          'curfew.entitlement': grant.entitlement,
          'curfew.status.to': grant.to,
          ...(grant.from === null ? {} : { 'curfew.status.from': grant.from }),
          ...(grant.happened.length === 0 ? {} : { 'curfew.happened': [...grant.happened] }),
        }),
  }
  return {
    attributes,
    suffix: route ?? (grant && grant.happened.length > 0 ? grant.happened.join(', ') : null),
    isFailed: outcome === 'failed' || outcome === 'lost' || (httpStatus ?? 0) >= 500,
  }
}

const known = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
