import type { Grant } from '../../src/domain/grant.ts'
import type { SurfaceStore } from '../../src/domain/ports/surfaces.ts'
import type { Picture, Pictures } from '../../src/slack/publish/picture.ts'
import { Publisher } from '../../src/slack/publish/publisher.ts'
import { anActiveGrant, riley } from './builders.ts'
import { anEndedGrant } from './lives.ts'
import { aPicture, says, settled, shown } from './publishing.ts'
import { aSlackSide } from './slack-side.ts'

/** Six whose access has ended: their edits wait for a turn. */
export const over = Array.from({ length: 6 }, (_, i) => `over-${i}`)
/** These have the turns. */
export const held = ['held-1', 'held-2']
export const ended = (id: string): Grant => ({
  ...anEndedGrant(),
  id,
  requestId: id,
  subject: { ...riley, id },
  unshown: true,
})

/** An edit of what stands there, in the lane that the grant's status has. */
export const anEdit = (grant: Grant, about: Partial<Picture> = {}): Picture =>
  aPicture(grant, { lane: grant.status === 'active' ? 'active' : 'ended', to: { channel: 'C1' }, ...about })
export const aDm = (grant: Grant, about: Partial<Picture> = {}): Picture =>
  anEdit(grant, {
    key: `dm:${grant.id}`,
    lane: 'cleanUp',
    draw: async () => says(`dm: ${grant.reason}`),
    ...about,
  })

/** What taking, or noting, a message by its key waits for beside. */
interface WaitsFor {
  lease?(key: string): Promise<unknown> | undefined
  save?(key: string): Promise<unknown> | undefined
}

export function aGate() {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

/**
 * A replica of which all edits are held back until it is `opened`; `of` says what shows those that are neither held nor
 * over. Whoever makes it stops its publisher.
 */
export async function aBusyOne(
  of: (grant: Grant, many: readonly Grant[]) => Picture[] | Promise<Picture[]>,
  stands: readonly { readonly key: string; readonly requestId: string; readonly shows: string }[],
  {
    grants = [g1('written before')],
    waitsFor = {},
  }: { readonly grants?: readonly Grant[]; readonly waitsFor?: WaitsFor } = {},
) {
  const side = aSlackSide()
  const gate = aGate()
  /** The keys of the messages whose turn came. */
  const turns: string[] = []
  const own = side.parts.surfaces
  const lease: SurfaceStore['lease'] = async (row, forMs) => {
    turns.push(row.key)
    if (row.key.startsWith('card:held')) await gate.opened
    await waitsFor.lease?.(row.key)
    return own.lease(row, forMs)
  }
  const save: SurfaceStore['save'] = async (...of) => {
    await waitsFor.save?.(of[0].key)
    return own.save(...of)
  }
  const others = [...held, ...over].map((id) => ({
    key: `card:${id}`,
    requestId: id,
    shows: 'something old',
  }))
  for (const { shows, ...row } of [...others, ...stands]) {
    await side.surfaces.lease(row, 1_000)
    await side.surfaces.save(row, { channel: 'C1', ts: row.key, shows })
  }
  for (const grant of grants) await side.writes({ ...grant, unshown: false })
  const pictures: Pictures = {
    of: async (grant, many) => ({
      pictures: /^(held|over)/.test(grant.id) ? [anEdit(grant)] : await of(grant, many),
      isWhole: true,
    }),
    alerts: async () => [],
  }
  const parts = { ...side.parts, surfaces: { ...own, lease, save } }
  const publisher = new Publisher(parts, { pictures, isPaced: false })
  publisher.start()
  for (const id of [...held, ...over]) {
    await side.writes(ended(id))
    await settled(20)
  }
  const waits = async (grant: Grant): Promise<void> => {
    await side.writes({ ...grant, unshown: true })
    await settled()
  }
  return {
    side,
    turns,
    publisher,
    /** Writes it and lets its messages queue up. */
    waits,
    open: gate.open,
    /** Whose turn comes once the edits may be made, in this order, until these are shown. */
    opened: async (...ids: string[]) => {
      gate.open()
      for (const id of [...over, ...ids]) await shown(side, id)
      return turns.filter((key) => !key.startsWith('card:held'))
    },
  }
}

export const old = 'something old'
export const card = { key: 'card:g1', requestId: 'r1', shows: old }
export const dm = { key: 'dm:g1', requestId: 'r1', shows: old }
export const allOver = over.map((id) => `card:${id}`)
export const g1 = (reason: string): Grant => anActiveGrant({ reason })
