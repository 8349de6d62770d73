import { useId } from 'preact/hooks'
import type { PlacedBlock } from '../../../blocks/controls.ts'
import type { Interactive } from '../../../blocks/blocks.ts'
import { Icon } from '../icons.tsx'
import { Mrkdwn, PlainWords, Words } from '../words/text.tsx'
import { Element } from './element.tsx'
import { PictureBlock, PictureElement } from './pictures.tsx'
import { type BlockOf, useSurface } from './surface.ts'
import { Unknown } from './unknown.tsx'

export const Blocks = ({ blocks }: { blocks: readonly PlacedBlock[] }) => (
  <div class="blocks">
    {blocks.map((block) => (
      <Block key={block.block_id} block={block} />
    ))}
  </div>
)

function Block({ block }: { block: PlacedBlock }) {
  switch (block.type) {
    case 'section':
      return <Section block={block} />
    case 'actions':
      return (
        <div class="block actions">
          {block.elements.map((element) => (
            <Placed key={element.action_id} element={element} blockId={block.block_id} />
          ))}
        </div>
      )
    case 'input':
      return <Input block={block} />
    case 'context':
      return (
        <div class="block context">
          {block.elements.map((element, at) =>
            element.type === 'image' ? (
              <PictureElement key={at} url={element.image_url} alt={element.alt_text} />
            ) : (
              <span key={at}>
                <Words of={element} />
              </span>
            ),
          )}
        </div>
      )
    case 'header':
      return (
        <h3 class="block header">
          <Words of={block.text} />
        </h3>
      )
    case 'divider':
      return <hr class="block" />
    case 'image':
      return <PictureBlock url={block.image_url} alt={block.alt_text} title={block.title?.text} />
    case 'alert':
      return (
        <div class={`block notice is-${block.level ?? 'default'}`} role="note">
          <Icon name={block.level === 'success' ? 'check' : 'warning'} />
          <span>
            <Words of={block.text} />
          </span>
        </div>
      )
    case 'markdown':
      return (
        <div class="block">
          <Mrkdwn text={mrkdwnOf(block.text)} />
        </div>
      )
    default:
      return <Unknown kind="block" thing={block} />
  }
}

function Placed(options: { element: Interactive; blockId: string; labelledBy?: string }) {
  const { element, blockId, labelledBy } = options
  const actionId = element.action_id ?? ''
  const placed = { ...element, action_id: actionId }
  return (
    <Element element={placed} use={{ blockId, actionId, ...(labelledBy !== undefined && { labelledBy }) }} />
  )
}

function Section({ block }: { block: BlockOf<'section'> }) {
  const labelId = useId()
  const { text, fields, accessory } = block
  return (
    <div class="block section">
      <div class="section-words">
        {text && (
          <div id={labelId}>
            <Words of={text} />
          </div>
        )}
        {fields && (
          <div class="fields">
            {fields.map((field, at) => (
              <div key={at}>
                <Words of={field} />
              </div>
            ))}
          </div>
        )}
      </div>
      {accessory && (
        <div class="accessory">
          {accessory.type === 'image' ? (
            <PictureElement url={accessory.image_url} alt={accessory.alt_text} />
          ) : (
            <Placed
              element={accessory}
              blockId={block.block_id}
              {...(text && accessory.type !== 'button' && { labelledBy: labelId })}
            />
          )}
        </div>
      )}
    </div>
  )
}

/** A label, its field, a hint, and what the app said against what was entered. */
function Input({ block }: { block: BlockOf<'input'> }) {
  const { errors } = useSurface()
  const id = useId()
  const { label, hint, element, block_id: blockId } = block
  const error = errors[blockId]
  const actionId = element.action_id ?? ''
  const describedBy = [error === undefined ? '' : `${id}-error`, hint ? `${id}-hint` : ''].join(' ').trim()
  return (
    <div class={`block input ${error === undefined ? '' : 'has-error'}`} data-block-id={blockId}>
      <div class="label" id={`${id}-label`}>
        <PlainWords text={label.text} />
        {block.optional === true && <span class="optional"> (optional)</span>}
      </div>
      <Element
        element={{ ...element, action_id: actionId }}
        use={{ blockId, actionId, labelledBy: `${id}-label`, ...(describedBy !== '' && { describedBy }) }}
        hasError={error !== undefined}
      />
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`} role="alert">
          <Icon name="warning" size={15} /> {error}
        </p>
      )}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          <PlainWords text={hint.text} />
        </p>
      )}
    </div>
  )
}

/** Common Markdown, as far as mrkdwn has the same. */
const mrkdwnOf = (markdown: string): string =>
  markdown
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, '<$2|$1>')
    .replace(/\*\*(.+?)\*\*|__(.+?)__/g, (_, a?: string, b?: string) => `*${a ?? b ?? ''}*`)
    .replace(/^#{1,6} (.+)$/gm, '*$1*')
    .replace(/^[-*] /gm, '• ')
