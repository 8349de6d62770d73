import { parseArgs } from 'node:util'
import { isClosedPipe, pipeClosed } from '../closed-pipe.ts'
import { ConfigError } from '../config.ts'
import { noLink } from '../domain/audit/chain.ts'
import { signersOf } from '../domain/audit/keys.ts'
import type { ChainStore } from '../domain/ports/audit.ts'
import { mongoChain } from '../mongo/audit.ts'
import type { Signer } from '../operations/chain-base.ts'
import type { Said } from '../who/open.ts'
import { exportChain } from './export.ts'
import { formats, type Format } from './formats.ts'
import { instantOf } from './instant.ts'
import { onRecord } from './open.ts'
import { progressOn } from './progress.ts'
import { auditUsage } from './usage.ts'

/** Exit code 1 where the record holds what is no entry, or lacks some. */
export async function exported(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const options = { format: { type: 'string', default: 'jsonl' }, since: { type: 'string' } } as const
  const { values } = parseArgs({ args: [...words], options })
  const format = Object.hasOwn(formats, values.format) ? formats[values.format] : undefined
  const since = values.since === undefined ? null : instantOf(values.since)
  if (format === undefined || (values.since !== undefined && since === null))
    throw new ConfigError(auditUsage)
  return onRecord(environment, `audit export --format ${values.format}`, (connection, keys) =>
    written(mongoChain(connection), { format, since, signers: signersOf(keys) }),
  )
}

interface Exporting {
  readonly format: Format
  readonly since: Date | null
  readonly signers: readonly Signer[]
}

async function written(chain: ChainStore, what: Exporting): Promise<Said> {
  const { stdout: output, stderr: errors } = process
  // What is told of a closed pipe after the first time has nobody to hear it.
  output.on('error', () => undefined)
  const end = await chain.end().catch(() => noLink)
  const progress = progressOn({ errors, output }, { last: end.number })
  try {
    const { unreadable, missing, removed } = await exportChain(chain, output, {
      ...what,
      reached: (number) => progress.reached(number),
    })
    progress.over()
    const { count, first } = unreadable
    if (removed !== null)
      console.error(
        `Entries up to ${removed.number}, of ${removed.at} and before, were removed, as they were too old.`,
      )
    if (missing > 0) console.error(`Missing: ${missing} entries. See curfew audit verify.`)
    if (count === 0) return { text: '', exitCode: missing > 0 ? 1 : 0 }
    const more = count > first.length ? ` and ${count - first.length} more` : ''
    console.error(`Left out, as they are no entries: ${first.join(', ')}${more}`)
    return { text: '', exitCode: 1 }
  } catch (error) {
    progress.over()
    if (isClosedPipe(error)) return { text: '', exitCode: pipeClosed }
    throw error
  }
}
