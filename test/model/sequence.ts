/** Who stands at the top of a picture, from left to right, and the letter by which the model calls them. */
const lanes = [
  { letter: 'A', name: 'Replica A' },
  { letter: 'B', name: 'Replica B' },
  { letter: 'D', name: 'Database' },
  { letter: 'S', name: 'System' },
  { letter: 'O', name: 'Outsiders' },
] as const
type Letter = (typeof lanes)[number]['letter']

interface Step {
  readonly from: Letter | null
  readonly to: Letter | null
  readonly words: string
  readonly kind: 'call' | 'astray' | 'fault' | 'time' | 'broken'
  /** Whether it is held on the system from here on; null: as before. */
  readonly holds: boolean | null
}

/** The model prints no words for yes and no. */
const inWords = (line: string): string =>
  line
    .replace(
      /(has\?|held before:|must take:) ([01])/,
      (_, asked: string, is: string) => `${asked} ${is === '1' ? 'yes' : 'no'}`,
    )
    .replace('has?', 'is it held?')
    .replace(/\b(never_given|never_works)\b/, (word) => word.replace('_', ' '))

/** One line of what the model prints, without its @. */
function stepOf(line: string): Step {
  const step = (
    kind: Step['kind'],
    words: string,
    from: Letter | null = null,
    to: Letter | null = null,
  ): Step => ({
    kind,
    words,
    from,
    to,
    holds: to === 'S' || from === 'S' ? holdsAfter(words, kind) : null,
  })
  if (line.startsWith('!! ')) return step('broken', `This must never be: ${line.slice(3)}`)
  if (line.startsWith('T ')) return step('time', line.slice(2))
  const [who, what] = [line[0] ?? '', line[1] ?? '']
  const words = line.slice(3)
  if (who === '+') return what === '~' ? step('fault', words, 'S') : step('call', words, 'S', 'S')
  const from = lanes.find(({ letter }) => letter === who)?.letter
  if (from === undefined) throw new Error(`nobody is called ${who}: ${line}`)
  if (what === '~') return step('fault', words, from)
  if (what === 's') return step('astray', words, from, 'S')
  const to = lanes.find(({ letter }) => letter === what)?.letter
  if (to === undefined) throw new Error(`nobody is called ${what}: ${line}`)
  return step('call', words, from, to)
}

function holdsAfter(words: string, kind: Step['kind']): boolean | null {
  if (kind !== 'call' || /refused|is not$/.test(words)) return null
  if (/^give|has it already|adds it/.test(words)) return true
  return /^take(?!s it already)|takes it away|lets it lapse/.test(words) ? false : null
}

const rowPx = 22
const topPx = 64
const laneX = (letter: Letter): number => 56 + 88 * lanes.findIndex((lane) => lane.letter === letter)
const wordsX = laneX('O') + 60
const widthPx = wordsX + 440

const style = `
  svg { font: 13px system-ui, sans-serif; --ink: #1f2328; --faint: #8c959f; --ground: #ffffff; --held: #1a7f37; --bad: #cf222e; --odd: #9a6700 }
  @media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --faint: #7d8590; --ground: #0d1117; --held: #3fb950; --bad: #f85149; --odd: #d29922 } }
  text { fill: var(--ink) } .ground { fill: var(--ground) } .title { font-weight: 600 }
  .lane { stroke: var(--faint); stroke-width: 1 } .held { stroke: var(--held); stroke-width: 5; opacity: 0.7 }
  .call { stroke: var(--ink); fill: none } .astray { stroke: var(--odd); fill: none; stroke-dasharray: 5 4 }
  .head { fill: var(--ink) } .astray-head { fill: var(--odd) }
  .fault { fill: var(--odd) } .time { fill: var(--faint) } .broken { fill: var(--bad); font-weight: 600 } .rule { stroke: var(--bad) }
  .number { fill: var(--faint); font-size: 11px; text-anchor: end } .middle { text-anchor: middle }`

/** A picture of who did what when: an arrow a step, what it was beside it; green where access is held. */
export function sequence(title: string, lines: readonly string[]): string {
  const steps = lines.map((line) => stepOf(inWords(line)))
  const heightPx = topPx + rowPx * steps.length + 20
  const y = (row: number): number => topPx + rowPx * row + rowPx / 2
  const parts = [
    `<text class="title" x="12" y="22">${escaped(title)}</text>`,
    ...lanes.map(({ letter, name }) => `<text class="middle" x="${laneX(letter)}" y="48">${name}</text>`),
    ...lanes.map(({ letter }) => `<path class="lane" d="M${laneX(letter)} ${topPx - 8}V${heightPx - 12}"/>`),
    ...heldSpans(steps, heightPx - 12, y),
    ...steps.flatMap((step, row) => drawn(step, y(row), row + 1)),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}" role="img">
<title>${escaped(title)}</title>
<style>${style}
</style>
<rect class="ground" width="100%" height="100%"/>
${parts.join('\n')}
</svg>
`
}

function heldSpans(steps: readonly Step[], bottomY: number, y: (row: number) => number): string[] {
  const spans: string[] = []
  const x = laneX('S')
  let fromY: number | null = null
  for (const [row, { holds }] of steps.entries()) {
    if (holds === true) fromY ??= y(row)
    if (holds === false && fromY !== null) {
      spans.push(`<path class="held" d="M${x} ${fromY}V${y(row)}"/>`)
      fromY = null
    }
  }
  if (fromY !== null) spans.push(`<path class="held" d="M${x} ${fromY}V${bottomY}"/>`)
  return spans
}

function drawn({ from, to, kind, words }: Step, y: number, number: number): string[] {
  const isPlain = kind === 'call' || kind === 'astray'
  const said = `<text${isPlain ? '' : ` class="${kind}"`} x="${wordsX}" y="${y + 4}">${escaped(words)}</text>`
  const counted = `<text class="number" x="${wordsX - 8}" y="${y + 4}">${number}</text>`
  return [...mark({ from, to, kind }, y), counted, said]
}

function mark({ from, to, kind }: Pick<Step, 'from' | 'to' | 'kind'>, y: number): string[] {
  if (kind === 'broken') return [`<path class="rule" d="M12 ${y}H${laneX('O')}"/>`]
  if (from === null) return [`<path class="lane" stroke-dasharray="2 4" d="M12 ${y}H${laneX('O')}"/>`]
  const x = laneX(from)
  if (kind === 'fault')
    return [`<path class="fault" d="M${x - 6} ${y}L${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}Z"/>`]
  if (to === null) return []
  if (from === to) return [`<circle class="fault" cx="${x}" cy="${y}" r="5"/>`]
  const tip = laneX(to)
  const back = tip > x ? -7 : 7
  // What is still under way arrives later, if ever.
  const stop = kind === 'astray' ? x + (tip - x) * 0.7 : tip
  const name = kind === 'astray' ? 'astray-head' : 'head'
  return [
    `<path class="${kind}" d="M${x} ${y}H${stop}"/>`,
    `<path class="${name}" d="M${stop} ${y}l${back} -4v8Z"/>`,
  ]
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
