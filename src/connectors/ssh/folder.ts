import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ConnectorError, type Page } from '../../domain/connector.ts'
import { keyIn, synced } from './key-gen.ts'

/*
 * Curfew's own record of this system, shared by its replicas. Whatever is in it is there whole or not at all: a file or
 * a folder is written beside (`new`), brought to the disk and renamed. No two things are written to one file, so nobody
 * undoes what another did, and nothing is locked.
 *
 *   ca.pub                                      whose certificates hosts take; whoever sets it up puts it there
 *   held/<target>/<principal>/place.json        who holds what
 *   held/<target>/<principal>/<serial>.<until>  a certificate that was, or is about to be, signed for it
 *   revoked/<target>.<principal>.<serial>.<until>
 *   krl/<n>/krl                                 the list for hosts: the highest counts
 *
 * Targets and principals go by a digest of theirs, times by seconds since 1970.
 */

/** Hosts whose clock is wrong may take an expired certificate: its serial stays on the list for so long. */
const keptMs = 86_400_000
const pageLength = 1_000
/** Whoever reads one is done long before so many have followed. */
const keptGenerations = 3

export interface Place {
  readonly principal: string
  /** The target, as `canonical` writes it. */
  readonly target: string
}

export interface Issued {
  readonly serial: string
  readonly until: Date
}

export interface Revoked extends Issued {
  readonly file: string
  readonly isOf: (place: Place) => boolean
}

const placeJson = z.object({ principal: z.string() })
const coded = z.object({ code: z.string() })

