export type Variables = Readonly<Record<string, string | undefined>>

export interface Filled {
  readonly value: unknown
  /** Where a variable was wanted and not there. Its text is left as it was. */
  readonly missing: readonly { readonly path: readonly (string | number)[]; readonly reference: string }[]
  /** Where a `${` could not be read. */
  readonly malformed: readonly (readonly (string | number)[])[]
  /** Every value that was filled in. Nothing that is shown or logged may repeat a part of one. */
  readonly secrets: readonly string[]
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Replaces `${NAME}` by the variable in every text of a system's settings; `$${` writes `${` itself. Unset and empty are both missing. */
export function fillVariables(settings: unknown, env: Variables): Filled {
  const missing: { path: (string | number)[]; reference: string }[] = []
  const malformed: (string | number)[][] = []
  const secrets: string[] = []

  const fillText = (text: string, path: (string | number)[]) =>
    text.replace(REFERENCE, (whole, name: string | undefined) => {
      if (whole === '$${') return '${'
      if (name === undefined || !whole.endsWith('}') || !NAME.test(name)) {
        malformed.push(path)
        return whole
      }
      const value = env[name]
      if (value === undefined || value === '') {
        missing.push({ path, reference: whole })
        return whole
      }
      secrets.push(value)
      return value
    })
  const fill = (value: unknown, path: (string | number)[]): unknown => {
    if (typeof value === 'string') return fillText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]))
    return value
  }

  return { value: fill(settings, []), missing, malformed, secrets }
}

const MIN_PART = 4

/** Does this text hold a secret, or four characters in a row of one? */
export function reveals(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => {
    if (secret.length <= MIN_PART) return text.includes(secret)
    for (let start = 0; start + MIN_PART <= secret.length; start++)
      if (text.includes(secret.slice(start, start + MIN_PART))) return true
    return false
  })
}
