import { z } from 'zod'

const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const
const shortTimePattern = /^(\d{1,6})(ms|s|m)$/

/** A short time, written `500ms`, `5s` or `2m`; in milliseconds once parsed. */
export const shortTime = z.string().transform((text, context) => {
  const [, amount, unit] = shortTimePattern.exec(text) ?? []
  if (unit === 'ms' || unit === 's' || unit === 'm') return Number(amount) * unitMs[unit]
  context.addIssue({ code: 'custom', message: 'must be a time such as 500ms, 5s or 2m' })
  return z.NEVER
})

/** How late the system tells the truth after a change. */
export const lag = shortTime.refine((ms) => ms <= 60_000, 'must be at most 1m').default(0)

/** How long after a call was given up it may still happen there. */
export const late = shortTime.refine((ms) => ms <= 600_000, 'must be at most 10m')
