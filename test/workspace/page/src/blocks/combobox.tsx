import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { Icon } from '../icons.tsx'
import { useOutside, usePopup } from '../menu.tsx'

export interface Choice {
  key: string
  label: string
  description?: string | undefined
}

export interface ChoiceGroup {
  label?: string
  choices: readonly Choice[]
}

/** What a menu offers for what was typed, or why it offers nothing. */
export type Load = (typed: string) => Promise<{ groups: readonly ChoiceGroup[]; note?: string }>

/** A menu one can search in, for one choice or several. */
export function Combobox(options: {
  picked: readonly Choice[]
  onPick(keys: readonly string[]): void
  load: Load
  /** Before it asks: an app is not asked on every key. */
  pauseMs: number
  isMany: boolean
  most?: number | undefined
  placeholder: string
  labelledBy: string | undefined
  describedBy: string | undefined
  hasError: boolean
  hasFocusOnLoad: boolean
}) {
  const { picked, onPick, load, pauseMs, isMany, most = Infinity, placeholder, hasError } = options
  const [isOpen, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const { groups, note, isLoading } = useOffers(isOpen, typed, load, pauseMs)
  const box = useRef<HTMLDivElement>(null)
  const input = useRef<HTMLInputElement>(null)
  /** Enter was pressed before the offers were there. */
  const isEnterDue = useRef(false)
  const popup = usePopup(isOpen, box, true)
  const listId = useId()
  const close = () => {
    setOpen(false)
    setTyped('')
  }
  useOutside(isOpen, [box, popup], close)
  useEffect(() => {
    if (options.hasFocusOnLoad) input.current?.focus()
  }, [])
  useEffect(() => setAt(0), [typed, groups])
  useEffect(
    () => popup.current?.querySelector('.is-active')?.scrollIntoView({ block: 'nearest' }),
    [at, isOpen],
  )

  const choices = groups.flatMap((group) => group.choices)
  const isPicked = (key: string) => picked.some((one) => one.key === key)
  const pick = (choice: Choice) => {
    if (!isMany) {
      onPick([choice.key])
      close()
      return
    }
    const rest = picked.filter(({ key }) => key !== choice.key).map(({ key }) => key)
    if (isPicked(choice.key)) onPick(rest)
    else if (picked.length < most) onPick([...rest, choice.key])
    setTyped('')
  }
  useEffect(() => {
    const [first] = choices
    if (isLoading || !isEnterDue.current) return
    isEnterDue.current = false
    if (isOpen && first) pick(first)
  }, [isLoading])
  const onKeyDown = (event: KeyboardEvent) => {
    const active = choices[at]
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!isOpen) setOpen(true)
      else setAt((at + (event.key === 'ArrowDown' ? 1 : -1) + choices.length) % Math.max(1, choices.length))
    } else if (event.key === 'Enter' && isOpen) {
      if (isLoading) isEnterDue.current = true
      else if (active) pick(active)
    } else if (event.key === 'Escape' && isOpen) close()
    else if (event.key === 'Backspace' && typed === '' && isMany && picked.length > 0)
      onPick(picked.slice(0, -1).map(({ key }) => key))
    else {
      if (event.key === 'Tab') close()
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }
  const [one] = picked
  const standing = !isMany && one ? one.label : ''
  return (
    <div class={`combobox ${hasError ? 'has-error' : ''}`} ref={box} onClick={() => input.current?.focus()}>
      {isMany &&
        picked.map(({ key, label }) => (
          <span class="chip" key={key}>
            {label}
            <button
              type="button"
              aria-label={`Remove ${label}`}
              onClick={(event) => {
                event.stopPropagation()
                onPick(picked.filter((other) => other.key !== key).map((other) => other.key))
              }}
            >
              <Icon name="close" size={12} />
            </button>
          </span>
        ))}
      <input
        ref={input}
        type="text"
        role="combobox"
        autoComplete="off"
        aria-expanded={isOpen}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && choices[at] ? `${listId}-${at}` : undefined}
        aria-labelledby={options.labelledBy}
        aria-label={options.labelledBy === undefined ? placeholder : undefined}
        aria-describedby={options.describedBy}
        aria-invalid={hasError}
        value={isOpen ? typed : standing}
        placeholder={standing !== '' ? standing : isMany && picked.length > 0 ? '' : placeholder}
        onMouseDown={() => setOpen(true)}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value)
          setOpen(true)
        }}
        onKeyDown={onKeyDown}
      />
      <span class="combobox-end">
        {isLoading ? <span class="spinner" /> : <Icon name="down" size={16} />}
      </span>
      {isOpen && (
        <div
          ref={popup}
          popover="manual"
          class="popup listbox"
          role="listbox"
          id={listId}
          aria-multiselectable={isMany}
        >
          {groups.map((group, index) => (
            <div role="group" aria-label={group.label} key={group.label ?? index}>
              {group.label !== undefined && <div class="menu-heading">{group.label}</div>}
              {group.choices.map((choice) => {
                const number = choices.indexOf(choice)
                return (
                  <div
                    key={choice.key}
                    id={`${listId}-${number}`}
                    role="option"
                    aria-selected={isPicked(choice.key)}
                    class={`menu-item ${number === at ? 'is-active' : ''}`}
                    onPointerMove={() => setAt(number)}
                    onMouseDown={(event) => event.preventDefault()}
                    onClick={(event) => {
                      event.stopPropagation()
                      pick(choice)
                    }}
                  >
                    <span class="option-words">
                      {choice.label}
                      {choice.description !== undefined && <small>{choice.description}</small>}
                    </span>
                    {isPicked(choice.key) && <Icon name="check" size={16} />}
                  </div>
                )
              })}
            </div>
          ))}
          {choices.length === 0 && (
            <div class="menu-note" role="status">
              {isLoading ? 'Searching…' : (note ?? 'No results')}
            </div>
          )}
        </div>
      )}
    </div>
  )
}

/** Asks again whenever something else was typed; late answers to earlier words are dropped. */
function useOffers(isOpen: boolean, typed: string, load: Load, pauseMs: number) {
  const [offers, setOffers] = useState<Awaited<ReturnType<Load>>>({ groups: [] })
  const [loadedFor, setLoadedFor] = useState<string | null>(null)
  useEffect(() => {
    if (!isOpen) {
      setLoadedFor(null)
      return
    }
    let isStale = false
    const timer = setTimeout(
      () => {
        void load(typed).then((found) => {
          if (isStale) return
          setOffers(found)
          setLoadedFor(typed)
        })
      },
      typed === '' ? 0 : pauseMs,
    )
    return () => {
      isStale = true
      clearTimeout(timer)
    }
  }, [isOpen, typed])
  return { ...offers, isLoading: isOpen && loadedFor !== typed }
}
