import { inTime } from '../in-time.ts'
import { redacted } from '../log.ts'
import { onOneLine } from '../who/words.ts'
import { CannotAsk, unknown, type Finding, type Found } from './finding.ts'
import type { Installation } from './installation.ts'

/** A part of an installation that is looked at by itself. It reads, and writes nowhere. */
export interface Check {
  readonly area: string
  /** What is said of it where it cannot be asked at all. */
  readonly about: string
  /** After this it could not be asked. */
  readonly withinMs: number
  ask(installation: Installation): Promise<readonly Found[]>
}

/** All of them at the same time, in their order; what becomes of one is nothing to the others. Never throws. */
export async function runChecks(checks: readonly Check[], installation: Installation): Promise<Finding[]> {
  const found = await Promise.all(checks.map((check) => outcome(check, installation)))
  return found.flat()
}

async function outcome(check: Check, installation: Installation): Promise<Finding[]> {
  const found = await answered(check, installation).catch((error: unknown) => [
    unknown(check.about, whyNot(error)),
  ])
  return found.map((one) => ({ area: check.area, ...shown(one) }))
}

async function answered(check: Check, installation: Installation): Promise<readonly Found[]> {
  const late = () => new CannotAsk(`no answer within ${Math.round(check.withinMs / 1_000)} s`)
  return inTime(check.ask(installation), check.withinMs, late)
}

export const whyNot = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What comes from elsewhere may hold a secret, or what a terminal obeys. */
function shown({ about, verdict, says, remedy }: Found): Found {
  return { about: plain(about), verdict, says: plain(says), remedy: remedy === null ? null : plain(remedy) }
}

const plain = (text: string): string =>
  String(redacted(text))
    .split('\n')
    .map((line) => onOneLine(line))
    .filter((line) => line !== '')
    .join('\n')
