import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { built, fieldsOf } from './fields.ts'
import type { Kept } from './kept.ts'
import { badRequest, notFound, Refusal, type Cause } from './status.ts'

/** Who set a field, by the path of the field. */
type Owners = ReadonlyMap<string, ReadonlySet<string>>

interface Entry {
  readonly object: Kept
  readonly owners: Owners
}

interface ListQuery {
  readonly limit: number
  readonly goOn: string
  readonly isWanted: (object: Kept) => boolean
  readonly isSelected: boolean
}

const position = z.object({ v: z.literal('meta.k8s.io/v1'), rv: z.number(), start: z.string() })

/** Objects of every resource, each change with a version of its own, and lists that are read in pages of one version. */
export class Objects {
  readonly #entries = new Map<string, Map<string, Entry>>()
  readonly #snapshots = new Map<number, { readonly at: number; readonly objects: readonly Kept[] }>()
  readonly #compactAfterMs: number
  #version = 1

  constructor(compactAfterMs: number) {
    this.#compactAfterMs = compactAfterMs
  }

  get version(): string {
    return String(this.#version)
  }

  get(resource: string, namespace: string, name: string): Kept | null {
    return this.#of(resource).get(keyOf(namespace, name))?.object ?? null
  }

  all(resource: string, namespace = ''): Kept[] {
    return [...this.#of(resource)]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { object }]) => object)
      .filter(({ metadata }) => namespace === '' || metadata.namespace === namespace)
  }

  create(resource: string, object: Kept, manager: string): Kept {
    const owners = new Map([...fieldsOf(object).keys()].map((path) => [path, new Set([`${manager} Update`])]))
    return this.#keep(resource, object, owners)
  }

  /** Replaces; what changed is owned by `manager` from now on. */
  replace(resource: string, before: Kept, object: Kept, manager: string): Kept {
    const entry = this.#entry(resource, before)
    const [old, fields] = [fieldsOf(before), fieldsOf(object)]
    const owners = new Map(
      [...fields].map(([path, value]) => [
        path,
        isDeepStrictEqual(old.get(path), value)
          ? (entry.owners.get(path) ?? new Set<string>())
          : new Set([`${manager} Update`]),
      ]),
    )
    return this.#isSame(entry, object, owners) ? before : this.#keep(resource, object, owners, before)
  }

  /** What server-side apply makes of it; throws 409 where another manager owns what would change, unless forced. */
  applied(
    resource: string,
    applied: Kept,
    { manager, force }: { manager: string; force: boolean },
  ): { object: Kept; owners: Owners } {
    const name = `${manager} Apply`
    const { namespace = '' } = applied.metadata
    const before = this.#of(resource).get(keyOf(namespace, applied.metadata.name))
    const owners = new Map([...(before?.owners ?? [])].map(([path, who]) => [path, new Set(who)]))
    const fields = new Map(before === undefined ? [] : fieldsOf(before.object))
    const wanted = fieldsOf(applied)
    const conflicts: Cause[] = []
    for (const [path, value] of wanted) {
      const others = [...(owners.get(path) ?? [])].filter((owner) => owner !== name)
      if (!isDeepStrictEqual(fields.get(path), value)) {
        for (const owner of others)
          conflicts.push({
            reason: 'FieldManagerConflict',
            message: `conflict with "${owner.split(' ')[0] ?? ''}"`,
            field: `.${path}`,
          })
        owners.set(path, new Set([name]))
      } else owners.set(path, new Set([...others, name]))
      fields.set(path, value)
    }
    if (conflicts.length > 0 && !force)
      throw new Refusal(409, 'Conflict', `Apply failed with ${conflicts.length} conflicts`, {
        causes: conflicts,
      })
    for (const [path, who] of [...owners]) {
      if (wanted.has(path) || !who.delete(name) || who.size > 0) continue
      fields.delete(path)
      owners.delete(path)
    }
    return { object: built(before?.object ?? applied, fields), owners }
  }

  keepApplied(resource: string, { object, owners }: { object: Kept; owners: Owners }): Kept {
    const { namespace = '', name } = object.metadata
    const before = this.#of(resource).get(keyOf(namespace, name))
    if (before !== undefined && this.#isSame(before, object, owners)) return before.object
    return this.#keep(resource, object, owners, before?.object)
  }

  delete(resource: string, { metadata: { namespace = '', name } }: Kept): void {
    this.#version += 1
    this.#of(resource).delete(keyOf(namespace, name))
  }

  list(resource: string, namespace: string, { limit, goOn, isWanted, isSelected }: ListQuery) {
    const from = goOn === '' ? null : positionOf(goOn)
    const version = from === null || from.rv === -1 ? this.#version : from.rv
    const all = version === this.#version ? this.all(resource, namespace) : this.#snapshot(version, from)
    const wanted = all.filter((object) => isWanted(object) && nameOf(object) > (from?.start ?? ''))
    const items = limit === 0 ? wanted : wanted.slice(0, limit)
    const left = wanted.length - items.length
    const last = items.at(-1)
    if (left > 0 && !this.#snapshots.has(version))
      this.#snapshots.set(version, { at: performance.now(), objects: all })
    return {
      metadata: {
        resourceVersion: String(version),
        ...(left > 0 && last !== undefined ? { continue: tokenOf(version, nameOf(last)) } : {}),
        ...(left > 0 && !isSelected ? { remainingItemCount: left } : {}),
      },
      // As the real one has it: items of a list do not say of what kind they are.
      items: items.map((object) => ({ ...object, apiVersion: undefined, kind: undefined })),
    }
  }

  #snapshot(version: number, from: z.infer<typeof position> | null): readonly Kept[] {
    const snapshot = this.#snapshots.get(version)
    if (snapshot !== undefined && performance.now() - snapshot.at <= this.#compactAfterMs)
      return snapshot.objects
    throw new Refusal(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result.',
      {},
      tokenOf(-1, from?.start ?? ''),
    )
  }

  #keep(resource: string, object: Kept, owners: Owners, before?: Kept): Kept {
    this.#version += 1
    const managers = new Set([...owners.values()].flatMap((who) => [...who]))
    const kept: Kept = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: before?.metadata.uid ?? randomUUID(),
        creationTimestamp: before?.metadata.creationTimestamp ?? new Date().toISOString(),
        resourceVersion: String(this.#version),
        managedFields: [...managers].map((who) => {
          const [manager, operation] = who.split(' ')
          return { manager, operation, apiVersion: object.apiVersion, fieldsType: 'FieldsV1' }
        }),
      },
    }
    const { namespace = '', name } = kept.metadata
    this.#of(resource).set(keyOf(namespace, name), { object: kept, owners })
    return kept
  }

  #isSame(entry: Entry, object: Kept, owners: Owners): boolean {
    return (
      isDeepStrictEqual(fieldsOf(entry.object), fieldsOf(object)) && isDeepStrictEqual(entry.owners, owners)
    )
  }

  #entry(resource: string, { metadata: { namespace = '', name } }: Kept): Entry {
    const entry = this.#of(resource).get(keyOf(namespace, name))
    if (entry === undefined) throw notFound(resource, '', name)
    return entry
  }

  #of(resource: string): Map<string, Entry> {
    const found = this.#entries.get(resource) ?? new Map<string, Entry>()
    this.#entries.set(resource, found)
    return found
  }
}

const keyOf = (namespace: string, name: string) => `${namespace}/${name}`
const nameOf = ({ metadata: { namespace = '', name } }: Kept) => keyOf(namespace, name)
const tokenOf = (rv: number, start: string) =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start })).toString('base64url')

function positionOf(goOn: string): z.infer<typeof position> {
  try {
    return position.parse(JSON.parse(Buffer.from(goOn, 'base64url').toString()))
  } catch {
    throw badRequest('continue key is not valid')
  }
}