export function sshFolder(folder: string) {
  const [held, revoked] = [join(folder, 'held'), join(folder, 'revoked')]
  const [krl, beside] = [join(folder, 'krl'), join(folder, 'new')]
  const pathOf = ({ principal, target }: Place) => join(held, digest(target), digest(principal))

  /** Renames a new folder with these files to where it belongs; false: there is one already, or its parent is gone. */
  async function put(
    path: string,
    fill: (made: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const made = join(beside, randomUUID())
    await mkdir(made, { recursive: true })
    try {
      await fill(made)
      await synced(made)
      signal.throwIfAborted()
      return await unless(['ENOTEMPTY', 'EEXIST'], () => rename(made, path))
    } finally {
      await rm(made, { recursive: true, force: true })
    }
  }

  return {
    /** Keys of the authorities that hosts take. Rejects where the folder is not what it was set up as. */
    async authorities(): Promise<readonly string[]> {
      const path = join(folder, 'ca.pub')
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        // A volume that is not mounted is an empty folder: nobody may be said to hold nothing by that.
        throw new ConnectorError(
          `there is no ${path} that can be read (${codeOf(error)}): the folder is not mounted, or not set up yet`,
          { retryable: true, happened: 'no' },
        )
      })
      return text.split('\n').flatMap((line) => keyIn(line) ?? [])
    },

    async isHeld(place: Place): Promise<boolean> {
      const path = join(pathOf(place), 'place.json')
      const text = await orNull(() => readFile(path, 'utf8'))
      if (text === null) return false
      return principalIn(text, path) === place.principal
    },

    async hold(place: Place, signal: AbortSignal): Promise<void> {
      const path = pathOf(place)
      await mkdir(join(path, '..'), { recursive: true })
      const json = JSON.stringify({ principal: place.principal, target: place.target })
      await put(path, (made) => writeWhole(join(made, 'place.json'), json), signal)
      await synced(join(path, '..'))
    },

    async issued(place: Place): Promise<Issued[]> {
      return issuedIn(await names(pathOf(place)))
    },

    /** Notes a certificate before there is one; false: the place is not held any more. */
    async note(place: Place, { serial, until }: Issued): Promise<boolean> {
      const path = pathOf(place)
      const isThere = await unless(['ENOENT'], async () => {
        const file = await open(join(path, fileOf(serial, until)), 'wx')
        await file.close()
      })
      if (isThere) await synced(path)
      return isThere
    },

    async forget(place: Place, { serial, until }: Issued): Promise<void> {
      await rm(join(pathOf(place), fileOf(serial, until)), { force: true })
    },

    /** Ends that it is held; resolves to what had been noted for it by then. */
    async release(place: Place): Promise<{ noted: readonly Issued[]; discard: () => Promise<void> }> {
      const path = pathOf(place)
      const gone = join(beside, randomUUID())
      await mkdir(beside, { recursive: true })
      const wasThere = await unless(['ENOENT'], () => rename(path, gone))
      if (wasThere) await synced(join(path, '..'))
      return {
        noted: wasThere ? issuedIn(await names(gone)) : [],
        discard: () => rm(gone, { recursive: true, force: true }),
      }
    },

    async page(target: string, after: string | null): Promise<Page> {
      const path = join(held, digest(target))
      const all = (await names(path)).filter((name) => after === null || name > after).sort()
      const some = all.slice(0, pageLength)
      const read = await Promise.all(
        some.map(async (name) => {
          const file = join(path, name, 'place.json')
          const text = await orNull(() => readFile(file, 'utf8'))
          return text === null ? [] : [principalIn(text, file)]
        }),
      )
      return { principals: read.flat(), next: all.length > some.length ? (some.at(-1) ?? null) : null }
    },

    async revoke(place: Place, { serial, until }: Issued): Promise<void> {
      await Promise.all([revoked, beside].map((path) => mkdir(path, { recursive: true })))
      const made = join(beside, randomUUID())
      await writeWhole(made, JSON.stringify({ principal: place.principal, target: place.target }))
      const name = `${digest(place.target)}.${digest(place.principal)}.${fileOf(serial, until)}`
      await rename(made, join(revoked, name))
      await synced(revoked)
    },

    /** All that is revoked and might be of use still. */
    async revoked(now: Date): Promise<readonly Revoked[]> {
      const found = (await names(revoked)).flatMap((file) => {
        const [target, principal, ...rest] = file.split('.')
        return issuedIn([rest.join('.')]).map((issued) => ({
          ...issued,
          file,
          isOf: (place: Place) => digest(place.target) === target && digest(place.principal) === principal,
        }))
      })
      return found.filter(({ until }) => until.getTime() + keptMs >= now.getTime())
    },

    async forgetRevoked(now: Date): Promise<void> {
      const kept = new Set((await this.revoked(now)).map(({ file }) => file))
      const old = (await names(revoked)).filter((file) => !kept.has(file))
      await Promise.all(old.map((file) => rm(join(revoked, file), { force: true })))
    },

    /** The lists for hosts that are there, lowest first. */
    async generations(): Promise<readonly number[]> {
      const numbers = (await names(krl)).filter((name) => /^\d+$/.test(name)).map(Number)
      return numbers.sort((one, other) => one - other)
    },

    listPath: (generation: number): string => join(krl, String(generation), 'krl'),

    /** Its bytes; null where it has been removed, or is none. */
    readList: (generation: number): Promise<Buffer | null> =>
      orNull(() => readFile(join(krl, String(generation), 'krl'))),

    /** Adds a list; does nothing where somebody else did. */
    async addList(
      generation: number,
      write: (path: string) => Promise<void>,
      signal: AbortSignal,
    ): Promise<void> {
      await mkdir(krl, { recursive: true })
      const isAdded = await put(join(krl, String(generation)), (made) => write(join(made, 'krl')), signal)
      if (!isAdded) return
      await synced(krl)
      const old = (await this.generations()).filter((number) => number <= generation - keptGenerations)
      await Promise.all(old.map((number) => rm(join(krl, String(number)), { recursive: true, force: true })))
    },

    /** Rejects where nothing can be written. */
    async tryWriting(): Promise<void> {
      await mkdir(beside, { recursive: true })
      const made = join(beside, randomUUID())
      await writeWhole(made, '')
      await rm(made)
      for (const path of [held, revoked, krl]) {
        await mkdir(path, { recursive: true })
        await access(path)
      }
    },
  }
}

export type SshFolder = ReturnType<typeof sshFolder>

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)

const fileOf = (serial: string, until: Date) => `${serial}.${Math.floor(until.getTime() / 1_000)}`

function issuedIn(files: readonly string[]): Issued[] {
  return files.flatMap((file) => {
    const [, serial, seconds] = /^(\d+)\.(\d+)$/.exec(file) ?? []
    return serial === undefined ? [] : [{ serial, until: new Date(Number(seconds) * 1_000) }]
  })
}

function principalIn(text: string, path: string): string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = null
  }
  const parsed = placeJson.safeParse(json)
  if (!parsed.success) throw new ConnectorError(`${path} cannot be read`, { retryable: true })
  return parsed.data.principal
}

/** What is in a folder; nothing where there is none. */
const names = async (path: string): Promise<string[]> => (await orNull(() => readdir(path))) ?? []

async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flush: true })
}

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** False where it failed with one of these codes. */
async function unless(codes: readonly string[], work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (codes.includes(codeOf(error))) return false
    throw error
  }
}

export const codeOf = (error: unknown): string => coded.safeParse(error).data?.code ?? 'unknown'
