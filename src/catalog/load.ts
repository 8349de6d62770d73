import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { readInTwo } from './read-in-two.ts'
import { parseCatalog, type CatalogOptions, type Reading } from './parse.ts'
import type { Problem } from './problem.ts'
import type { SourceText } from './source.ts'

const MAX_FILE_BYTES = 1024 * 1024
const MAX_FILES = 200

/** Reads a file, or every `*.yml` and `*.yaml` of a folder (not of its subfolders), as one catalog. Never throws. */
export async function loadCatalog(path: string, options: CatalogOptions): Promise<Reading> {
  const texts = await readTexts(path)
  if (!texts.ok) return { ok: false, problems: texts.problems, warnings: [] }
  return parseCatalog(texts.texts, options, await readInTwo(texts.texts))
}

export type Texts =
  | { readonly ok: true; readonly texts: readonly SourceText[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** The text of the owner's files, in the order of their names. */
export async function readTexts(path: string): Promise<Texts> {
  try {
    const isFolder = (await stat(path)).isDirectory()
    const files = isFolder ? await filesIn(path) : [path]
    if (files.length === 0) return refuse(path, 'has no *.yml or *.yaml file')
    if (files.length > MAX_FILES) return refuse(path, `has more than ${MAX_FILES} files`)
    const texts = []
    for (const file of files) {
      const { size } = await stat(file)
      if (size > MAX_FILE_BYTES) return refuse(file, 'is larger than 1 MB')
      texts.push({ file: isFolder ? basename(file) : path, text: await readFile(file, 'utf8') })
    }
    return { ok: true, texts }
  } catch (error) {
    return refuse(path, `cannot be read: ${codeOf(error)}`)
  }
}

/**
 * Which files there are, and as which they stand on the disk: the same text twice means that nothing was written in
 * between, as far as the file system says so at once. Null: they cannot be looked at.
 */
export async function marksOf(path: string): Promise<string | null> {
  try {
    const isFolder = (await stat(path)).isDirectory()
    const files = isFolder ? await filesIn(path) : [path]
    const marks = await Promise.all(
      files.map(async (file) => {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
        return [file, dev, ino, size, mtimeNs, ctimeNs].join(' ')
      }),
    )
    return marks.join('\n')
  } catch {
    return null
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  return names
    .filter((name) => /^[^.].*\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name))
}

const refuse = (file: string, message: string): Texts => ({
  ok: false,
  problems: [{ file, line: 1, column: 1, key: '', message }],
})

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error)
