import { useEffect, useRef, useState } from 'preact/hooks'
import type { ShownView } from '../../../practice/protocol.ts'
import { Blocks } from '../blocks/block.tsx'
import { SurfaceContext } from '../blocks/surface.ts'
import { AppIcon, Icon } from '../icons.tsx'
import { outcomeWords, useSide, wordsOf } from '../side-of.ts'
import { Dialog } from './dialog.tsx'

/** The modal on top of a stack of at most three. What was entered stays while the app is slow to answer. */
export function Modal({ stack, isCovered }: { stack: readonly ShownView[]; isCovered: boolean }) {
  const { act, live } = useSide()
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const body = useRef<HTMLDivElement>(null)
  const view = stack.at(-1)
  const [refusals, setRefusals] = useState(0)
  useEffect(() => {
    body.current?.querySelector<HTMLElement>('.has-error input, .has-error textarea')?.focus()
  }, [refusals])
  useEffect(() => setProblem(null), [view?.id])
  if (!view) return null
  const appName = live.get('workspace', 'it')?.appName ?? 'The app'
  const submit = async () => {
    setBusy(true)
    setProblem(null)
    try {
      const { outcome } = await act({ do: 'submit', viewId: view.id })
      setProblem(outcomeWords(outcome, appName))
      if (outcome === 'errors') setRefusals((count) => count + 1)
    } catch (error) {
      setProblem(wordsOf(error))
    }
    setBusy(false)
  }
  const close = (everything: boolean) => {
    act({ do: 'close-modal', viewId: view.id, everything }).catch((error: unknown) =>
      setProblem(wordsOf(error)),
    )
  }
  return (
    <div class="modal-place" inert={isCovered}>
      <Dialog label={view.title} className="modal" onEscape={() => close(true)}>
        <header>
          {stack.length > 1 && (
            <button type="button" class="icon-button" aria-label="Back" onClick={() => close(false)}>
              <Icon name="back" />
            </button>
          )}
          <span class="modal-app">
            <AppIcon />
          </span>
          <h2>{view.title}</h2>
          {stack.length > 1 && <span class="stack-depth">{stack.length} deep</span>}
          <button type="button" class="icon-button" aria-label="Close" onClick={() => close(true)}>
            <Icon name="close" />
          </button>
        </header>
        <div class="modal-body" ref={body} key={view.id} inert={isBusy}>
          <SurfaceContext.Provider
            value={{ where: { in: 'modal', viewId: view.id }, values: view.values, errors: view.errors }}
          >
            <Blocks blocks={view.blocks} />
          </SurfaceContext.Provider>
        </div>
        {problem !== null && (
          <p class="modal-problem" role="alert">
            <Icon name="warning" /> <span>{problem} What you entered is kept.</span>
          </p>
        )}
        <footer>
          <button type="button" class="button plain" onClick={() => close(false)}>
            {view.close ?? 'Cancel'}
          </button>
          {view.submit !== undefined && (
            <button
              type="button"
              class="button primary"
              aria-busy={isBusy}
              disabled={isBusy || view.isSubmitDisabled}
              onClick={() => void submit()}
            >
              <span class="button-words">{view.submit}</span>
              {isBusy && <span class="spinner" />}
            </button>
          )}
        </footer>
      </Dialog>
    </div>
  )
}
