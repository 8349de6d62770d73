import { useState } from 'preact/hooks'
import { Icon } from '../icons.tsx'
import type { Live } from '../live.ts'
import { wordsOf } from '../side-of.ts'
import { Dialog } from '../slack/dialog.tsx'

type Said = { is: 'saved' | 'warned' | 'refused'; words: readonly string[] }

/** The catalog's file as it is: read it, change it, save it; the app takes it up by itself. */
export function Catalog({ live, personId, onClose }: { live: Live; personId: string; onClose: () => void }) {
  const catalog = live.get('catalog', 'it')
  const [draft, setDraft] = useState<{ text: string; before: string } | null>(null)
  const [said, setSaid] = useState<Said | null>(null)
  const [isBusy, setBusy] = useState(false)
  const onDisk = catalog?.text ?? ''
  const text = draft?.text ?? onDisk
  const isChanged = draft !== null && draft.text !== onDisk
  const isStale = draft !== null && draft.before !== onDisk
  const save = async () => {
    if (!draft) return
    setBusy(true)
    try {
      const answer = await live.act(personId, { do: 'save-catalog', text: draft.text, before: draft.before })
      const warnings = 'warnings' in answer ? answer.warnings : []
      setDraft(null)
      setSaid(
        warnings.length > 0
          ? { is: 'warned', words: warnings }
          : { is: 'saved', words: ['Saved. The app takes it up by itself.'] },
      )
    } catch (error) {
      setSaid({ is: 'refused', words: [wordsOf(error)] })
    }
    setBusy(false)
  }
  return (
    <div class="drawer">
      <Dialog label="Catalog" className="catalog" onEscape={onClose}>
        <header>
          <Icon name="file" />
          <h2>{catalog?.file ?? 'Catalog'}</h2>
          {isChanged && <span class="tag">not saved</span>}
          <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <p class="lead">
          What can be asked for, by whom, for how long, and who says yes. The same file format you would
          write.
        </p>
        <label class="unseen" for="catalog-text">
          The catalog's text
        </label>
        <textarea
          id="catalog-text"
          class="code"
          spellcheck={false}
          wrap="off"
          value={text}
          onInput={({ currentTarget: { value } }) => {
            setSaid(null)
            setDraft({ text: value, before: draft?.before ?? onDisk })
          }}
        />
        <div role="status">
          {catalog?.problem != null && <p class="problem">{catalog.problem}</p>}
          {isStale && (
            <p class="problem">The file was changed elsewhere meanwhile. Undo shows it as it is now.</p>
          )}
          {said?.words.map((words) => (
            <p key={words} class={`said is-${said.is}`}>
              <Icon name={said.is === 'saved' ? 'check' : 'warning'} size={16} /> {words}
            </p>
          ))}
        </div>
        <footer>
          <button
            type="button"
            class="button plain"
            disabled={draft === null || isBusy}
            onClick={() => setDraft(null)}
          >
            Undo
          </button>
          <button
            type="button"
            class="button primary"
            disabled={!isChanged || isBusy}
            aria-busy={isBusy}
            onClick={() => void save()}
          >
            <span class="button-words">Save</span>
            {isBusy && <span class="spinner" />}
          </button>
        </footer>
      </Dialog>
    </div>
  )
}
