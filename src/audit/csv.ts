import { cellsOf, columns } from './cells.ts'
import { row } from './csv-row.ts'
import type { Format } from './format.ts'

/** For spreadsheets: one row an entry. */
export const csv: Format = {
  head: row(columns),
  isQuoted: true,
  line: (link, entry) => row(Object.values(cellsOf(link, entry))),
}
