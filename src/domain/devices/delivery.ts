import type { SaidValue, PolicySaid } from './device.ts'

/*
 * What a sender delivers in one request: how its body is to be read, and what was read of it, in its order.
 */

/** CEL expressions by which a vendor's JSON becomes reports; as text, since they are sent between threads. */
export interface WrittenMapping {
  /** The list of what is told of; not given: the body tells of one device. */
  readonly each?: string | undefined
  /** Whether this mapping is for it. */
  readonly when?: string | undefined
  readonly id: string
  readonly at: string
  readonly name?: string | undefined
  readonly serial?: string | undefined
  readonly uuid?: string | undefined
  readonly owner?: string | undefined
  /** One expression for each name, or one that gives them all. */
  readonly attributes?: string | Readonly<Record<string, string>> | undefined
  readonly policies?: string | Readonly<Record<string, string>> | undefined
}

type At = { readonly at?: Date | undefined }

/** In the neutral shape (`deviceReport`), without whether it is believed. */
export interface ToldReport {
  readonly sourceId: string
  readonly at: Date
  readonly name?: string | null | undefined
  readonly serial?: string | null | undefined
  readonly uuid?: string | null | undefined
  /** An address; null: nobody's; undefined: nothing is said of that. */
  readonly owner?: string | null | undefined
  readonly attributes: Readonly<Record<string, At & { readonly value: SaidValue }>>
  readonly policies: Readonly<
    Record<string, At & { readonly result: PolicySaid['result']; readonly remedy: string | null }>
  >
}

export interface NotTold {
  readonly sourceId: string | null
  readonly why: string
}

export type Told = ToldReport | NotTold

export type ToldByBody = readonly Told[] | { readonly wrong: string }

/** What a body tells, or why all of it is refused. Never throws. */
export type ReadBody = (body: unknown) => ToldByBody | Promise<ToldByBody>

export const mostDevices = 1_000
export const tooMany = { wrong: `tells of more than ${mostDevices} devices` }
