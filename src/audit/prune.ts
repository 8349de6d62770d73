import { open, type FileHandle } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Connection } from 'mongoose'
import { ConfigError, readAuditSettings } from '../config.ts'
import type { Link } from '../domain/audit/chain.ts'
import { chainKeys, signersOf } from '../domain/audit/keys.ts'
import type { Position } from '../domain/audit/position.ts'
import { mongoChain } from '../mongo/audit.ts'
import { mongoHoldings } from '../mongo/holdings.ts'
import { mongoNamed } from '../mongo/named.ts'
import { mongoPositions } from '../mongo/positions.ts'
import { firstOf } from '../operations/by-itself/forward-record.ts'
import { pruneRecorded, type Pruned } from '../operations/prune-chain.ts'
import { operator, recordingOf } from '../operator.ts'
import type { Said } from '../who/open.ts'
import { idOf } from './forward/settings.ts'
import { asJsonLine } from './formats.ts'
import { instantOf } from './instant.ts'
import { onRecord } from './open.ts'
import { pruneUsage } from './usage.ts'

/** Exit code 1 where nothing was removed, as what would go is not as it was written. */
export async function prune(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const options = { before: { type: 'string' }, archive: { type: 'string' } } as const
  const { values } = parseArgs({ args: [...words], options })
  const before = instantOf(values.before ?? '')
  if (before === null || before > new Date()) throw new ConfigError(pruneUsage)
  const { archive } = values
  return onRecord(environment, null, async (connection, keys) => {
    const file = archive === undefined ? null : await newFile(archive)
    try {
      // What is sent on, and was not yet, stays.
      const sent = await sentUpTo(connection, environment)
      const pruning = {
        before,
        now: new Date(),
        ...(sent === null ? {} : { upTo: sent.number }),
        ...(file === null ? {} : { archive: (links: readonly Link[]) => keep(file, links) }),
      }
      const chain = mongoChain(connection)
      const drawn = [mongoHoldings(connection), mongoNamed(connection)]
      const parts = { keys: chainKeys(keys), signers: signersOf(keys), drawn }
      const world = await recordingOf(connection, environment)
      const pruned = await pruneRecorded(world, chain, { by: operator(), pruning, parts })
      const oldest = await chain.oldestAt()
      const { number: end } = await chain.end()
      const isUnsent = sent !== null && sent.number < end && oldest !== null && oldest < before
      const unsent = isUnsent ? `\nWhat comes after entry ${sent.number} was not sent on yet, and stays.` : ''
      return { text: `${said(pruned)}${unsent}`, exitCode: pruned.is === 'not-as-written' ? 1 : 0 }
    } finally {
      await file?.close()
    }
  })
}

/** The last that was sent to where it is sent by these variables; where they say nothing of that, to the last place of all. Null: nothing is sent. */
async function sentUpTo(
  connection: Connection,
  environment: NodeJS.ProcessEnv,
): Promise<Pick<Position, 'number'> | null> {
  const { auditForward } = readAuditSettings(environment)
  const positions = mongoPositions(connection)
  if (auditForward === null) return positions.latest()
  const kept = await positions.at(idOf(auditForward.place))
  return kept?.position ?? firstOf({ chain: mongoChain(connection), positions }, auditForward)
}

/** What stands there already is not written over: it may be another archive. */
async function newFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch {
    throw new ConfigError(`${path} cannot be made, or is there already`)
  }
}

async function keep(file: FileHandle, links: readonly Link[]): Promise<void> {
  await file.appendFile(links.map(asJsonLine).join(''))
  await file.sync()
}

function said(pruned: Pruned): string {
  switch (pruned.is) {
    case 'pruned':
      return `Removed ${pruned.removed} entries, up to ${pruned.upTo}. The record begins after it.`
    case 'nothing':
      return 'Nothing is so old.'
    case 'not-as-written':
      return `Nothing was removed: entry ${pruned.number} is not as it was written. See curfew audit verify.`
  }
}
