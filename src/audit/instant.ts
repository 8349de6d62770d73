/** With its zone: the hour of whoever asks is not that of whoever runs it. */
const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/** Null: it names none. */
export function instantOf(text: string): Date | null {
  const instant = new Date(text)
  return isInstant.test(text) && !Number.isNaN(instant.getTime()) ? instant : null
}
