import type { PlacedBlock } from '../blocks/controls.ts'
import { place } from '../blocks/controls.ts'
import type { HomeView, ModalView } from '../blocks/views.ts'
import type { Ids } from './ids.ts'
import type { StateValues } from './inputs.ts'
import { stateOf } from './inputs.ts'

/** A view on somebody's screen. Each change makes a new one with the same id and another hash. */
export interface OpenView {
  readonly id: string
  readonly personId: string
  readonly hash: string
  readonly rootId: string
  readonly previousId: string | null
  readonly definition: ModalView | HomeView
  readonly blocks: readonly PlacedBlock[]
  readonly values: StateValues
  /** What the last submission was told, by block_id. */
  readonly errors: Readonly<Record<string, string>>
}

/** A stack of at most three modals and one Home tab for each person. */
export class Views {
  readonly #stacks = new Map<string, OpenView[]>()
  readonly #homes = new Map<string, OpenView>()
  readonly #ids: Ids

  constructor(ids: Ids) {
    this.#ids = ids
  }

  make(personId: string, definition: ModalView | HomeView, below?: OpenView): OpenView {
    const id = this.#ids.next('V')
    const blocks = place(definition.blocks, () => this.#ids.token())
    return {
      id,
      personId,
      hash: this.#newHash(),
      rootId: below?.rootId ?? id,
      previousId: below?.id ?? null,
      definition,
      blocks,
      values: stateOf(blocks),
      errors: {},
    }
  }

  /** The same view with other content: inputs whose ids stay keep their values. */
  remake(view: OpenView, definition: ModalView | HomeView): OpenView {
    const blocks = place(definition.blocks, () => this.#ids.token())
    const values = stateOf(blocks, view.values)
    return { ...view, hash: this.#newHash(), definition, blocks, values, errors: {} }
  }

  stack(personId: string): readonly OpenView[] {
    return this.#stacks.get(personId) ?? []
  }

  setStack(personId: string, stack: readonly OpenView[]): void {
    this.#stacks.set(personId, [...stack])
  }

  home(personId: string): OpenView | undefined {
    return this.#homes.get(personId)
  }

  setHome(view: OpenView): void {
    this.#homes.set(view.personId, view)
  }

  /** Puts a changed view where the old one is; false if it is no longer on any screen. */
  replace(view: OpenView): boolean {
    if (this.#homes.get(view.personId)?.id === view.id) {
      this.#homes.set(view.personId, view)
      return true
    }
    const stack = this.#stacks.get(view.personId) ?? []
    const at = stack.findIndex((other) => other.id === view.id)
    if (at < 0) return false
    stack[at] = view
    return true
  }

  find(matches: (view: OpenView) => boolean): OpenView | undefined {
    return [...this.#stacks.values(), [...this.#homes.values()]].flat().find(matches)
  }

  #newHash(): string {
    return `${Math.floor(Date.now() / 1000)}.${this.#ids.token(8)}`
  }
}
