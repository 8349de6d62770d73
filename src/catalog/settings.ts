import { z } from 'zod'
import type { ConnectorKind } from '../domain/connector.ts'
import { keysOf, unknownKey, type Report } from './explain.ts'
import { writePath, type Path, type Problem } from './problem.ts'
import { problemIn, type Source } from './source.ts'
import { fillVariables, reveals, type Variables } from './variables.ts'
import { complaintsOf, verdictOf } from './verdict.ts'

/** A connector's kind, or whatever else is set up with secrets. */
export interface WithSettings {
  readonly settings: ConnectorKind['settings']
}

export interface SettingsReader {
  readonly env: Variables
  readonly report: Report
  /** Told of variables that are not set; what would hold them is not judged, and settings come out undefined. */
  readonly reportMissing: Report
}

/** Fills in variables and lets the connector's schema judge the result; null when something was reported. Values never show. */
export function readSettings(
  source: Source,
  path: Path,
  kind: WithSettings,
  written: Readonly<Record<string, unknown>>,
  reader: SettingsReader,
) {
  const { value: filled, missing, refused, malformed, secrets } = fillVariables(written, reader.env)
  const problems: Problem[] = malformed.map((at) =>
    problemIn(
      source,
      [...path, ...at],
      'has a "${" that is not a reference such as ${NAME}; write "$${" for the text itself',
    ),
  )
  for (const { path: at, message } of missing)
    reader.reportMissing(problemIn(source, [...path, ...at], message))
  for (const { path: at, message } of refused) reader.report(problemIn(source, [...path, ...at], message))

  const verdict = verdictOf(kind.settings, filled)
  problems.push(...complaints(source, path, kind, filled))
  // What is also said of the unfilled text cannot come from a secret.
  const unfilled = new Set(complaints(source, path, kind, written).map(({ message }) => message))
  const distinct = [...new Set(secrets)]
  const isSafe = (message: string) => unfilled.has(message) || !reveals(message, distinct)
  const holdMissing = new Set(
    [...missing, ...refused].flatMap(({ path: at }) => everyHolder([...path, ...at])),
  )
  for (const problem of problems)
    if (!holdMissing.has(problem.key))
      reader.report(
        isSafe(problem.message) ? problem : { ...problem, message: 'is not right; its value is not shown' },
      )
  if (refused.length > 0) return null
  if (missing.length > 0) return { parsed: undefined, filled, secrets: distinct }
  return verdict?.good === true && problems.length === 0
    ? { parsed: verdict.data, filled, secrets: distinct }
    : null
}

/** Schemas may let unknown keys pass; the catalog doesn't: a misspelled setting would silently not count. */
function complaints(
  source: Source,
  path: Path,
  { settings: schema }: WithSettings,
  value: unknown,
): Problem[] {
  const verdict = verdictOf(schema, value)
  const instead = 'cannot be used by its connector'
  const wrong = complaintsOf(source, path, { verdict, schema, value, instead })
  if (verdict === null) return wrong
  const known = keysOf(schema)
  const unknown = Object.keys(z.record(z.string(), z.unknown()).parse(value)).filter(
    (key) => known.length > 0 && !known.includes(key),
  )
  return [
    ...wrong,
    ...unknown.map((key) => problemIn(source, [...path, key], unknownKey([...path, key], known), 'key')),
  ]
}

/** The path itself and each that it is within, as problems write them. */
const everyHolder = (path: Path) => path.map((_, at) => writePath(path.slice(0, at + 1)))
