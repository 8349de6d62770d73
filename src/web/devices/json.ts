/** Deeper than any report is. */
const deepest = 32

/** JSON as RFC 8259 has it, of a depth that whoever reads it can follow. Undefined: it is none. */
export function jsonOf(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const json: unknown = JSON.parse(text)
    return isShallow(json) ? json : undefined
  } catch {
    return undefined
  }
}

function isShallow(json: unknown, depth = 0): boolean {
  if (typeof json !== 'object' || json === null) return true
  return depth < deepest && Object.values(json).every((value) => isShallow(value, depth + 1))
}
