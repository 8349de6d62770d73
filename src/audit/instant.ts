/** With its zone: the hour of whoever asks is not that of whoever runs it. */
const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/** Null: it names none. */
export function instantOf(text: string): Date | null {
  const instant = new Date(text)
  return isInstant.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(instant.getTime()) ? instant : null
}

/** 31 February is a slip of the hand, and no day in March. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
