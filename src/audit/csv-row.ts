/** One row for spreadsheets: by RFC 4180, each cell quoted. What they would compute is text. */
export function row(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

/**
 * What begins so is a formula to spreadsheets, and to some of them behind spaces, signs that nobody sees, or in the wide
 * letters of East Asia. Source: OWASP, CSV injection.
 */
const asFormula = /^(?:[\s\p{C}]*[=+\-@＝＋－＠]|[\t\r\n])/u

function cellOf(text: string): string {
  const plain = asFormula.test(text) ? `'${text}` : text
  return `"${plain.replaceAll('"', '""')}"`
}
