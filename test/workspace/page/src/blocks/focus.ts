import { useLayoutEffect, useRef } from 'preact/hooks'

/** `focus_on_load`: the element has the focus as soon as it is there, text behind its last character. */
export function useFocusOnLoad<T extends HTMLElement>(isWanted: boolean | undefined) {
  const ref = useRef<T>(null)
  useLayoutEffect(() => {
    if (isWanted !== true) return
    const element = ref.current
    element?.focus()
    const hasText =
      element instanceof HTMLTextAreaElement ||
      (element instanceof HTMLInputElement && element.type === 'text')
    if (hasText) element.setSelectionRange(element.value.length, element.value.length)
  }, [])
  return ref
}
