import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'

export const auditKeyPlaces = ['AUDIT_KEYS', 'AUDIT_KEYS_FILE', 'AUDIT_KEYS_COMMAND'] as const
/** A key service answers sooner, or not at all. */
const withinMs = 30_000

/**
 * The keys of the record may stand in the environment, in a file, or be what a command prints that asks a key service; in one
 * of these. Throws `ConfigError`, with nothing of them in it.
 */
export function withAuditKeys(given: Readonly<Record<string, string>>): Record<string, string> {
  const set = auditKeyPlaces.filter((name) => given[name] !== undefined)
  if (set.length > 1) throw new ConfigError(`${set.join(' and ')} are set: the keys stand in one place`)
  const { AUDIT_KEYS_FILE: file, AUDIT_KEYS_COMMAND: command, ...others } = given
  if (file !== undefined) return { ...others, AUDIT_KEYS: fromFile(file) }
  return command === undefined ? others : { ...others, AUDIT_KEYS: printedBy(command) }
}

/** The same for who says all that is wrong: why they cannot be had, in place of an error. */
export function withAuditKeysOrWhyNot(given: Readonly<Record<string, string>>): {
  readonly given: Record<string, string>
  readonly fault: string | null
} {
  try {
    return { given: withAuditKeys(given), fault: null }
  } catch (error) {
    if (error instanceof ConfigError) return { given: { ...given }, fault: error.message }
    throw error
  }
}

function fromFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new ConfigError('The file that AUDIT_KEYS_FILE names cannot be read')
  }
}

/** By a shell, as it is written. What it says beside the keys goes where our own errors go. */
function printedBy(command: string): string {
  try {
    return execFileSync('/bin/sh', ['-c', command], {
      encoding: 'utf8',
      timeout: withinMs,
      stdio: ['ignore', 'pipe', 'inherit'],
    }).trim()
  } catch {
    throw new ConfigError('The command of AUDIT_KEYS_COMMAND printed no keys')
  }
}
