import type { Evidence } from './evidence.ts'
import { noCpu } from './hunger.ts'
import { promises } from './promises.ts'
import { judge, type Verdict } from './verdict.ts'

/** What happened, in figures. */
export function report(about: string, { evidence, verdict, counts, hungryShare }: Run): void {
  const { grants, doubled, record, troubles, lasted } = evidence
  // As if the machine had been large enough.
  const strict = judge({ ...evidence, troubles: troubles.filter(({ what }) => what !== noCpu) })
  const statuses = new Map<string, number>()
  for (const { status } of grants) statuses.set(status, (statuses.get(status) ?? 0) + 1)
  console.log(`\nchaos: ${about}\n`)
  console.log(`grants: ${grants.length} (${[...statuses].map(([what, n]) => `${n} ${what}`).join(', ')})`)
  console.log(
    `held, as seen from outside: ${verdict.stretches.length} times; entries in the record of them: ${record.entries.length}`,
  )
  console.log(
    `late beyond what was down: ${spread(verdict.lateness)}; CPU not counted: ${spread(strict.lateness)}`,
  )
  const hungryMs = troubles
    .filter(({ what }) => what === noCpu)
    .reduce((sum, { from, to }) => sum + to - from, 0)
  console.log(
    `each replica waited for a CPU: ${percent(hungryShare)} of its time; all at once: ${percent(hungryMs / (lasted.to - lasted.from))} (excused)`,
  )
  console.log(`messages doubled: ${doubled}`)
  for (const [what, count] of [...counts].sort()) console.log(`  ${String(count).padStart(6)} ${what}`)
  console.log('')
}

interface Run {
  readonly evidence: Evidence & { readonly doubled: number }
  readonly verdict: Verdict
  readonly counts: ReadonlyMap<string, number>
  readonly hungryShare: number
}

const most = 8

/** A line of each promise, and below it where it was broken. */
export function reportPromises({ broken }: Verdict): void {
  for (const promise of promises) {
    const of = broken.filter((one) => one.promise === promise)
    console.log(`${of.length === 0 ? 'met   ' : 'BROKEN'} ${promise}: ${of.length}`)
    for (const { what, key } of of.slice(0, most)) console.log(`         ${key ?? ''} ${what}`)
  }
}

const percent = (share: number): string => `${Math.round(100 * share)} %`

function spread(all: readonly number[]): string {
  const sorted = [...all].sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms`
}
