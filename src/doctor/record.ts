import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { noLink } from '../domain/audit/chain.ts'
import { chainKeys, signersOf } from '../domain/audit/keys.ts'
import { mongoChain } from '../mongo/audit.ts'
import { beginningOf } from '../operations/chain-base.ts'
import { lastOfRecord } from '../operations/last-of-record.ts'
import type { Check } from './check.ts'
import { right, unknown, wrong, type Found } from './finding.ts'
import type { Installation } from './installation.ts'

/** Whether the record goes on by the keys of now, and where its checkpoints are kept. */
export const recordCheck: Check = {
  area: 'Record',
  about: 'record',
  withinMs: 15_000,
  ask: async (installation) => {
    const { auditKeys, auditCheckpoints, wrong: wrongs } = installation.parts
    if (auditKeys === null && wrongs.has('AUDIT_KEYS')) return [unknown('record', 'AUDIT_KEYS is wrong')]
    if (auditKeys === null) return [await withoutKeysFound(installation)]
    const chain = mongoChain(await installation.database())
    const beginning = await beginningOf(chain, signersOf(auditKeys))
    const last = await lastOfRecord(chain, chainKeys(auditKeys), beginning)
    const found = beginning.isForged ? wrong('record', notItsBeginning, verifyIt) : lastFound(last)
    return [found, await checkpointsFound(auditCheckpoints)]
  },
}

/** Who never kept one may go on so; who did has lost the key on the way. */
async function withoutKeysFound({ database }: Pick<Installation, 'database'>): Promise<Found> {
  // That the database is away is said where it is asked for itself.
  const connection = await database().catch(() => null)
  const end =
    connection === null
      ? noLink
      : await mongoChain(connection)
          .end()
          .catch(() => null)
  return end?.number === 0
    ? right('record', 'none is kept: AUDIT_KEYS is not set')
    : wrong('record', 'there is one, and nothing is added to it: AUDIT_KEYS is not set', keysBack)
}

function lastFound(last: Awaited<ReturnType<typeof lastOfRecord>>): Found {
  switch (last.is) {
    case 'no-entry':
      return wrong('record', 'what stands at its end is no entry: nothing is appended to it', verifyIt)
    case 'none':
      return right('record', 'it holds nothing yet')
    case 'as-written':
      return right('record', `it holds ${last.number} entries, the last as it was written`)
    case 'unknown-key':
      return wrong(
        'record',
        `its last entry is marked by a key that AUDIT_KEYS lacks: ${last.keyId}`,
        keepOld,
      )
    case 'changed':
      return wrong('record', `entry ${last.number}, its last, is not as it was written`, verifyIt)
  }
}

const notItsBeginning = 'where it is said to begin was signed by no key in AUDIT_KEYS'
const keysBack = 'Put back the AUDIT_KEYS that it was kept with: what is done meanwhile is in no record.'
const keepOld = 'Put the key of before after the new one in AUDIT_KEYS, with a comma between.'
const verifyIt =
  'Run curfew audit verify. If AUDIT_KEYS holds another key under the same name, put the right one back.'

async function checkpointsFound(place: string | null): Promise<Found> {
  const about = 'checkpoints'
  if (place === null)
    return wrong(about, 'none are kept: nobody could tell that the end of the record was cut off', keepThem)
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(place))
    return right(about, 'they are sent elsewhere; nothing was sent to try')
  return (await isWritable(place))
    ? right(about, 'their file can be written')
    : wrong(about, 'their file cannot be written', 'Let whoever runs Curfew write AUDIT_CHECKPOINTS.')
}

async function isWritable(path: string): Promise<boolean> {
  try {
    const there = await stat(path).catch(() => null)
    if (there !== null && !there.isFile()) return false
    await access(there === null ? dirname(path) : path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const keepThem = 'Set AUDIT_CHECKPOINTS to a place where the database is not: docs/audit.md.'
