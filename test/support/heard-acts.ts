import type { ActStore } from '../../src/domain/ports/acts.ts'
import type { World } from '../../src/operations/world.ts'

/** What is done that the record would say: each as `type: outcome`, or that nothing was to be done after all. */
export function heardActs(): { readonly acts: ActStore; readonly heard: readonly string[] } {
  const heard: string[] = []
  const acts: ActStore = {
    begin: async ({ type }) => ({
      ended: async (outcome) => void heard.push(`${type}: ${outcome}`),
      dropped: async () => void heard.push(`${type}: dropped`),
    }),
  }
  return { acts, heard }
}

/** What this world does from now on. */
export function hearsActs(world: World): readonly string[] {
  const { acts, heard } = heardActs()
  Object.assign(world, { acts })
  return heard
}
