import type { Finding, Report } from './finding.ts'

const marks = { right: 'ok   ', wrong: 'WRONG', unknown: '?    ' } as const
/** Of what is right; what is not is said in full. */
const mostRight = 8

/** For people: by area, a line each, and below it what to do; last how many there are of each. */
export function asText({ findings, counts }: Report): string {
  const areas = [...new Set(findings.map(({ area }) => area))]
  return [
    ...areas.flatMap((area) =>
      areaLines(
        area,
        findings.filter((one) => one.area === area),
      ),
    ),
    sum(counts),
  ].join('\n')
}

function areaLines(area: string, findings: readonly Finding[]): string[] {
  const rightOnes = findings.filter(({ verdict }) => verdict === 'right')
  const folded = new Set(rightOnes.length > mostRight ? rightOnes.slice(mostRight) : [])
  const said = findings.filter((finding) => !folded.has(finding))
  const lines = said.flatMap((finding, i) => findingLines(finding, said[i + 1]))
  return [area, ...lines, ...(folded.size === 0 ? [] : [`  ok     and ${folded.size} more`]), '']
}

/** What is to be done about several that follow each other is said once, below the last. */
function findingLines({ verdict, about, says, remedy }: Finding, next: Finding | undefined): string[] {
  const isSaidBelow = next?.remedy === remedy
  const more = remedy === null || isSaidBelow ? [] : remedy.split('\n')
  const [first = '', ...rest] = `${about}: ${says}`.split('\n')
  return [
    `  ${marks[verdict]}  ${first}`,
    ...rest.map((line) => `         ${line}`),
    ...more.map((line) => `         → ${line}`),
  ]
}

function sum({ right, wrong, unknown }: Report['counts']): string {
  if (wrong + unknown === 0) return `All is right: ${right} things were looked at.`
  return `${wrong} wrong, ${unknown} could not be asked, ${right} right. Nothing was changed.`
}
