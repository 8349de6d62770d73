import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Keeps a pop-up beside what opened it, within the window, above everything. */
export function usePopup(isOpen: boolean, anchor: { current: HTMLElement | null }, isWide = false) {
  const popup = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = popup.current
    if (!isOpen || !element || !anchor.current) return
    if (!element.matches(':popover-open')) element.showPopover()
    const place = () => {
      const from = anchor.current?.getBoundingClientRect()
      if (!from) return
      const { style } = element
      if (isWide) style.width = `${from.width}px`
      const { width, height } = element.getBoundingClientRect()
      const below = innerHeight - from.bottom - 12
      const isAbove = height > below && from.top > below
      style.left = `${Math.max(8, Math.min(from.left, innerWidth - width - 8))}px`
      style.top = `${isAbove ? Math.max(8, from.top - height - 4) : from.bottom + 4}px`
      style.maxHeight = `${Math.max(120, isAbove ? from.top - 16 : below)}px`
    }
    place()
    addEventListener('resize', place)
    addEventListener('scroll', place, true)
    return () => {
      removeEventListener('resize', place)
      removeEventListener('scroll', place, true)
    }
  })
  return popup
}

/** Calls `close` when something outside is pressed. */
export function useOutside(
  isOpen: boolean,
  refs: { current: HTMLElement | null }[],
  close: () => void,
): void {
  useEffect(() => {
    if (!isOpen) return
    const pressed = ({ target }: Event) => {
      if (!refs.some((ref) => ref.current?.contains(target as Node))) close()
    }
    document.addEventListener('pointerdown', pressed)
    return () => document.removeEventListener('pointerdown', pressed)
  })
}

export interface MenuItem {
  key: string
  label: ComponentChildren
  isChosen?: boolean
  onPick(): void
}

/** A button that opens a menu; arrows, Enter and Escape work in it. */
export function Menu(options: {
  items: readonly MenuItem[]
  label: string
  className?: string
  isDisabled?: boolean
  heading?: string
  children: ComponentChildren
}) {
  const { items, label, className = '', isDisabled = false, heading, children } = options
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const popup = usePopup(isOpen, button)
  useOutside(isOpen, [button, popup], () => setOpen(false))
  const entries = () => [...(popup.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])]
  useEffect(() => {
    if (isOpen) (entries().find((e) => e.ariaChecked === 'true') ?? entries()[0])?.focus()
  }, [isOpen])
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  const step = (by: number) => {
    const all = entries()
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[(at + by + all.length) % all.length]?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close()
    else if (event.key === 'ArrowDown') step(1)
    else if (event.key === 'ArrowUp') step(-1)
    else if (event.key === 'Tab') {
      setOpen(false)
      return
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        class={className}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        disabled={isDisabled}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div
          ref={popup}
          popover="manual"
          class="popup menu"
          role="menu"
          aria-label={label}
          onKeyDown={onKeyDown}
        >
          {heading !== undefined && <div class="menu-heading">{heading}</div>}
          {items.map(({ key, label: words, isChosen, onPick }) => (
            <button
              key={key}
              type="button"
              class="menu-item"
              tabIndex={-1}
              role={isChosen === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={isChosen}
              onClick={() => {
                close()
                onPick()
              }}
            >
              {words}
            </button>
          ))}
        </div>
      )}
    </>
  )
}
