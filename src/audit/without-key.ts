/** Nobody can tell whether what is marked by a key that is not there is as it was written. */
export const withoutKey = (count: number, keyIds: readonly string[]): string =>
  `Of ${count} it cannot be told: marked by ${[...new Set(keyIds)].join(', ')}, of which AUDIT_KEYS has no key.`
