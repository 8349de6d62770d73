import type { Grant } from '../../domain/grant.ts'
import type { Surface } from '../../domain/ports/surfaces.ts'
import type { Message } from '../words/blocks.ts'
import type { Lane } from './outbox.ts'

/** One message that pictures a grant: where it belongs, how important it is now, and how to draw it. */
export interface Picture {
  readonly key: string
  readonly lane: Lane
  /** Worth a new message now, if there is none yet. */
  readonly isWanted: boolean
  readonly to: { readonly channel: string; readonly threadTs?: string }
  /** What it would show now passes by itself within a moment: it may wait so long for what comes next. */
  readonly mayWaitUntil?: Date | null
  /** Others hang on where it stands: once it is posted, they are to be looked at. */
  readonly isAnchor?: true
  /** True: the publisher looks at its row again although no grant changed. */
  readonly needsLook?: boolean
  draw(): Promise<Message>
}

/** One that shows no single grant: what is late at a place, a loss that waits for its admin. */
export type Alert = Picture & { readonly requestId: string; readonly row: Surface | undefined }

/** All that should or does show a grant; not whole where Slack does not say now who else is to see it. */
export interface Drawn {
  readonly pictures: readonly Picture[]
  readonly isWhole: boolean
  /** What would be told of it elsewhere passes by itself within a moment. */
  readonly mayWaitUntil?: Date | null
}

/** What there is to show, drawn by whoever knows; the publisher only sees that it is shown. */
export interface Pictures {
  /** Every message that should or does show this grant, as it is now; `many` are all that its request asks for. */
  of(grant: Grant, many: readonly Grant[], rows: ReadonlyMap<string, Surface>): Promise<Drawn>
  alerts(): Promise<Alert[]>
}

const writingMs = 2_000

/** Several things asked for together are written one after the other: what notifies shows them all. */
export function untilAllAreWritten(many: readonly Grant[]): Date | null {
  const [first] = many
  if (first === undefined || many.length >= (first.lines ?? 1)) return null
  return new Date(first.requestedAt.getTime() + writingMs)
}
