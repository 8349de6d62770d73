import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { runChecks } from '../../src/doctor/check.ts'
import { openInstallation } from '../../src/doctor/installation.ts'
import { recordCheck } from '../../src/doctor/record.ts'
import { join } from 'node:path'
import { aRecord } from '../audit/a-record.ts'
import { holding } from './looked-at.ts'
import { aKey, written } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** Each part of the record that is broken is named by the doctor, with what to do. */

async function aLook(checkpoints: string) {
  const key = aKey('k1')
  const record = await aRecord(key)
  await record.asks()
  await record.records()
  const uri = new URL(process.env['CURFEW_TEST_MONGODB_URI'] ?? '')
  uri.pathname = `/${record.connection.name}`
  const look = async () => {
    const installation = openInstallation(
      { MONGODB_URI: uri.href, AUDIT_KEYS: written(key), AUDIT_CHECKPOINTS: checkpoints },
      () => new Date(),
    )
    try {
      return await runChecks([recordCheck], installation)
    } finally {
      await installation.close()
    }
  }
  return { ...record, look }
}

const aFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-checkpoints-'))
  afterThis(() => rm(folder, { recursive: true }))
  return folder
}

test('that checkpoints are to be kept in a file that is a folder is said', async () => {
  const { look } = await aLook(await aFolder())
  expect((await look()).find(({ about }) => about === 'checkpoints')?.verdict).toBe('wrong')
})

test('what stands at the end of the record and is no entry is said to be wrong, with what to do', async () => {
  const { look, connection } = await aLook(join(await aFolder(), 'checkpoints.jsonl'))
  await connection.collection<{ _id: number }>('chain').insertOne({ _id: 1.5 })
  const found = (await look()).find(({ about }) => about === 'record')
  expect(found).toMatchObject({ verdict: 'wrong', remedy: holding('audit verify') })
})

test('that the record begins where nobody with its key said is wrong', async () => {
  const { look, connection } = await aLook(join(await aFolder(), 'checkpoints.jsonl'))
  await connection
    .collection<{ _id: string }>('chain_base')
    .insertOne({ _id: 'base', number: 1, mark: 'm' } as never)
  const found = await look()
  expect(found.some(({ about, verdict }) => about === 'record' && verdict === 'wrong')).toBe(true)
})
