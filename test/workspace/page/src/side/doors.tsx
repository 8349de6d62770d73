import { useState } from 'preact/hooks'
import type { ShownDoor, ShownPerson } from '../../../practice/protocol.ts'
import { Avatar } from '../avatar.tsx'
import { Icon } from '../icons.tsx'
import type { Live } from '../live.ts'
import { wordsOf } from '../side-of.ts'

/** What the systems themselves say: who holds what now, and whether the door opens. Never what the app believes. */
export function Doors(options: {
  live: Live
  /** The one that is looked at now, above the others. */
  first?: string | undefined
  /** Who stands before the doors. */
  personId: string
  /** Who else could: the people on the page. */
  sides: readonly { personId: string; onPick: () => void }[]
  onClose: () => void
}) {
  const { live, first, personId, sides, onClose } = options
  const person = live.get('person', personId)
  const doors = live.all('door')
  const shown = [...doors.filter(({ id }) => id === first), ...doors.filter(({ id }) => id !== first)]
  return (
    <aside class="doors" aria-label="The door">
      <header>
        <h2>The door</h2>
        <button type="button" class="icon-button only-small" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <p class="lead">Asked live from each system itself, not from the app.</p>
      {sides.length > 1 && (
        <div class="before-door" role="group" aria-label="Who stands before the door">
          {sides.map((side, at) => (
            <button key={at} type="button" aria-pressed={side.personId === personId} onClick={side.onPick}>
              <Avatar person={live.get('person', side.personId)} size="s" />
              {live.get('person', side.personId)?.name}
            </button>
          ))}
        </div>
      )}
      {shown.map((door) => (
        <DoorCard key={door.id} live={live} door={door} person={person} />
      ))}
      {shown.length === 0 && <p class="empty">No systems are shown here.</p>}
    </aside>
  )
}

interface Try {
  ok: boolean
  says: string
  who: string
  at: Date
}

function DoorCard({ live, door, person }: { live: Live; door: ShownDoor; person: ShownPerson | undefined }) {
  const [isBusy, setBusy] = useState(false)
  const [last, setLast] = useState<Try | null>(null)
  const isOpen = person !== undefined && door.holders.some((holder) => isSame(holder, person))
  const name = person?.name ?? 'nobody'
  const tryIt = async () => {
    if (!person) return
    setBusy(true)
    const at = new Date()
    try {
      const answer = await live.act(person.id, { do: 'try-door', door: door.id })
      if ('says' in answer) setLast({ ok: answer.ok, says: answer.says, who: name, at })
    } catch (error) {
      setLast({ ok: false, says: wordsOf(error), who: name, at })
    }
    setBusy(false)
  }
  return (
    <section class={`door ${isOpen ? 'is-open' : 'is-shut'}`} aria-label={door.name} data-door={door.id}>
      <div class="door-picture" aria-hidden="true">
        <span class="door-light" />
        <span class="door-leaf">
          <span class="door-knob" />
        </span>
      </div>
      <div class="door-words">
        <h3>{door.name}</h3>
        <p class="door-state" role="status">
          {isOpen ? 'Open' : 'Shut'} for {name}
        </p>
      </div>
      <div class="holders">
        <span class="holders-label">Held now by</span>
        {door.holders.length === 0 ? (
          <span class="nobody">nobody</span>
        ) : (
          <ul>
            {door.holders.map((holder) => (
              <Holder key={holder} live={live} holder={holder} />
            ))}
          </ul>
        )}
      </div>
      {door.problem !== null && (
        <p class="problem" role="alert">
          <Icon name="warning" size={15} /> {door.problem}
        </p>
      )}
      <button
        type="button"
        class="button plain try"
        disabled={isBusy || !person}
        aria-busy={isBusy}
        onClick={() => void tryIt()}
      >
        <span class="button-words">
          <Icon name="key" size={16} /> Try the door as {name}
        </span>
        {isBusy && <span class="spinner" />}
      </button>
      <div role="status" class="tried-place">
        {last && (
          <p class={`tried ${last.ok ? 'is-ok' : 'is-no'}`} key={last.at.getTime()}>
            <Icon name={last.ok ? 'check' : 'close'} size={16} />
            <span>
              <q>{last.says}</q>
              <small>
                to {last.who} at{' '}
                {last.at.toLocaleTimeString(undefined, {
                  hour: 'numeric',
                  minute: '2-digit',
                  second: '2-digit',
                })}
              </small>
            </span>
          </p>
        )}
      </div>
    </section>
  )
}

function Holder({ live, holder }: { live: Live; holder: string }) {
  const person = live.all('person').find((one) => isSame(holder, one))
  return (
    <li class="holder">
      {person && <Avatar person={person} size="s" />}
      {person?.name ?? holder}
    </li>
  )
}

/** A system knows people by our id, or by a name of its own that reads like theirs. */
const isSame = (holder: string, { id, name }: ShownPerson): boolean =>
  holder === id || holder.toLowerCase() === name.toLowerCase()
