import type { SealedSecrets } from '../domain/ports/sealed-secrets.ts'
import type { KeyRing } from './key-ring.ts'

export interface Rotated {
  readonly resealed: number
  /** By persons' ids: what could not be opened, and why. */
  readonly unopened: readonly { person: string; keyId: string; why: 'unknown-key' | 'altered' }[]
  /** Configured, and nothing is sealed by them any more. */
  readonly unneeded: readonly string[]
  /** Not current, and something is still sealed by them. */
  readonly needed: ReadonlyMap<string, number>
}

const pageSize = 200

/**
 * Seals each stored secret by the current key. Done by two at once, each secret is sealed anew once; stopped half-way, it
 * goes on where it was. What cannot be opened stays as it is.
 */
export async function rotate(ring: KeyRing, secrets: SealedSecrets): Promise<Rotated> {
  let [resealed, after] = [0, null as string | null]
  const unopened: Rotated['unopened'][number][] = []
  for (;;) {
    const page = await secrets.sealedByOthers(ring.currentId, { after, most: pageSize })
    const last = page.at(-1)
    if (last === undefined) break
    for (const secret of page) {
      const plain = ring.open(secret.sealed, secret.of)
      if ('unopened' in plain) {
        unopened.push({ person: secret.of.person, keyId: plain.keyId, why: plain.unopened })
        continue
      }
      if (await secrets.reseal(secret, ring.seal(plain, secret.of))) resealed++
    }
    after = last.id
  }
  const counts = await secrets.countByKey()
  return {
    resealed,
    unopened,
    unneeded: ring.ids.filter((id) => id !== ring.currentId && !counts.has(id)),
    needed: new Map([...counts].filter(([id]) => id !== ring.currentId)),
  }
}
