import type { Question } from '../side-of.ts'
import { Words } from '../words/text.tsx'
import { Dialog } from './dialog.tsx'

/** The small window that asks before a button does what it does. */
export function Confirm({ question, onAnswer }: { question: Question; onAnswer: (yes: boolean) => void }) {
  const { title, text, yes, no, isDanger } = question
  return (
    <Dialog label={title} className="confirm" role="alertdialog" onEscape={() => onAnswer(false)}>
      <h2>{title}</h2>
      <p>
        <Words of={text} />
      </p>
      <footer>
        <button type="button" class="button plain" onClick={() => onAnswer(false)}>
          {no}
        </button>
        <button
          type="button"
          class={`button ${isDanger ? 'danger' : 'primary'}`}
          data-focus
          onClick={() => onAnswer(true)}
        >
          {yes}
        </button>
      </footer>
    </Dialog>
  )
}
