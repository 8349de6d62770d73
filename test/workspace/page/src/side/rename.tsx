import { useState } from 'preact/hooks'
import type { ShownEmployee } from '../../../practice/protocol.ts'
import { Icon } from '../icons.tsx'
import { Dialog } from '../slack/dialog.tsx'

/** Another name and address in the directory. In Slack they stay who they are. */
export function Rename(options: {
  employee: ShownEmployee
  onSave: (to: { name: string; email: string }) => void
  onClose: () => void
}) {
  const { employee, onSave, onClose } = options
  const [name, setName] = useState(employee.name)
  const [email, setEmail] = useState(employee.email)
  const isBlank = name.trim() === '' || email.trim() === ''
  const title = `Rename ${employee.name}`
  return (
    <div class="over">
      <Dialog label={title} className="modal" onEscape={onClose}>
        <header>
          <h2>{title}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <form
          class="rename"
          onSubmit={(event) => {
            event.preventDefault()
            if (!isBlank) onSave({ name: name.trim(), email: email.trim() })
          }}
        >
          <p class="lead">
            In the directory only: in Slack they stay who they are, and Curfew knows both by their ids.
          </p>
          <label for="rename-name">Name</label>
          <input
            id="rename-name"
            class="field"
            data-focus
            maxLength={200}
            value={name}
            onInput={({ currentTarget: { value } }) => setName(value)}
          />
          <label for="rename-email">E-mail</label>
          <input
            id="rename-email"
            class="field"
            type="email"
            maxLength={200}
            value={email}
            onInput={({ currentTarget: { value } }) => setEmail(value)}
          />
          <footer>
            <button type="button" class="button plain" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" class="button primary" disabled={isBlank}>
              Rename
            </button>
          </footer>
        </form>
      </Dialog>
    </div>
  )
}
