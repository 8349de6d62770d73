import type { World } from '../../src/operations/world.ts'

/** No device reports itself. */
export const noReporters = {
  deviceCodes: null,
  deviceKeys: {
    add: async () => false,
    get: async () => null,
    ofPublicKey: async () => null,
    ofPeople: async () => [],
    take: async () => false,
    remove: async () => false,
  },
} as const satisfies Pick<World, 'deviceCodes' | 'deviceKeys'>
