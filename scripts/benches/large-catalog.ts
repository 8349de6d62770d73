import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { benchCatalog } from './catalog.ts'

/** As many as a folder may hold. */
const mostFiles = 200
const aResource = 5

/**
 * A folder with a catalog of nearly so many entitlements, in as many files as there may be: those of `benchCatalog` in the
 * first, and others by the same rules in the rest.
 */
export async function writeLargeCatalog(
  folder: string,
  channel: { id: string },
  { entitlements, resources, rules }: { entitlements: number; resources: number; rules: string },
): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '000.yml'), benchCatalog(channel, { resources, rules }))
  const others = Math.max(0, Math.ceil((entitlements - resources * aResource) / aResource))
  const each = Math.ceil(others / (mostFiles - 1))
  for (let file = 1, from = 0; from < others; file++, from += each) {
    const count = Math.min(each, others - from)
    const text = benchCatalog(channel, { resources: count, rules, named: `team-${file}-service` })
    await writeFile(
      join(folder, `${String(file).padStart(3, '0')}.yml`),
      // The system is the first file's.
      text.replace(/^systems:\n(?: .*\n)+/m, ''),
    )
  }
}
