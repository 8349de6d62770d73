import type { ShownPerson } from '../../practice/protocol.ts'
import { AppIcon } from './icons.tsx'

/** Initials on a colour of one's own; the app has its picture. */
export function Avatar({
  person,
  size = 'm',
}: {
  person: Pick<ShownPerson, 'name' | 'isBot'> | undefined
  size?: 's' | 'm' | 'l'
}) {
  if (person?.isBot)
    return (
      <span class={`avatar avatar-${size} is-app`} aria-hidden="true">
        <AppIcon />
      </span>
    )
  const name = person?.name ?? '?'
  const initials = name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase()
  return (
    <span class={`avatar avatar-${size} tint-${tintOf(name)}`} aria-hidden="true">
      {initials}
    </span>
  )
}

const tintOf = (name: string): number =>
  Array.from(name).reduce((sum, char) => sum * 31 + (char.codePointAt(0) ?? 0), 7) % 8

/** What kind of person this is to the workspace, in a word or two. */
export function standingOf({ title, guest, isStranger }: ShownPerson): string {
  const kind = isStranger ? 'another workspace' : guest === 'no' ? '' : 'guest'
  return [title, kind].filter((word) => word !== '').join(' · ')
}
