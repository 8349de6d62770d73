import type { Adapter, AdapterPayload } from 'oidc-provider'

/** What one identity provider remembers, and forgets with it. Nothing runs long enough to need an expiry. */
export function openIdMemory(): (kind: string) => Adapter {
  const all = new Map<string, AdapterPayload>()
  return (kind) => {
    const key = (id: string) => `${kind} ${id}`
    const by = (field: 'uid' | 'userCode', value: string) =>
      [...all].find(([at, one]) => at.startsWith(`${kind} `) && one[field] === value)?.[1]
    return {
      upsert: async (id, payload) => void all.set(key(id), payload),
      find: async (id) => all.get(key(id)),
      findByUid: async (uid) => by('uid', uid),
      findByUserCode: async (userCode) => by('userCode', userCode),
      consume: async (id) => void all.set(key(id), { ...all.get(key(id)), consumed: Date.now() / 1_000 }),
      destroy: async (id) => void all.delete(key(id)),
      revokeByGrantId: async (grantId) => {
        for (const [at, one] of all) if (one.grantId === grantId) all.delete(at)
      },
    }
  }
}
