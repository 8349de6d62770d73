import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileReceiver } from '../../src/audit/forward/file.ts'
import { formats, type Format } from '../../src/audit/formats.ts'
import { linked, noLink } from '../../src/domain/audit/chain.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { happening, upTo } from './a-forwarding.ts'

/** By RFC 4180: cells, quoted where they begin with a quote, in which a quote is written twice. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = [['']]
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const row = rows.at(-1) ?? []
    const [sign = '', cell = ''] = [text[i], row.at(-1)]
    const add = (more: string) => void (row[row.length - 1] = cell + more)
    if (isQuoted && sign === '"' && text[i + 1] === '"') {
      add('"')
      i++
    } else if (sign === '"') isQuoted = !isQuoted
    else if (isQuoted) add(sign)
    else if (sign === ',') row.push('')
    else if (sign === '\n') rows.push([''])
    else if (sign !== '\r') add(sign)
  }
  return rows
}

test('a file of rows whose last one a full disk cut off has every entry in a row of its own after that', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-forward-'))
  afterThis(() => rm(folder, { recursive: true }))
  const path = join(folder, 'record.csv')
  const receiver = fileReceiver(path, formats['csv'] as Format)
  const all = linked(
    noLink,
    upTo(5).map((n) => happening(n)),
    { id: 'k1', bytes: new Uint8Array(32) },
  )
  await receiver.take(all.slice(0, 2))
  // In the middle of a cell.
  await truncate(path, (await readFile(path)).length - 6)
  await receiver.take(all.slice(1))
  const numbers = cellsOf(await readFile(path, 'utf8')).map(([number]) => number)
  for (const number of ['1', '2', '3', '4', '5']) expect(numbers).toContain(number)
})
