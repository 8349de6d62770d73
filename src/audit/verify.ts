import { parseArgs } from 'node:util'
import type { ChainFault } from '../domain/audit/chain.ts'
import { chainKeys, signersOf } from '../domain/audit/keys.ts'
import { mongoChain } from '../mongo/audit.ts'
import { verifyChain, type CheckpointFault, type Verified } from '../operations/verify-chain.ts'
import type { Said } from '../who/open.ts'
import { onRecord } from './open.ts'
import { readCheckpoints } from './read-checkpoints.ts'

/** Exit code 1 where the record is not as it was written. */
export async function verify(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const { values } = parseArgs({ args: [...words], options: { checkpoints: { type: 'string' } } })
  const place = values.checkpoints
  const { checkpoints, odd } =
    place === undefined ? { checkpoints: [], odd: [] } : await readCheckpoints(place, environment)
  if (odd.length > 0) console.error(`Lines that are no checkpoints: ${odd.slice(0, 20).join(', ')}`)
  return onRecord(environment, 'audit verify', async (connection, keys) => {
    const found = await verifyChain(mongoChain(connection), {
      keys: chainKeys(keys),
      checkpoints,
      signers: signersOf(keys),
    })
    const isRight = found.faultCount === 0 && found.checkpointFaults.length === 0 && !found.isBaseForged
    return { text: said(found), exitCode: isRight ? 0 : 1 }
  })
}

function said(found: Verified): string {
  const { links, first, last, faults, faultCount, checkpoints, base, isBaseForged, checkpointFaults } = found
  const { vouchedUpTo } = found
  const span = first && last ? `, from ${first.at.toISOString()} to ${last.at.toISOString()}` : ''
  const lines = [`${links} entries${span}`]
  if (base !== null)
    lines.push(
      `Entries up to ${base.number}, of ${base.at} and before, were removed by who had the key ${base.keyId}.`,
    )
  if (isBaseForged)
    lines.push(
      'Where it is said to begin was not signed by any key in AUDIT_KEYS: what stood before is missing.',
    )
  for (const fault of faults) lines.push(faultWords(fault))
  if (faultCount > faults.length) lines.push(`and ${faultCount - faults.length} more`)
  for (const fault of checkpointFaults) lines.push(checkpointWords(fault))
  if (faultCount === 0) lines.push('None of them was changed, left out or moved.')
  if (checkpoints === 0)
    lines.push('That none was cut off at the end only checkpoints can tell: --checkpoints PLACE')
  else if (checkpointFaults.length === 0) lines.push(endingWords(checkpoints, vouchedUpTo))
  return lines.join('\n')
}

/** Checkpoints are kept now and then: of what came after the last nobody can tell how much there was. */
const endingWords = (checkpoints: number, upTo: number | null): string =>
  upTo === null
    ? `All that ${checkpoints} checkpoints saw was removed: whether any was cut off at the end they cannot tell.`
    : `Up to entry ${upTo} none was cut off, as ${checkpoints} checkpoints say; of what came after it only a later one can tell.`

function faultWords(fault: ChainFault): string {
  switch (fault.kind) {
    case 'missing':
      return fault.from === fault.to
        ? `Missing: entry ${fault.from}`
        : `Missing: entries ${fault.from} to ${fault.to}`
    case 'changed':
      return `Not as it was written: entry ${fault.number} (${fault.source}), or the one before it`
    case 'unreadable':
      return `Not an entry: what stands in the place of entry ${fault.number}`
    case 'beside':
      return `Not an entry: what stands beside the record as ${fault.id}`
    case 'unknown-key':
      return `Cannot be told: entry ${fault.number} is marked by the key ${fault.keyId}, which is not in AUDIT_KEYS`
  }
}

function checkpointWords(fault: CheckpointFault): string {
  switch (fault.kind) {
    case 'forged':
      return `The checkpoint of entry ${fault.number} was not signed by any key in AUDIT_KEYS`
    case 'cut-off':
      return `Cut off: at ${fault.at} there were ${fault.number} entries, now there are ${fault.end}`
    case 'another-chain':
      return `Put in its place: entry ${fault.number} is not the one that stood there at ${fault.at}`
  }
}
