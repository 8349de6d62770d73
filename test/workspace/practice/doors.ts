import type { ShownDoor } from './protocol.ts'

/** Something of the demo that people get access to, asked itself and not through the app. */
export interface Door {
  id: string
  name: string
  /** Who holds access now: ids of people, or names as the system has them. */
  holders(): Promise<string[]>
  /** Logs in as this person and reads something; `says` is the system's own answer. */
  tryAs(personId: string): Promise<{ ok: boolean; says: string }>
}

/** Asks the doors again and again, but only while somebody looks. */
export class Doors {
  readonly #doors: readonly Door[]
  readonly #show: (door: ShownDoor) => void
  readonly #holders = new Map<string, string[]>()

  constructor(doors: readonly Door[], show: (door: ShownDoor) => void) {
    this.#doors = doors
    this.#show = show
    for (const { id, name } of doors) show({ id, name, holders: [], problem: null })
  }

  /** Resolves when all have answered, or said why not. */
  async look(): Promise<void> {
    await Promise.all(
      this.#doors.map(async (door) => {
        const { id, name } = door
        try {
          const holders = await door.holders()
          this.#holders.set(id, holders)
          this.#show({ id, name, holders, problem: null })
        } catch (error) {
          const problem = error instanceof Error ? error.message : String(error)
          this.#show({ id, name, holders: this.#holders.get(id) ?? [], problem })
        }
      }),
    )
  }

  async tryAs(id: string, personId: string): Promise<{ ok: boolean; says: string }> {
    const door = this.#doors.find((one) => one.id === id)
    if (!door) throw new Error('there is no such door')
    const tried = await door.tryAs(personId)
    await this.look()
    return tried
  }
}
