import type { KnownBlock } from '@slack/types'
import { formatDuration } from '../../domain/duration.ts'
import type { WaitingTimes } from '../../domain/waiting-times.ts'
import type { AskedRow, GrantRecords } from '../../domain/ports/grant-records.ts'
import type { World } from '../../operations/world.ts'
import { section } from '../words/blocks.ts'
import { plainWords } from '../words/mrkdwn.ts'
import { surely } from '../words/who.ts'

/** How long requests wait, on an admin's Home tab: by resource and approver, and what a rule would save. */

const lookBackMs = 30 * 24 * 60 * 60_000
const rememberedMs = 5 * 60_000
const mostRows = 20_000

/** What was asked for in the last 30 days, read anew at most each five minutes. */
export function recentlyAsked(records: GrantRecords): (world: World) => Promise<readonly AskedRow[]> {
  let known: { rows: Promise<readonly AskedRow[]>; atMs: number } | null = null
  return (world) => {
    const nowMs = world.clock.monotonicMs()
    if (known !== null && nowMs - known.atMs < rememberedMs) return known.rows
    const rows = records.askedSince(new Date(world.clock.now().getTime() - lookBackMs), mostRows)
    known = { rows, atMs: nowMs }
    rows.catch(() => {
      known = null
    })
    return rows
  }
}

export function waitRow({
  resource,
  approved,
  medianMs,
  p90Ms,
  approvers,
  rule,
}: WaitingTimes): KnownBlock[] {
  const names = approvers.map(({ by, answers, medianMs: ms }) => `${surely(by)} ${time(ms)} (${answers})`)
  const saving =
    rule === null
      ? []
      : [`A rule for ${plainWords(rule.group, 60)} would have answered ${rule.answers} of ${approved}.`]
  const lines = [
    `*${plainWords(resource.name, 60)}*: half within ${time(medianMs)}, nine of ten within ${time(p90Ms)} (${approved})`,
    `Usually: ${names.join(', ')}`,
    ...saving,
  ]
  return [section(lines.join('\n'))]
}

/** To the minute; what took less is less than one. */
const time = (ms: number): string =>
  ms < 60_000 ? 'a minute' : formatDuration(Math.round(ms / 60_000) * 60_000)
