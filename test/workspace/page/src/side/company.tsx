import { useState } from 'preact/hooks'
import type { Act, ShownEmployee, ShownExchange } from '../../../practice/protocol.ts'
import { Avatar } from '../avatar.tsx'
import { Icon } from '../icons.tsx'
import type { Live } from '../live.ts'
import { Menu } from '../menu.tsx'
import { wordsOf } from '../side-of.ts'
import { Rename } from './rename.tsx'

/** Who works here, as the company's own directory has it: moved, renamed, let go, and what is sent to the app for it. */
export function Company({ live, personId }: { live: Live; personId: string }) {
  const company = live.get('company', 'it')
  const [busyWith, setBusyWith] = useState<string | null>(null)
  const [renaming, setRenaming] = useState<ShownEmployee | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  if (!company) return null
  const everybody = live.all('employee').sort((a, b) => a.id.localeCompare(b.id))
  const tell = async (employeeId: string, act: Act) => {
    setBusyWith(employeeId)
    setProblem(null)
    try {
      await live.act(personId, act)
    } catch (error) {
      setProblem(wordsOf(error))
    }
    setBusyWith(null)
  }
  return (
    <aside class="company" aria-label="Company directory">
      <header>
        <h2>Company directory</h2>
        <span class="tag">{company.name}</span>
      </header>
      <p class="lead">Who works here. It tells Curfew of each change by SCIM.</p>
      <ul class="employees">
        {everybody.map((employee) => (
          <Employee
            key={employee.id}
            employee={employee}
            groups={company.groups}
            isBusy={busyWith !== null}
            onAct={(act) => void tell(employee.id, act)}
            onRename={() => setRenaming(employee)}
          />
        ))}
      </ul>
      {problem !== null && (
        <p class="problem" role="alert">
          <Icon name="warning" size={15} /> {problem}
        </p>
      )}
      <Exchanges exchanges={live.all('exchange')} />
      {renaming && (
        <Rename
          employee={renaming}
          onClose={() => setRenaming(null)}
          onSave={(to) => {
            setRenaming(null)
            void tell(renaming.id, { do: 'rename', employee: renaming.id, name: to.name, email: to.email })
          }}
        />
      )}
    </aside>
  )
}

function Employee(options: {
  employee: ShownEmployee
  groups: readonly string[]
  isBusy: boolean
  onAct: (act: Act) => void
  onRename: () => void
}) {
  const { employee, groups, isBusy, onAct, onRename } = options
  const { id, name, email, group, isActive } = employee
  const moves = groups
    .filter((other) => other !== group)
    .map((other) => ({
      key: `move ${other}`,
      label: `Move to ${other}`,
      onPick: () => onAct({ do: 'move', employee: id, group: other }),
    }))
  return (
    <li class={`employee ${isActive ? 'is-active' : 'is-gone'}`} data-employee={id}>
      <Avatar person={{ name, isBot: false }} size="s" />
      <span class="option-words">
        <strong>{name}</strong>
        <small title={email}>{email}</small>
      </span>
      <span class="employee-state">
        <span class="tag">{group}</span>
        <small>{isActive ? 'active' : 'deactivated'}</small>
      </span>
      <Menu
        label={`${name} in the directory`}
        className="icon-button"
        heading={name}
        isDisabled={isBusy}
        items={[
          ...moves,
          { key: 'rename', label: 'Rename…', onPick: onRename },
          {
            key: 'active',
            label: isActive ? 'Deactivate' : 'Reactivate',
            onPick: () => onAct({ do: 'set-active', employee: id, isActive: !isActive }),
          },
        ]}
      >
        <Icon name="dots" />
      </Menu>
    </li>
  )
}

/** What was sent, the newest first, a line each; opened, all of it. */
function Exchanges({ exchanges }: { exchanges: readonly ShownExchange[] }) {
  const newestFirst = [...exchanges].sort((a, b) => b.number - a.number)
  return (
    <section class="exchanges" aria-label="Sent to Curfew">
      <h3>Sent to Curfew</h3>
      <ol aria-live="polite" aria-label="SCIM requests, the newest first">
        {newestFirst.map(({ number, method, path, says, body, status }) => (
          <li key={number}>
            <details>
              <summary>
                <span class="exchange-words">
                  <b>{method}</b> {shortened(path)} {shortened(says)}
                </span>
                <span class={`status ${status !== null && status < 300 ? 'is-ok' : 'is-no'}`}>
                  {status ?? 'no answer'}
                </span>
              </summary>
              <pre>
                {method} {decodeURIComponent(path)}
                {body === '' ? '' : `\n${body}`}
              </pre>
            </details>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Ids are long, and say nothing to whoever reads a line. */
const shortened = (words: string): string =>
  decodeURIComponent(words)
    .replace(/(?<=(?:\/Users\/|\/Groups\/|eq ")[\w-]{4})[\w-]{6,}/g, '…')
    .replace(/&startIndex=.*/, '')
