import type { Block, Interactive } from './blocks.ts'

/** A block as Slack keeps it: with an id, which it makes up if the app gave none. */
export type PlacedBlock = Block extends infer B
  ? B extends unknown
    ? B & { block_id: string }
    : never
  : never
export type PlacedElement = Interactive extends infer E
  ? E extends unknown
    ? E & { action_id: string }
    : never
  : never

/** One thing a person can use in a message or view, and what the page calls it. */
export interface Control {
  blockId: string
  element: PlacedElement
  /** The input's label, or the section's text; an actions block has none. */
  label: string | undefined
  isInput: boolean
  isOptional: boolean
  /** Whether using it sends block_actions at once. */
  dispatches: boolean
}

/** Elements of one block, in reading order. */
export function elementsOf(block: Block): Interactive[] {
  if (block.type === 'actions') return block.elements
  if (block.type === 'input') return [block.element]
  if (block.type === 'section' && block.accessory && block.accessory.type !== 'image')
    return [block.accessory]
  return []
}

/** Gives every block and element an id, as Slack does when it stores them. */
export function place(blocks: readonly Block[], newId: () => string): PlacedBlock[] {
  return blocks.map((original) => {
    const block = structuredClone(original)
    for (const element of elementsOf(block)) element.action_id ??= newId()
    return { ...block, block_id: block.block_id ?? newId() }
  })
}

export function controlsOf(blocks: readonly PlacedBlock[]): Control[] {
  return blocks.flatMap((block) =>
    elementsOf(block).map((element) => ({
      blockId: block.block_id,
      element: { ...element, action_id: element.action_id ?? '' },
      label: labelOf(block),
      isInput: block.type === 'input',
      isOptional: block.type === 'input' && block.optional === true,
      dispatches: block.type !== 'input' || block.dispatch_action === true,
    })),
  )
}

function labelOf(block: PlacedBlock): string | undefined {
  if (block.type === 'input') return block.label.text
  return block.type === 'section' ? block.text?.text : undefined
}
