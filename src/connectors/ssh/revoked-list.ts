import { ConnectorError } from '../../domain/connector.ts'
import { turns } from '../turns.ts'
import type { Revoked, SshFolder } from './folder.ts'
import type { KeyGen, Serials } from './key-gen.ts'

/** Others who publish at the same moment can be first so often. */
const mostTries = 30

export interface RevokedList {
  /** What is revoked and not on the list that hosts get. */
  missing(signal: AbortSignal): Promise<readonly Revoked[]>
  /** Makes a list, until the one that hosts get holds all that is revoked; resolves to that. */
  published(signal: AbortSignal): Promise<Buffer>
}

export function revokedList(folder: SshFolder, program: KeyGen, now: () => Date): RevokedList {
  const publishing = turns(1)

  /** What the list of that generation holds: they are never changed. */
  let lastRead: { list: Buffer; isOn: (serial: string) => boolean } | null = null
  async function contentOf(generation: number, list: Buffer, signal: AbortSignal) {
    if (lastRead?.list.equals(list)) return lastRead.isOn
    const serials = await program.readKrl(folder.listPath(generation), signal)
    if (serials === null) return null
    const isOn = among(serials)
    lastRead = { list, isOn }
    return isOn
  }

  /** The list for hosts, and what of it is revoked and not on it; null: there is none that can be read. */
  async function current(signal: AbortSignal) {
    const generation = (await folder.generations()).at(-1) ?? 0
    // After that: whoever makes the next list reads what is revoked later still, and so leaves none of these out.
    const revoked = await folder.revoked(now())
    const list = await folder.readList(generation)
    const isOn = list === null ? null : await contentOf(generation, list, signal)
    return {
      generation,
      revoked,
      list: isOn === null ? null : list,
      missing: revoked.filter(({ serial }) => isOn === null || !isOn(serial)),
    }
  }

  const published = (signal: AbortSignal): Promise<Buffer> =>
    publishing.take(
      async () => {
        for (let tries = 0; tries < mostTries; tries += 1) {
          signal.throwIfAborted()
          const { generation, revoked, list, missing } = await current(signal)
          if (list !== null && missing.length === 0) return list
          const version = generation + 1
          const serials = revoked.map(({ serial }) => serial)
          await folder.addList(
            version,
            (path) => program.writeKrl(path, { serials, version }, signal),
            signal,
          )
          await folder.forgetRevoked(now())
        }
        throw new ConnectorError('the list of revoked certificates could not be brought up to date', {
          retryable: true,
        })
      },
      { signal, tooLate: new ConnectorError('its time was up', { retryable: true }) },
    )

  return { published, missing: async (signal) => (await current(signal)).missing }
}

function among(serials: readonly Serials[]): (serial: string) => boolean {
  const single = new Set(
    serials.filter(({ first, last }) => first === last).map(({ first }) => String(first)),
  )
  const ranges = serials.filter(({ first, last }) => first !== last)
  return (serial) =>
    single.has(serial) || ranges.some(({ first, last }) => first <= BigInt(serial) && BigInt(serial) <= last)
}
