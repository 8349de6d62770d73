/** Where something is written: counted from 1, as editors do. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One thing that is wrong in the owner's files, and where. Never holds the value of an environment variable. */
export interface Problem extends Position {
  /** As in `resources.orders-db.entitlements.read.who`; empty for the file itself. */
  readonly key: string
  readonly message: string
}

export type Path = readonly (string | number)[]

/** `catalog.yml:12:7 resources.orders-db.channel: is missing` */
export function writeProblem({ file, line, column, key, message }: Problem): string {
  return `${file}:${line}:${column} ${key === '' ? '' : `${key}: `}${message}`
}

const MOST_TOLD = 100

/** The first hundred, and how many more there are: what is wrong with everything fits no message. */
export function writeProblems(problems: readonly Problem[]): string[] {
  const told = problems.slice(0, MOST_TOLD).map(writeProblem)
  const more = problems.length - told.length
  return more > 0 ? [...told, `…and ${more} more`] : told
}

/** By place, each said once. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const once = new Map(problems.map((problem) => [writeProblem(problem), problem]))
  return [...once.values()].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.key, b.key),
  )
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** `['stages', 0, 'needs']` as `stages[0].needs`. */
export function writePath(path: Path): string {
  return path.reduce<string>(
    (written, step) =>
      typeof step === 'number' ? `${written}[${step}]` : written === '' ? step : `${written}.${step}`,
    '',
  )
}

/** Thrown where a catalog must be good to go on: its message is every problem, a line each. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}
