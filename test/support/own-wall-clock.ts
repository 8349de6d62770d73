import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Before anything else of the process: its wall clock is off by what stands in a file at that moment, in ms. */
const preload = (file: string) => `
import { readFileSync } from 'node:fs'
const Real = Date
const off = () => { try { return Number(readFileSync(${JSON.stringify(file)}, 'utf8')) || 0 } catch { return 0 } }
let ahead = off()
setInterval(() => (ahead = off()), 20).unref()
globalThis.Date = class Date extends Real {
  constructor(...given) { if (given.length === 0) super(Real.now() + ahead); else super(...given) }
  static now() { return Real.now() + ahead }
}
`

/** A wall clock of a process's own, kept in a folder: `env` for the process, `set` as NTP would. */
export async function ownWallClock(
  folder: string,
  aheadMs: number,
): Promise<{ env: Readonly<Record<string, string>>; set(aheadMs: number): Promise<void> }> {
  const [file, script] = [join(folder, 'ahead'), join(folder, 'clock.mjs')]
  const set = (ms: number) => writeFile(file, String(ms))
  await set(aheadMs)
  await writeFile(script, preload(file))
  return { env: { NODE_OPTIONS: `--import ${pathToFileURL(script).href}` }, set }
}
