/**
 * What the catalog of the mayhem asks before anybody holds anything, said once more in our own words: the verdict must not
 * ask Curfew what Curfew has to keep. `test/mayhem/rules.test.ts` compares it with the catalog.
 */
export interface Rule {
  /** How somebody comes to hold it. */
  readonly by: 'people' | 'rule' | 'session' | 'standing'
  /** How many different people must say yes; 0 where none is asked. */
  readonly needs: number
  /** The longest that it is given without anybody being asked; null: people say how long. */
  readonly mostMs: number | null
  /** How its end may move; null: never. */
  readonly more: More | null
}

export interface More {
  /** What one time adds, at most. */
  readonly byMs: number
  /** From the start to the last end. */
  readonly totalMs: number
  /** How many different people must say yes to it; 0 where its holder may do so alone. */
  readonly needs: number
}

export type Rules = Readonly<Record<string, Rule>>

/** The only ones whose yes counts. */
export const approvers: readonly string[] = ['ada@acme.example', 'sam@acme.example', 'kim@acme.example']

const people = (needs: number, more: More | null = null): Rule => ({
  by: 'people',
  needs,
  mostMs: null,
  more,
})
const auto = (mostMs: number): Rule => ({ by: 'rule', needs: 0, mostMs, more: null })

/** By `resource/entitlement`. */
export const rules: Rules = {
  'orders/read': people(1, { byMs: 5_000, totalMs: 60_000, needs: 0 }),
  'orders/peek': auto(10_000),
  'orders/write': people(2, { byMs: 5_000, totalMs: 60_000, needs: 2 }),
  'reports/read': auto(30_000),
  'billing/read': people(1, { byMs: 5_000, totalMs: 60_000, needs: 0 }),
  'billing/safely': auto(30_000),
  'vpn/join': people(1),
  'vpn/oncall': { by: 'standing', needs: 0, mostMs: null, more: null },
  /** Each confirmation makes it last so long from then. */
  'vpn/shift': { by: 'session', needs: 0, mostMs: 15_000, more: { byMs: 15_000, totalMs: 40_000, needs: 0 } },
  'vpn/lab': auto(30_000),
}
