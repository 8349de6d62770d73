import { linked, type Recordable } from '../../src/domain/audit/chain.ts'
import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { recordableOfAct } from '../../src/domain/audit/act.ts'
import { recordableOf } from '../../src/domain/audit/recorded.ts'
import type { Receiver, ToForward } from '../../src/domain/ports/forwarding.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import { mongoPositions } from '../../src/mongo/positions.ts'
import {
  forwarding,
  type ForwardParts,
  type ForwardTo,
} from '../../src/operations/by-itself/forward-record.ts'
import { ada, aRequest, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** What happens to a grant, and what is an act. */
export const happening = (n: number, word = 'INC'): Recordable =>
  n % 2 === 0
    ? recordableOf({ ...aRequest(n), reason: `${word}-${n}`, principal: null, endsAt: null }, n, {
        type: 'asked',
        at: at(n),
        by: riley,
      })
    : recordableOfAct(at(n), {
        id: `${word}-${n}`,
        type: 'device-approved',
        by: ada,
        about: { kind: 'device', id: `d${n}`, name: 'Laptop' },
        details: {},
        outcome: 'done',
      })

/** A record of so many entries, and somebody who takes what is sent on. */
export async function aForwarding(entries: number) {
  const record = await aRecord()
  const [key] = chainKeys([record.key])
  const happens = async (count: number, word?: string) => {
    const end = await record.chain.end()
    const news = Array.from({ length: count }, (_, i) => happening(end.number + i + 1, word))
    await record.chain.append(linked(end, news, key))
  }
  if (entries > 0) await happens(entries)
  const positions = mongoPositions(record.connection)
  const said: { level: string; message: string; fields: Record<string, unknown> }[] = []
  const says =
    (level: string): Log['info'] =>
    (message, fields = {}) =>
      void said.push({ level, message, fields })
  const log: Log = { error: says('error'), warn: says('warn'), info: says('info'), debug: () => undefined }
  const told: string[] = []
  const clock = { ms: 0, monotonicMs: () => clock.ms }
  return {
    ...record,
    happens,
    positions,
    said,
    told,
    clock,
    /** As one replica does it, by parts of its own where they are given. */
    forwards: (receiver: Receiver, to: Partial<ForwardTo> = {}, parts: Partial<ForwardParts> = {}) =>
      forwarding(
        {
          chain: record.chain,
          signers: signersOf([record.key]),
          positions,
          receiver,
          clock,
          log,
          tell: (words) => void told.push(words),
          ...parts,
        },
        { place: 'siem', name: 'siem', from: null, ...to },
      ),
  }
}

/** Takes all that comes, or nothing while it is away. */
export function aReceiver() {
  const taken: ToForward[] = []
  const one = {
    taken,
    isAway: false,
    tries: 0,
    /** Their numbers, words about the record as a whole left out. */
    numbers: () => taken.flatMap((each) => ('number' in each ? [each.number] : [])),
    take: async (those: readonly ToForward[]) => {
      one.tries++
      if (one.isAway) throw new Error('away')
      taken.push(...those)
    },
  }
  return one satisfies Receiver
}

/** Where each number came for the first time. */
export const firstsOf = (numbers: readonly number[]): number[] => [...new Set(numbers)]

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
