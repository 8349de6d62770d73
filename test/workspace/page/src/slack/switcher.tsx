import { Avatar, standingOf } from '../avatar.tsx'
import { Icon } from '../icons.tsx'
import type { Live } from '../live.ts'
import { Menu } from '../menu.tsx'
import { channelsOf, dmOf, unreadOf } from './conversation.ts'

/** Who this side of the window is. */
export function Switcher({
  live,
  personId,
  onSwitch,
}: {
  live: Live
  personId: string
  onSwitch: (id: string) => void
}) {
  const people = live.all('person').filter(({ isBot, isDeleted }) => !isBot && !isDeleted)
  const person = live.get('person', personId)
  return (
    <Menu
      label={`You are ${person?.name ?? 'nobody'}. Be somebody else`}
      className="switcher"
      heading="Be somebody else"
      items={people.map((one) => ({
        key: one.id,
        isChosen: one.id === personId,
        onPick: () => onSwitch(one.id),
        label: (
          <>
            <Avatar person={one} />
            <span class="option-words">
              {one.name}
              <small>{standingOf(one)}</small>
            </span>
            {unreadEverywhere(live, one.id) > 0 && (
              <span class="badge">{unreadEverywhere(live, one.id)}</span>
            )}
          </>
        ),
      }))}
    >
      <Avatar person={person} />
      <span class="option-words">
        <strong>{person?.name}</strong>
        <small>{person && standingOf(person)}</small>
      </span>
      <Icon name="down" size={16} />
    </Menu>
  )
}

function unreadEverywhere(live: Live, personId: string): number {
  const dm = dmOf(live, personId)
  const places = [...channelsOf(live, personId), ...(dm ? [dm] : [])]
  return places.reduce((sum, { id }) => sum + unreadOf(live, personId, id), 0)
}
