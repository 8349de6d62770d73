import { randomUUID } from 'node:crypto'
import { open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ShownCatalog } from './protocol.ts'

/** Words about a catalog's text: what the app will refuse. */
export type CheckCatalog = (text: string) => readonly string[] | Promise<readonly string[]>

/** The catalog on disk, shown and saved. The app notices a new one by itself. */
export class CatalogFile {
  readonly #path: string
  readonly #check: CheckCatalog
  readonly #show: (catalog: ShownCatalog) => void
  #text = ''

  constructor(path: string, show: (catalog: ShownCatalog) => void, check: CheckCatalog = () => []) {
    this.#path = path
    this.#show = show
    this.#check = check
  }

  /** Shows what is in the file now. */
  async look(): Promise<void> {
    const file = basename(this.#path)
    try {
      this.#text = await readFile(this.#path, 'utf8')
      this.#show({ file, text: this.#text, problem: null })
    } catch {
      this.#show({ file, text: this.#text, problem: `${file} cannot be read just now.` })
    }
  }

  /**
   * Replaces the file as a whole: a reader sees the old text or the new one. Refused if somebody else changed it since
   * `before` was shown. Returns what the app will say against it.
   */
  async save(text: string, before: string): Promise<readonly string[]> {
    await this.look()
    if (this.#text !== before) throw new Error('The file was changed elsewhere. Look at the new text first.')
    const beside = join(dirname(this.#path), `.${basename(this.#path)}.${randomUUID()}`)
    try {
      const { mode } = await stat(this.#path)
      const file = await open(beside, 'wx', mode)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(beside, this.#path)
    } catch (error) {
      await unlink(beside).catch(() => undefined)
      throw error
    }
    await this.look()
    return this.#check(text)
  }
}
