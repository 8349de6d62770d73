import { z } from 'zod'

/** Unknown is what could not be asked; for whoever must be sure it counts as wrong. */
const verdict = z.enum(['right', 'wrong', 'unknown'])

export const foundSchema = z.object({
  /** What was looked at, within its area: `#orders`, `ada@acme.example`, `indexes`. */
  about: z.string(),
  verdict,
  /** What was found out, or why it was not. */
  says: z.string(),
  /** What to do; null where nothing is to be done. */
  remedy: z.string().nullable(),
})

const findingSchema = foundSchema.extend({ area: z.string() })

/** The shape that docs/doctor.md promises. */
export const reportSchema = z.object({
  /** Right only where every finding is. */
  verdict: z.enum(['right', 'wrong']),
  counts: z.object({ right: z.number(), wrong: z.number(), unknown: z.number() }),
  findings: z.array(findingSchema),
})

export type Found = z.infer<typeof foundSchema>
export type Finding = z.infer<typeof findingSchema>
export type Report = z.infer<typeof reportSchema>

export const right = (about: string, says: string): Found => ({ about, verdict: 'right', says, remedy: null })

export const wrong = (about: string, says: string, remedy: string): Found => ({
  about,
  verdict: 'wrong',
  says,
  remedy,
})

export const unknown = (about: string, says: string, remedy: string | null = null): Found => ({
  about,
  verdict: 'unknown',
  says,
  remedy,
})

/** What something else needs is not there: why, so that it is said of each that needs it. */
export class CannotAsk extends Error {
  override readonly name = 'CannotAsk'
}

export function reportOf(findings: readonly Finding[]): Report {
  const count = (of: Finding['verdict']) => findings.filter((finding) => finding.verdict === of).length
  const counts = { right: count('right'), wrong: count('wrong'), unknown: count('unknown') }
  const isRight = counts.wrong + counts.unknown === 0
  return { verdict: isRight ? 'right' : 'wrong', counts, findings: [...findings] }
}
