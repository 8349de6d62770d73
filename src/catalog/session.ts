import type { z } from 'zod'
import type { Entitlement, SessionRules } from '../domain/catalog.ts'
import type { ProofRules } from '../domain/confirmation.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Report } from './explain.ts'
import type { Path } from './problem.ts'
import type { proofSchema, sessionSchema } from './schema.ts'
import { problemIn, type Source } from './source.ts'

const DAY = 24 * 60 * 60_000
export const usualProof: ProofRules = { methods: ['passkey', 'totp'], maxAgeMs: 10 * 60_000 }

export const proofRules = (
  written: Pick<z.output<typeof proofSchema>, 'methods' | 'maxAge'> | null,
  around: ProofRules,
): ProofRules => ({
  methods: written?.methods ?? around.methods,
  maxAgeMs: written?.maxAge ?? around.maxAgeMs,
})

interface Written {
  readonly mode: Entitlement['mode']
  readonly session?: z.output<typeof sessionSchema> | undefined
}

/** Null where it is no session; what is wrong was reported. Renewed in its last tenth, and lasting a week, unless it says otherwise. */
export function sessionOf(
  source: Source,
  path: Path,
  { mode, session }: Written,
  { proof, hasOpenId, report }: { proof: ProofRules; hasOpenId: boolean; report: Report },
): Entitlement['session'] {
  const at = [...path, 'session']
  if (mode !== 'session') {
    if (session) report(problemIn(source, at, 'is for mode: session', 'key'))
    return null
  }
  if (!session) {
    report(problemIn(source, at, 'is missing: say how long one confirmation lasts (length: 10h)'))
    return null
  }
  const {
    length,
    renew = Math.max(5_000, Math.round(length / 10)),
    max = Math.max(length, 7 * DAY),
  } = session
  if (renew >= length)
    report(problemIn(source, [...at, 'renew'], `must be shorter than its length, ${formatDuration(length)}`))
  if (max < length)
    report(problemIn(source, [...at, 'max'], `is shorter than its length, ${formatDuration(length)}`))
  if (session.methods?.includes('oidc') === true && !hasOpenId)
    report(problemIn(source, [...at, 'methods'], 'names oidc, and confirm describes no identity provider'))
  return { lengthMs: length, renewMs: renew, maxMs: max, proof: proofRules(session, proof) }
}

/** One confirmation is what is asked for; renewed, it is never longer than its maximum. */
export const durationOfSession = ({ lengthMs, maxMs }: SessionRules): Entitlement['duration'] => ({
  defaultMs: lengthMs,
  maxMs,
  choicesMs: [lengthMs],
})
