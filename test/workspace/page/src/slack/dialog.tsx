import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** Keeps the focus inside while open, and puts it back afterwards. Escape closes. */
export function Dialog(options: {
  label: string
  className: string
  onEscape: () => void
  role?: 'dialog' | 'alertdialog'
  children: ComponentChildren
}) {
  const { label, className, onEscape, role = 'dialog', children } = options
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = box.current
    const before = document.activeElement
    if (element && !element.contains(before))
      (element.querySelector<HTMLElement>('[data-focus]') ?? element).focus()
    return () => {
      if (before instanceof HTMLElement && before.isConnected)
        requestAnimationFrame(() => {
          const isFree = document.activeElement === null || document.activeElement === document.body
          if (isFree) before.focus()
        })
    }
  }, [])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation()
      onEscape()
    }
    if (event.key !== 'Tab' || !box.current) return
    const all = [...box.current.querySelectorAll<HTMLElement>(focusable)].filter(
      (one) => one.offsetParent !== null,
    )
    const edge = event.shiftKey ? all[0] : all.at(-1)
    if (document.activeElement !== edge && document.activeElement !== box.current) return
    event.preventDefault()
    ;(event.shiftKey ? all.at(-1) : all[0])?.focus()
  }
  return (
    <div class="veil">
      <div
        ref={box}
        class={`dialog ${className}`}
        role={role}
        aria-modal="true"
        aria-label={label}
        tabIndex={-1}
        onKeyDown={onKeyDown}
      >
        {children}
      </div>
    </div>
  )
}

const focusable =
  'button:not(:disabled), input:not(:disabled), textarea:not(:disabled), select, a[href], [tabindex="0"]'
