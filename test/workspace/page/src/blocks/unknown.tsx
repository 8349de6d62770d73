import { Icon } from '../icons.tsx'

/** What this page cannot show is said, not left out. */
export function Unknown({ kind, thing }: { kind: 'block' | 'element'; thing: unknown }) {
  const type = typeof thing === 'object' && thing !== null && 'type' in thing ? String(thing.type) : 'no type'
  return (
    <div class="unknown" role="alert">
      <strong>
        <Icon name="warning" size={16} /> This page does not know the {kind} “{type}”
      </strong>
      <pre>{JSON.stringify(thing, null, 2)}</pre>
    </div>
  )
}
