import { serialize } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { parseCatalog, type CatalogOptions } from './parse.ts'
import { plainDevices, plainResource, type PlainDevices, type PlainResource } from './plain.ts'
import { writeProblems } from './problem.ts'
import type { SourceText } from './source.ts'
import type { PeopleRules } from '../domain/catalog.ts'
import type { ProofRules } from '../domain/confirmation.ts'
import type { OpenIdSettings } from '../domain/confirming/openid-settings.ts'
import type { PlainSystem } from './system.ts'
import type { Variables } from './variables.ts'

/** What a thread is started with. */
export interface Question {
  readonly texts: readonly SourceText[]
  readonly env: Variables
  /** Connectors that are not ours, by name: addresses of files to load. */
  readonly strangers: ReadonlyMap<string, string>
}

/** Serialized lists, each small enough to be read in one turn of the event loop. `Item` is what they hold. */
export type Slices<Item> = readonly (Uint8Array & { readonly holds?: Item })[]

export type JudgeReply =
  | { readonly ok: false; readonly problems: readonly string[] }
  | {
      readonly ok: true
      readonly systems: Slices<PlainSystem>
      readonly resources: Slices<PlainResource>
      readonly managers: Slices<readonly [string, string]>
      readonly people: PeopleRules
      readonly devices: PlainDevices
      readonly proof: ProofRules
      readonly openId: OpenIdSettings | null
      readonly asksWhenConfirmed: boolean
      readonly fingerprint: string
      readonly loadedAt: Date
    }

/** Inside the thread: what is to be loaded before it is judged. */
export const strangersAsked = (): Question['strangers'] => (workerData as Question).strangers

/** Inside the thread: judges what it was started with, says so, and has nothing left to do. */
export function answerQuestion(kinds: CatalogOptions['kinds']): void {
  const { texts, env } = workerData as Question
  parentPort?.postMessage(answerTo(texts, { env, kinds }))
}

function answerTo(texts: readonly SourceText[], options: CatalogOptions): JudgeReply {
  const reading = parseCatalog(texts, options)
  if (!reading.ok) return { ok: false, problems: writeProblems(reading.problems) }
  const { resources, managers, people, devices, proof, openId, asksWhenConfirmed, fingerprint, loadedAt } =
    reading.catalog
  return {
    ok: true,
    systems: slicesOf(reading.systems, 20),
    resources: slicesOf([...resources.values()].map(plainResource), 25),
    managers: slicesOf([...managers], 1000),
    people,
    devices: plainDevices(devices),
    proof,
    openId,
    asksWhenConfirmed,
    fingerprint,
    loadedAt,
  }
}

function slicesOf<Item>(items: readonly Item[], length: number): Slices<Item> {
  const slices: Uint8Array[] = []
  for (let at = 0; at < items.length; at += length) slices.push(serialize(items.slice(at, at + length)))
  return slices
}
