import { useEffect, useState } from 'preact/hooks'
import type { Act, ShownLaptop } from '../../../practice/protocol.ts'
import { Icon } from '../icons.tsx'
import type { Live } from '../live.ts'
import { wordsOf } from '../side-of.ts'

/** What somebody works on: a firewall, a network, updates; and what it last reported of itself. */
export function Laptop(options: {
  live: Live
  personId: string
  isOpen: boolean
  onOpen: (isOpen: boolean) => void
}) {
  const { live, personId, isOpen, onOpen } = options
  const laptop = live.get('laptop', personId)
  const person = live.get('person', personId)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  if (!laptop || !person) return null
  const does = async (act: Act) => {
    setBusy(true)
    setProblem(null)
    try {
      await live.act(personId, act)
    } catch (error) {
      setProblem(wordsOf(error))
    }
    setBusy(false)
  }
  const wrong = problem ?? laptop.problem
  return (
    <aside
      class={`laptop ${isOpen ? 'is-open' : ''} ${laptop.isPluggedIn ? '' : 'is-unplugged'}`}
      aria-label={`${person.name}'s laptop`}
    >
      <h2>
        <button
          type="button"
          class="laptop-lid"
          aria-expanded={isOpen}
          aria-controls="laptop-inside"
          onClick={() => onOpen(!isOpen)}
        >
          <span>{person.name}'s laptop</span>
          <small>{stateOf(laptop)}</small>
          <Icon name="down" size={16} />
        </button>
      </h2>
      <div id="laptop-inside" class="laptop-inside" hidden={!isOpen}>
        <Switch
          name="Firewall"
          isOn={laptop.isFirewallOn}
          isBusy={isBusy}
          onSwitch={(isOn) => void does({ do: 'set-firewall', isOn })}
        />
        <p class="laptop-row">
          <span>macOS {laptop.osVersion}</span>
          <Press
            words={laptop.update === null ? 'Up to date' : 'Install updates'}
            isOff={isBusy || laptop.update === null}
            onPress={() => void does({ do: 'install-updates' })}
          />
        </p>
        <p class="laptop-row">
          <span>Network</span>
          <Press
            words={laptop.isPluggedIn ? 'Unplug the network' : 'Plug the network in'}
            isOff={isBusy}
            onPress={() => void does({ do: 'set-network', isPluggedIn: !laptop.isPluggedIn })}
          />
        </p>
        <Reported laptop={laptop} />
        {wrong !== null && (
          <p class="problem" role="alert">
            <Icon name="warning" size={15} /> {wrong}
          </p>
        )}
      </div>
    </aside>
  )
}

function stateOf({ isPluggedIn, isFirewallOn }: ShownLaptop): string {
  if (!isPluggedIn) return 'unplugged'
  return isFirewallOn ? 'reports' : 'firewall off'
}

/** The keyboard stays on it while it is off: a button that is disabled would lose it. */
const Press = ({ words, isOff, onPress }: { words: string; isOff: boolean; onPress: () => void }) => (
  <button type="button" class="button plain" aria-disabled={isOff} onClick={() => !isOff && onPress()}>
    {words}
  </button>
)

function Switch(options: {
  name: string
  isOn: boolean
  isBusy: boolean
  onSwitch: (isOn: boolean) => void
}) {
  const { name, isOn, isBusy, onSwitch } = options
  return (
    <p class="laptop-row">
      <span id="laptop-switch">{name}</span>
      <button
        type="button"
        class="switch"
        role="switch"
        aria-checked={isOn}
        aria-labelledby="laptop-switch"
        aria-disabled={isBusy}
        onClick={() => !isBusy && onSwitch(!isOn)}
      >
        <span class="switch-words" aria-hidden="true">
          {isOn ? 'On' : 'Off'}
        </span>
      </button>
    </p>
  )
}

function Reported({ laptop: { reported, isPluggedIn } }: { laptop: ShownLaptop }) {
  if (!reported)
    return (
      <p class="reported">
        {isPluggedIn ? 'It has reported nothing yet.' : 'Unplugged, it reports nothing.'}
      </p>
    )
  return (
    <p class="reported">
      Reported <Ago at={reported.at} />: <b>{reported.says}</b>
    </p>
  )
}

/** Counts up from the instant. */
function Ago({ at }: { at: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  const words = new Date(at).toLocaleTimeString(undefined, {
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  })
  return (
    <time dateTime={new Date(at).toISOString()}>
      at {words}, {Math.max(0, Math.round((now - at) / 1000))} s ago
    </time>
  )
}
