import type { Workspace } from '../../test/workspace/workspace.ts'

/** What is edited, by the message that many share. */
type Kind = 'card' | 'dm'

/** Notes from now on what arrives at this Slack, and how long after the instant `atMs` (of `Date.now()`) it did. */
export function whatSlackHears(
  workspace: Workspace,
  { card, dm, atMs }: { card: string; dm: string; atMs: number },
) {
  const zeroMs = performance.now() + (atMs - Date.now())
  const posts = new Map<string, number>()
  const edits = new Map<Kind, number[]>([
    ['card', []],
    ['dm', []],
  ])
  const refusedBy = new Map<string, number>()
  const waiting = new Set<{ isIt: (call: Heard) => boolean; resolve: (atMs: number) => void }>()
  const kinds = new Map<unknown, Kind>([
    [card, 'card'],
    [dm, 'dm'],
  ])
  const onChange: Parameters<typeof workspace.changes.on<'change'>>[1] = (change) => {
    if (change.what !== 'call') return
    const { call } = change
    if (call.status === 429) refusedBy.set(call.method, (refusedBy.get(call.method) ?? 0) + 1)
    if (call.status !== 200) return
    const channel = String(call.args['channel'])
    const sinceMs = call.atMs - zeroMs
    if (call.method === 'chat.postMessage' && !posts.has(channel)) posts.set(channel, sinceMs)
    const kind = call.method === 'chat.update' ? kinds.get(call.args['ts']) : undefined
    if (kind !== undefined) edits.get(kind)?.push(sinceMs)
    for (const one of waiting) {
      if (!one.isIt(call)) continue
      waiting.delete(one)
      one.resolve(call.atMs)
    }
  }
  workspace.changes.on('change', onChange)
  const heard = (isIt: (call: Heard) => boolean): Promise<number> =>
    new Promise((resolve) => waiting.add({ isIt, resolve }))
  return {
    posted: (channel: string, words: string) =>
      heard(
        ({ method, args }) =>
          method === 'chat.postMessage' &&
          args['channel'] === channel &&
          JSON.stringify(args).includes(words),
      ),
    edited: (ts: string) => heard(({ method, args }) => method === 'chat.update' && args['ts'] === ts),
    stop: () => {
      workspace.changes.off('change', onChange)
      const refused = [...refusedBy.values()].reduce((all, one) => all + one, 0)
      return { posts, edits, refused, refusedBy, overtaking }
    },
  }
}

interface Heard {
  readonly method: string
  readonly args: Record<string, unknown>
}

/** DMs that were edited before the last card was, of those that were edited: all wait by then. */
function overtaking({ card, dm }: { card: readonly number[]; dm: readonly number[] }): number {
  const last = Math.max(-Infinity, ...card)
  return dm.filter((atMs) => atMs < last).length
}
