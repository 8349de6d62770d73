export type Variables = Readonly<Record<string, string | undefined>>

export interface Wanted {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export interface Filled {
  readonly value: unknown
  /** Where a variable was wanted and not there. Its text is left as it was. */
  readonly missing: readonly Wanted[]
  /** Where one was wanted that catalogs may not read, whether or not it is there. Its text is left as it was, too. */
  readonly refused: readonly Wanted[]
  /** Where a `${` could not be read. */
  readonly malformed: readonly (readonly (string | number)[])[]
  /** Every value that was filled in. Nothing that is shown or logged may repeat a part of one. */
  readonly secrets: readonly string[]
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Names that Curfew itself reads, with its own secrets: no file may send them anywhere, whatever is listed. */
const OWN =
  /^(SLACK_.*|MONGODB_URI|CATALOG|CATALOG_VARIABLES|CURFEW_KEYS|AUDIT_.*|OTEL_.*|METRICS_(PORT|HOST|TOKEN)|PORT|PUBLIC_URL|TRUSTED_PROXIES|LOG_LEVEL|HTTPS?_PROXY|NO_PROXY)$/i
const OPEN_UNLESS_LISTED = 'CURFEW_*'

const ENTRY = /^([A-Za-z_][A-Za-z0-9_]*)(\*?)$/

/** Whether this list, of names and of beginnings such as `ORDERS_*`, holds the name. */
function isListed(name: string, list: string): boolean {
  return list.split(',').some((entry) => {
    const [, start = '', star = ''] = ENTRY.exec(entry.trim()) ?? []
    return start !== '' && (star === '' ? name === start : name.startsWith(start))
  })
}

/**
 * Replaces `${NAME}` by the variable in every text of a system's settings; `$${` writes `${` itself. Unset and empty are
 * both missing. Only what the operator lists in `CATALOG_VARIABLES` can be read, or what begins with `CURFEW_` where
 * there is no list: as in CI, so that what is not listed is no more than missing there.
 */
export function fillVariables(settings: unknown, env: Variables): Filled {
  const missing: Wanted[] = []
  const refused: Wanted[] = []
  const list = env['CATALOG_VARIABLES']?.trim() ?? ''
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
      if (OWN.test(name)) {
        refused.push({ path, message: `${whole} is Curfew's own: no catalog may use it` })
      } else if (!isListed(name, list === '' ? OPEN_UNLESS_LISTED : list)) {
        const message = `${whole} is not opened to catalogs: see CATALOG_VARIABLES`
        ;(list === '' ? missing : refused).push({ path, message })
      } else if (value === undefined || value === '') {
        missing.push({ path, message: `${whole} is not set` })
      } else {
        secrets.push(value)
        return value
      }
      return whole
    })
  const fill = (value: unknown, path: (string | number)[]): unknown => {
    if (typeof value === 'string') return fillText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]))
    return value
  }

  return { value: fill(settings, []), missing, refused, malformed, secrets }
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
