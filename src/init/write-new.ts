import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../config.ts'

export interface NewFile {
  readonly name: string
  readonly text: string
  /** Who may read it; the process's umask takes from it. */
  readonly mode: number
}

const beside = '.curfew-init-'
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const ignore = () => undefined

/** Whether there is anything of this name, be it a link to nowhere. */
export function isThere(folder: string, name: string): boolean {
  return lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined
}

/** What a run left that was killed while it wrote. */
export interface Leftover {
  /** Holds what was answered. */
  readonly folder: string
  /** What it had written already, of some files only. */
  readonly written: readonly string[]
}

export const leftBeside = (folder: string, names: readonly string[]): Leftover[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(beside))
    .map((left) => ({
      folder: left,
      written: names.filter((name) => isSame(join(folder, left, name), join(folder, name))),
    }))

/** One file under both names, as links are. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => lstatSync(path, { throwIfNoEntry: false }))
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev
}

/**
 * Writes all of them or none, and never in place of what is there: returns the name of what was there, else null. They are
 * written beside, and linked to their names; links replace nothing. It is not left off by a signal. Throws `ConfigError`
 * where the folder cannot be written to, and has written nothing then.
 */
export function writeNew(folder: string, files: readonly NewFile[]): string | null {
  for (const signal of signals) process.on(signal, ignore)
  try {
    const staged = mkdtempSync(join(folder, beside))
    try {
      for (const file of files) stage(staged, file)
      return linkAll(files.map(({ name }) => ({ name, from: join(staged, name), to: join(folder, name) })))
    } finally {
      rmSync(staged, { recursive: true, force: true })
    }
  } catch (error) {
    throw new ConfigError(`Nothing was written: ${folder} does not take files (${codeOf(error)})`, {
      cause: error,
    })
  } finally {
    for (const signal of signals) process.off(signal, ignore)
  }
}

/** Whole, and on the disk, before it has its name. */
function stage(folder: string, { name, text, mode }: NewFile): void {
  const file = openSync(join(folder, name), 'wx', mode)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function linkAll(links: readonly { name: string; from: string; to: string }[]): string | null {
  const done: string[] = []
  for (const { name, from, to } of links) {
    try {
      linkSync(from, to)
      done.push(to)
    } catch (error) {
      for (const path of done) unlinkSync(path)
      if (codeOf(error) === 'EEXIST') return name
      throw error
    }
  }
  return null
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error)
