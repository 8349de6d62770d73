import { ConfigError, readRingPlaces } from './config.ts'
import { keyRing } from './confirming/key-ring.ts'
import { newRingKey } from './domain/ring-keys.ts'
import { rotate, type Rotated } from './confirming/rotate.ts'
import { hide } from './log.ts'
import { mongoSealedSecrets } from './mongo/confirming/totp.ts'
import { connect } from './mongo/connection.ts'
import { ensureIndexes } from './mongo/indexes.ts'
import { asAct } from './operations/as-act.ts'
import { operator, recordingOf } from './operator.ts'

export const keysUsage = `curfew keys new           print a fresh key, for CURFEW_KEYS or AUDIT_KEYS
curfew keys rotate        seal every stored secret by the first key of CURFEW_KEYS; says which keys are not needed any more`

/** What was done, in words, and 1 where something is left that no key here opens. Throws `ConfigError` for what cannot be. */
export async function keys(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ text: string; exitCode: 0 | 1 }> {
  const [verb, ...more] = words
  if (more.length > 0) throw new ConfigError(keysUsage)
  if (verb === 'new') return { text: newRingKey(), exitCode: 0 }
  if (verb !== 'rotate') throw new ConfigError(keysUsage)
  const { mongodbUri, keys: configured } = readRingPlaces(environment)
  for (const secret of [mongodbUri, ...configured.map(({ base64 }) => base64)]) hide(secret)
  const ring = keyRing(configured)
  const connection = await connect(mongodbUri)
  try {
    await ensureIndexes(connection)
    const about = { kind: 'keys', id: ring.currentId, name: ring.currentId } as const
    const rotated = await asAct(
      await recordingOf(connection, environment),
      { type: 'keys-rotated', by: operator(), about, details: {} },
      () => rotate(ring, mongoSealedSecrets(connection)),
      ({ resealed }) => ({ outcome: 'done', details: { resealed: String(resealed) } }),
    )
    return { text: said(rotated, ring.currentId), exitCode: rotated.unopened.length > 0 ? 1 : 0 }
  } finally {
    await connection.close()
  }
}

function said({ resealed, unopened, unneeded, needed }: Rotated, currentId: string): string {
  const lines = [`Sealed anew by ${currentId}: ${resealed}`]
  for (const { person, keyId, why } of unopened)
    lines.push(
      why === 'unknown-key'
        ? `Left as it is: the secret of ${person} is sealed by ${keyId}, which is not in CURFEW_KEYS`
        : `Left as it is: the secret of ${person} is not what ${keyId} sealed, or the key of that name is another one`,
    )
  for (const [keyId, count] of needed) lines.push(`Still needed: ${keyId}, by ${count}`)
  if (unneeded.length > 0)
    lines.push(
      `Not needed any more, once every replica runs with ${currentId} as its first key: ${unneeded.join(', ')}`,
    )
  return lines.join('\n')
}
