import type { Link } from '../domain/audit/chain.ts'
import { cef } from './cef.ts'
import { csv } from './csv.ts'
import type { Format } from './format.ts'
import { ocsf } from './ocsf/ocsf.ts'

export type { Format } from './format.ts'

/** As it stands in the record, with what it takes to check it: one JSON object a line. */
const jsonl: Format = { head: '', line: (link) => asJsonLine(link) }

export const asJsonLine = ({ number, source, at, keyId, mark, text }: Link): string =>
  `${JSON.stringify({ number, source, at, keyId, mark, text })}\n`

/** By their names at the command line. */
export const formats: Readonly<Record<string, Format>> = { jsonl, csv, cef, ocsf }
