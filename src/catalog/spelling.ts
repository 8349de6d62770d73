import { distance as edits } from 'fastest-levenshtein'

/** The known word that was probably meant, if one is near: two slips at most, fewer in short words. */
export function nearest(word: string, known: readonly string[]): string | null {
  const allowed = word.length < 4 ? 1 : 2
  const lower = word.toLowerCase()
  const [best] = known
    .flatMap((candidate) => {
      // By the library two neighbours that are swapped are two edits: nearly all are found by it to be too far away.
      const isFar = edits(lower, candidate.toLowerCase()) > 2 * allowed
      return isFar ? [] : { candidate, slips: distance(lower, candidate.toLowerCase()) }
    })
    .filter(({ slips }) => slips <= allowed)
    .sort((a, b) => a.slips - b.slips)
  return best?.candidate ?? null
}

/** `; did you mean "orders-db"?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant === null ? '' : `; did you mean "${meant}"?`
}

/** Optimal string alignment: letters added, dropped, changed, or two neighbours swapped. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Infinity
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped))
    }
  }
  return at(a.length, b.length)
}
