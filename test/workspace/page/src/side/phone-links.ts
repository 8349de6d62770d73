import type { ShownView } from '../../../practice/protocol.ts'
import type { Live } from '../live.ts'

/** Slack is on the phone as well: what its owner could open there now, from the modal on top. */
export function phoneLinks(live: Live, personId: string): { words: string; url: string }[] {
  const opens = live.get('phone', personId)?.opens
  const top: ShownView | undefined = live.get('stack', personId)?.at(-1)
  if (opens === undefined || top === undefined) return []
  return top.blocks.flatMap((block) =>
    block.type !== 'actions'
      ? []
      : block.elements.flatMap((element) =>
          element.type === 'button' && element.url?.startsWith(opens)
            ? [{ words: element.text.text, url: element.url }]
            : [],
        ),
  )
}
