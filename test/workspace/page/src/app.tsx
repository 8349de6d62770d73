import { useEffect, useState } from 'preact/hooks'
import { AppIcon, Icon } from './icons.tsx'
import type { Live } from './live.ts'
import { Catalog } from './side/catalog.tsx'
import { Company } from './side/company.tsx'
import { Doors } from './side/doors.tsx'
import { Laptop } from './side/laptop.tsx'
import { NextStep } from './side/next-step.tsx'
import { Phone } from './side/phone.tsx'
import { useLive } from './side-of.ts'
import { Pane } from './slack/pane.tsx'

type SideName = 'left' | 'right'
const isWide = () => innerWidth >= 1200

/** The whole window: Slack for one or two people, the doors beside it, the catalog when asked for. */
export function App({ live }: { live: Live }) {
  const now = useLive(live)
  const [isSplit, setSplit] = useState(isWide)
  const [chosen, setChosen] = useState<Partial<Record<SideName, string>>>({})
  const [focused, setFocused] = useState<SideName>('left')
  const [isCatalogOpen, setCatalogOpen] = useState(false)
  const [areDoorsOpen, setDoorsOpen] = useState(false)
  const [isLaptopOpen, setLaptopOpen] = useState(false)
  useFollowWidth(setSplit)
  if (!live.hasAll) return <p class="starting">Opening the practice workspace…</p>
  const { left: asker, right: approver } = firstPeople(live)
  const people = { left: chosen.left ?? asker, right: chosen.right ?? approver }
  const shown: SideName[] = isSplit ? ['left', 'right'] : ['left']
  const inFocus = shown.includes(focused) ? focused : 'left'
  return (
    <div class={`window ${isSplit ? 'is-split' : ''} ${areDoorsOpen ? 'are-doors-open' : ''}`}>
      <header class="top">
        <p class="brand">
          <AppIcon />
          <strong>Curfew</strong> <span>practice workspace</span>
        </p>
        <NextStep live={live} asker={asker} approver={approver} inFocus={people[inFocus]} />
        <div class="top-tools">
          <button type="button" class="tool" aria-pressed={isSplit} onClick={() => setSplit(!isSplit)}>
            <Icon name={isSplit ? 'columns' : 'single'} /> <span>Two people</span>
          </button>
          <button
            type="button"
            class="tool"
            aria-expanded={isCatalogOpen}
            onClick={() => setCatalogOpen(!isCatalogOpen)}
          >
            <Icon name="file" /> <span>Catalog</span>
          </button>
          <button
            type="button"
            class="tool only-small"
            aria-expanded={areDoorsOpen}
            onClick={() => setDoorsOpen(!areDoorsOpen)}
          >
            <Icon name="key" /> <span>The door</span>
          </button>
          <ThemeButton />
        </div>
      </header>
      {!live.isConnected && (
        <p class="lost" role="alert">
          The practice server does not answer; trying again. What you see is from before.
        </p>
      )}
      <main class="panes">
        {shown.map((side) => (
          <Pane
            key={`${side} ${people[side]}`}
            live={live}
            now={now}
            personId={people[side]}
            isFocused={side === inFocus}
            name={`${live.get('person', people[side])?.name ?? ''}'s Slack`}
            onSwitch={(id) => setChosen({ ...chosen, [side]: id })}
            onFocus={() => setFocused(side)}
          />
        ))}
      </main>
      <div class="beside">
        <Phone key={people[inFocus]} live={live} personId={people[inFocus]} />
        <Laptop live={live} personId={people[inFocus]} isOpen={isLaptopOpen} onOpen={setLaptopOpen} />
        <Doors
          live={live}
          first={isLaptopOpen ? live.get('laptop', people[inFocus])?.door : undefined}
          personId={people[inFocus]}
          sides={shown.map((side) => ({ personId: people[side], onPick: () => setFocused(side) }))}
          onClose={() => setDoorsOpen(false)}
        />
        <Company live={live} personId={people[inFocus]} />
      </div>
      {isCatalogOpen && (
        <Catalog live={live} personId={people[inFocus]} onClose={() => setCatalogOpen(false)} />
      )}
    </div>
  )
}

/** Who the two sides are at first: a guest who asks, and the first one who is no guest and in a group of approvers. */
function firstPeople(live: Live): { left: string; right: string } {
  const people = live
    .all('person')
    .filter(({ isBot, isDeleted, isStranger }) => !isBot && !isDeleted && !isStranger)
  const asker = people.find(({ guest }) => guest !== 'no') ?? people[0]
  const approvers = new Set(live.all('group').flatMap(({ members }) => members))
  const others = people.filter(({ id }) => id !== asker?.id)
  const approver = others.find(({ id }) => approvers.has(id)) ?? others[0] ?? asker
  return { left: asker?.id ?? '', right: approver?.id ?? '' }
}

/** Two sides need room. Whoever chose keeps the choice until the window changes between wide and narrow. */
function useFollowWidth(setSplit: (isSplit: boolean) => void): void {
  useEffect(() => {
    let before = isWide()
    const follow = () => {
      if (isWide() !== before) setSplit(isWide())
      before = isWide()
    }
    addEventListener('resize', follow)
    return () => removeEventListener('resize', follow)
  }, [])
}

function ThemeButton() {
  const isDarkNow = () => {
    const { theme } = document.documentElement.dataset
    return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  }
  const [isDark, setDark] = useState(isDarkNow)
  return (
    <button
      type="button"
      class="tool"
      aria-pressed={isDark}
      aria-label="Dark colours"
      title="Dark colours"
      onClick={() => {
        document.documentElement.dataset.theme = isDark ? 'light' : 'dark'
        setDark(!isDark)
      }}
    >
      <Icon name={isDark ? 'sun' : 'moon'} />
    </button>
  )
}
