import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { ScimStore } from '../../domain/ports/scim.ts'
import type { ResourceKind } from '../../domain/scim/schema.ts'
import { failure } from './answers.ts'

/** What each request is answered with. */
export interface Edge {
  readonly store: ScimStore
  /** The address of everything here, as providers reach it. */
  readonly base: string
  /** Hears right after each write whom it concerned. */
  readonly changed: (change: { readonly users: readonly string[] }) => void
}

/** What the token said, and what Node has of the request. */
export interface Named {
  Bindings: HttpBindings
  Variables: { source: string }
}

export const missing = (context: Context, { name }: ResourceKind) =>
  failure(context, 404, `There is no ${name} of this id.`)
