import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readWritten } from './kept.ts'
import { reportPromises } from './report.ts'
import { judge } from './verdict.ts'

/*
 * Judges once more what a run of chaos kept: `node --import tsx scripts/mayhem/judge-kept.ts folder`. Ends with 0 only if
 * every promise held.
 */

const [folder = '.'] = process.argv.slice(2)
const verdict = judge(readWritten(await readFile(join(folder, 'evidence.json'), 'utf8')))
reportPromises(verdict)
process.exitCode = verdict.broken.length > 0 ? 1 : 0
