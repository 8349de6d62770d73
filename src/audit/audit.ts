import { ConfigError } from '../config-error.ts'
import type { Said } from '../who/open.ts'
import { auditUsage } from './usage.ts'

/** Throws `ConfigError` for what cannot be asked. */
export async function audit(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const [verb, ...rest] = words
  if (verb === 'verify') return (await import('./verify.ts')).verify(rest, environment)
  if (verb === 'export') return (await import('./exported.ts')).exported(rest, environment)
  if (verb === 'prune') return (await import('./prune.ts')).prune(rest, environment)
  throw new ConfigError(auditUsage)
}
