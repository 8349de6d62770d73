import { boundedMap } from '../bounded-map.ts'
import { youngProof, type Confirmation, type Counting } from '../domain/confirmation.ts'
import type { Known, LastProof, PersonFacts } from '../domain/person.ts'
import type { Everybody, PeopleSource } from '../domain/ports/directory.ts'
import type { ProofStore } from '../domain/ports/proofs.ts'

interface ShownSource extends PeopleSource {
  remembered(userId: string): PersonFacts | null
}

/** The same people, and of each when they last confirmed who they are: where a rule of the catalog asks for that. */
export function withWhenConfirmed<Source extends ShownSource>(
  source: Source,
  {
    proofs,
    isAsked,
    counting,
    now,
  }: {
    proofs: Pick<ProofStore, 'latest'>
    isAsked: () => boolean
    /** Which of their proofs count now. */
    counting: () => Omit<Counting, 'maxAgeMs'>
    now: () => Date
  },
): Source {
  const seen = boundedMap<{ proofs: readonly Confirmation[] }>(10_000)
  const lastOf = (some: readonly Confirmation[]): LastProof | null => {
    const latest = youngProof(some, { ...counting(), maxAgeMs: Infinity }, now())
    return latest && { method: latest.method, at: latest.at }
  }
  const several = async (all: readonly PersonFacts[]): Promise<PersonFacts[]> => {
    const known = await proofs.latest(all.map(({ person }) => person.id))
    return all.map((facts) => ({ ...facts, confirmed: lastOf(known.get(facts.person.id) ?? []) }))
  }
  const one = async (facts: Known<PersonFacts>): Promise<Known<PersonFacts>> => {
    if (facts === 'unknown' || !isAsked()) return facts
    const known = (await proofs.latest([facts.person.id])).get(facts.person.id) ?? []
    seen.set(facts.person.slack.userId, { proofs: known })
    return { ...facts, confirmed: lastOf(known) }
  }
  return {
    ...source,
    facts: async (userId: string) => one(await source.facts(userId)),
    freshFacts: async (userId: string) => one(await source.freshFacts(userId)),
    everyone: async (maxAgeMs?: number): Promise<Known<Everybody>> => {
      const all = await source.everyone(maxAgeMs)
      return all === 'unknown' || !isAsked() ? all : { ...all, people: await several(all.people) }
    },
    remembered: (userId: string) => {
      const facts = source.remembered(userId)
      if (facts === null || !isAsked()) return facts
      const known = seen.get(userId)
      return known === undefined ? null : { ...facts, confirmed: lastOf(known.proofs) }
    },
  }
}
