export const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms)

export const later = (one: Date, other: Date): Date => (one > other ? one : other)

export function earliest(first: Date, ...others: (Date | null)[]): Date {
  return others.reduce<Date>((least, other) => (other !== null && other < least ? other : least), first)
}
