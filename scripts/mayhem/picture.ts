import { isApproved, type Grant } from '../../src/domain/grant.ts'
import type { Span, Trouble } from './diary.ts'
import type { Evidence } from './evidence.ts'
import { keyOf } from './keys.ts'
import type { Broken } from './promises.ts'
import type { Stretch } from './seen.ts'

const [width, left, row, aroundMs] = [1_100, 190, 26, 15_000]

/** What happened around the worst of what broke, or around the busiest minute where nothing did: grants, systems, troubles. */
export function pictureOf(
  evidence: Evidence,
  { broken, stretches }: { broken: readonly Broken[]; stretches: readonly Stretch[] },
): string {
  const worst = broken.slice(0, 6)
  const keys = [...new Set(worst.map(({ key }) => key).filter((key) => key !== null))]
  const shown = keys.length > 0 ? keys : busiest(evidence.grants)
  const panels = shown.map((key) =>
    panel(evidence, { key, stretches, at: worst.find((one) => one.key === key)?.at }),
  )
  const height = panels.reduce((sum, one) => sum + one.height, 40)
  let y = 40
  const drawn = panels.map((one) => {
    const placed = `<g transform="translate(0 ${y})">${one.svg}</g>`
    y += one.height
    return placed
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<style>
  svg { background: #fff; color: #222 } text { fill: currentColor } .muted { opacity: .65 }
  .held { fill: #c2410c } .agreed { fill: #2f855a } .bad { stroke: #c00; stroke-width: 2 } .trouble { fill: #8884 }
  @media (prefers-color-scheme: dark) { svg { background: #16181d; color: #e6e6e6 } }
</style>
<text x="10" y="22" font-size="15">${escaped(keys.length > 0 ? 'Where a promise was broken' : 'The busiest of what was held')}</text>
${drawn.join('\n')}
</svg>
`
}

function panel(
  { grants, troubles, lasted }: Evidence,
  { key, stretches, at }: { key: string; stretches: readonly Stretch[]; at: number | undefined },
): { svg: string; height: number } {
  const own = grants.filter(isApproved).filter((grant) => grant.pattern === null && keyOf(grant) === key)
  const span: Span =
    at === undefined ? { from: lasted.from, to: lasted.to } : { from: at - 2 * aroundMs, to: at + aroundMs }
  const isNear = ({ from, to }: Span) => to > span.from && from < span.to
  const x = (ms: number) =>
    left +
    ((Math.min(Math.max(ms, span.from), span.to) - span.from) / (span.to - span.from)) * (width - left - 20)
  const bar = ({ from, to }: Span, y: number, kind: string, words: string) =>
    `<rect class="${kind}" x="${x(from).toFixed(1)}" y="${y}" width="${Math.max(1, x(to) - x(from)).toFixed(1)}" height="14" rx="2"><title>${escaped(words)}</title></rect>`
  const label = (words: string, y: number) =>
    `<text class="muted" x="10" y="${y + 11}">${escaped(words)}</text>`
  const parts: string[] = [`<text x="10" y="12" font-weight="600">${escaped(key)}</text>`]
  let y = 20
  const held = stretches.filter((one) => `${one.system} ${one.key}` === key)
  parts.push(label('held, as seen', y))
  for (const { begins, ends } of held) {
    const seen = { from: begins[1], to: ends[0] }
    if (isNear(seen)) parts.push(bar(seen, y, 'held', `${stamp(seen.from)} to ${stamp(seen.to)}`))
  }
  y += row
  for (const grant of own) {
    const end =
      'takeAt' in grant ? Math.min(grant.takeAt.getTime(), grant.endsAt.getTime()) : grant.endsAt.getTime()
    const agreed = { from: grant.approvedAt.getTime(), to: end }
    if (!isNear(agreed)) continue
    parts.push(label(`grant ${grant.id.slice(0, 10)}`, y))
    parts.push(bar(agreed, y, 'agreed', `${stamp(agreed.from)} to ${stamp(agreed.to)}`))
    for (const one of grant.history) {
      const when = one.at.getTime()
      if (when < span.from || when > span.to) continue
      parts.push(
        `<line x1="${x(when).toFixed(1)}" x2="${x(when).toFixed(1)}" y1="${y - 2}" y2="${y + 16}" stroke="currentColor"><title>${escaped(`${one.type} ${stamp(when)}`)}</title></line>`,
      )
    }
    y += row
  }
  const [system = ''] = key.split(' ')
  for (const where of [...new Set(troubles.map((one) => one.where))].sort()) {
    const here = troubles.filter((one): one is Trouble => one.where === where && isNear(one))
    const isOfOthers = ['orders', 'billing', 'vpn'].includes(where) && where !== system
    if (here.length === 0 || isOfOthers) continue
    parts.push(label(where, y))
    for (const one of here)
      parts.push(bar(one, y, 'trouble', `${one.what} ${stamp(one.from)} to ${stamp(one.to)}`))
    y += row - 6
  }
  if (at !== undefined)
    parts.push(`<line class="bad" x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="16" y2="${y}"/>`)
  parts.push(`<text class="muted" x="${left}" y="${y + 12}">${stamp(span.from)}</text>`)
  parts.push(`<text class="muted" text-anchor="end" x="${width - 20}" y="${y + 12}">${stamp(span.to)}</text>`)
  return { svg: parts.join(''), height: y + 30 }
}

function busiest(grants: readonly Grant[]): string[] {
  const counts = new Map<string, number>()
  for (const grant of grants)
    if (isApproved(grant) && grant.pattern === null)
      counts.set(keyOf(grant), (counts.get(keyOf(grant)) ?? 0) + 1)
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([key]) => key)
}

const stamp = (ms: number): string => new Date(ms).toISOString().slice(11, 23)
const escaped = (words: string): string =>
  words.replace(/[<>&"]/g, (one) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[one] ?? one)
