import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileReceiver } from '../../src/audit/forward/file.ts'
import { formats, type Format } from '../../src/audit/formats.ts'
import { linked, noLink } from '../../src/domain/audit/chain.ts'
import { recordableOf } from '../../src/domain/audit/recorded.ts'
import { aRequest, at, riley } from '../support/builders.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** By RFC 4180: how many cells each row has, and its first. */
function rowsOf(text: string): { first: string; cells: number }[] {
  const rows: string[][] = [['']]
  let isQuoted = false
  for (const sign of text) {
    const row = rows.at(-1) ?? []
    if (sign === '"') isQuoted = !isQuoted
    else if (!isQuoted && sign === ',') row.push('')
    else if (!isQuoted && sign === '\n') rows.push([''])
    else row.push(`${row.pop() ?? ''}${sign}`)
  }
  return rows.filter((row) => row.length > 1).map((row) => ({ first: row[0] ?? '', cells: row.length }))
}

const csv = formats['csv'] as Format

/** "What a full disk left of a line is removed before it is written again", also where a reason has lines of its own. */
test('a file of rows that a full disk cut off in the middle of a reason of two lines has each entry in a row of its own after that', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-forward-'))
  afterThis(() => rm(folder, { recursive: true }))
  const path = join(folder, 'record.csv')
  const receiver = fileReceiver(path, csv)
  const asked = [1, 2, 3].map((n) => {
    const grant = {
      ...aRequest(n),
      principal: null,
      endsAt: null,
      reason: `INC-${n}: stuck in paid\nsee the runbook`,
    }
    return recordableOf(grant, 0, { type: 'asked', at: at(n), by: riley })
  })
  const all = linked(noLink, asked, { id: 'k1', bytes: new Uint8Array(32) })
  await receiver.take(all.slice(0, 1))
  const whole = (await readFile(path)).length
  await receiver.take(all.slice(1, 2))
  // What a full disk left of the second: up to the second line of its reason.
  const row = (await readFile(path, 'utf8')).slice(whole)
  await truncate(path, whole + Buffer.byteLength(row.slice(0, row.indexOf('see the') + 4)))
  await receiver.take(all.slice(1))
  const columns = rowsOf(csv.head)[0]?.cells
  expect(rowsOf(await readFile(path, 'utf8')).slice(1)).toEqual(
    ['1', '2', '3'].map((first) => ({ first, cells: columns })),
  )
})
