/** One thing that the code does for a rule, left out. */
export interface Mutation {
  /** What is left out. */
  readonly name: string
  /** The rule of docs/holds.md, or what else promises it. */
  readonly rule: string
  readonly file: string
  /** Each text stands in the file exactly once, and is replaced. */
  readonly edits: readonly (readonly [text: string, by: string])[]
}

const lease = 'src/operations/by-itself/lease.ts'
const protocol = 'src/operations/by-itself/hold-protocol.ts'

/** Whether the simulation sees what the rules are for: with any of them left out, some run breaks a promise. */
export const mutations: readonly Mutation[] = [
  {
    name: 'a lost token is not noticed',
    rule: '1',
    file: lease,
    edits: [
      [
        'if (hold === null) {\n      await this.#watchWhatWasSent()\n      throw new LeaseLost()\n    }',
        'if (hold === null) return',
      ],
    ],
  },
  {
    name: 'sent without looking whether M fits',
    rule: '2',
    file: lease,
    edits: [
      [
        'if (!this.#fits()) await this.write({ keepMs: this.callMs })\n    if (!this.#fits()) {',
        'if (verb === null) {',
      ],
    ],
  },
  {
    name: 'an unknown outcome releases the lease',
    rule: '3',
    file: lease,
    edits: [
      ['await this.write(change)\n      return', 'await this.write({ ...change, keepMs: 0 })\n      return'],
    ],
  },
  {
    name: 'the call is not written first',
    rule: '4',
    file: lease,
    edits: [['{ ...change, call: verb, intent, keepMs }', '{ ...change, intent, keepMs }']],
  },
  {
    name: 'what a watched give may have given counts as held before',
    rule: '5',
    file: 'test/support/memory-stores.ts',
    edits: [
      [
        '!(gave && !isUnwatched) && (change.heldBefore ?? hold.heldBefore)',
        'change.heldBefore ?? hold.heldBefore',
      ],
    ],
  },
  {
    name: 'the grant is not read again right before a give',
    rule: '6',
    file: protocol,
    edits: [['isFresh ? seen : await world.grants.get(id)', 'seen']],
  },
  {
    name: 'the lease is given back before the grant moves on',
    rule: '6',
    file: protocol,
    edits: [
      ['await lease.write(lease.known)\n', 'await lease.finish(outcome)\n'],
      ['secretOf(lease) }), grant)\n  await lease.finish(outcome)\n', 'secretOf(lease) }), grant)\n'],
    ],
  },
  {
    name: 'what the last to leave left is forgotten',
    rule: '8',
    file: protocol,
    edits: [
      ['if (lastLeft?.grantId === id) return lastLeft', 'if (lastLeft?.grantId === null) return lastLeft'],
    ],
  },
  {
    name: 'taken though others claim it',
    rule: '9',
    file: protocol,
    edits: [[' && !(await isKeptByOthers(world, claims, grant.id))', '']],
  },
  {
    name: 'not read back that it is gone',
    rule: '9',
    file: protocol,
    edits: [
      [
        "outcome.what === 'done' ? await whyNotGone(lease) : outcome.error",
        "outcome.what === 'done' ? null : outcome.error",
      ],
    ],
  },
  {
    name: 'a busy lease is looked at only when it ends',
    rule: '10',
    file: protocol,
    edits: [
      [
        'new Date(Math.min(soon, lease.busyUntil.getTime()))',
        'new Date(Math.max(soon, lease.busyUntil.getTime()))',
      ],
    ],
  },
  {
    name: 'a call that was found written is not watched',
    rule: '11',
    file: lease,
    edits: [["{ call: null, ...lease.watching(call === 'give') }", '{ call: null }']],
  },
  {
    name: 'what was sent under a token that is lost is not watched',
    rule: '11',
    file: lease,
    edits: [
      [
        'if (this.#sent !== null) await this.#world.holds.watch',
        'if (this.#sent === undefined) await this.#world.holds.watch',
      ],
    ],
  },
  {
    name: 'a lag is not waited out',
    rule: '12',
    file: lease,
    edits: [
      ['if (hasLagMs === 0) return', 'if (hasLagMs >= 0) return'],
      ['keepMs: this.system.connector.hasLagMs }', 'keepMs: 0 }'],
    ],
  },
  {
    name: 'a late call is watched for no longer than any',
    rule: '13',
    file: lease,
    edits: [['Math.max(watchMs, lateMs) + hasLagMs', 'Math.max(watchMs, 0 * lateMs) + hasLagMs']],
  },
  {
    name: 'gone is said while a late give may still come',
    rule: '13',
    file: lease,
    edits: [['watch.until > at ? watch.until : null', 'watch.until > at ? null : null']],
  },
  {
    name: 'a secret is made though its grant moved on',
    rule: '14',
    file: protocol,
    edits: [
      ['isShowable(grant, world.clock.now(), lease) &&', ''],
      ['seen.id in lease.hold.claims\n', 'lease.hold.claims !== null\n'],
      [
        "!(await lease.has())) {\n          await lease.release()\n          return refuse('not-made-now'",
        "lease === null) {\n          await lease.release()\n          return refuse('not-made-now'",
      ],
    ],
  },
  {
    name: 'what a take leaves over is forgotten',
    rule: '15',
    file: lease,
    edits: [
      ['const isAny = this.system.connector.tidy !== undefined', 'const isAny = this.system === undefined'],
    ],
  },
  {
    name: 'the clock does not count what the machine slept through',
    rule: 'Clock.monotonicMs',
    file: 'test/simulation/replica.ts',
    edits: [['return this.#awakeMs + this.#sleptMs', 'return this.#awakeMs']],
  },
  {
    name: 'an instant is read off the own wall clock',
    rule: 'World.clock',
    file: protocol,
    edits: [['const soon = world.clock.now().getTime() + 1_000', 'const soon = Date.now() + 1_000']],
  },
  {
    name: 'nobody looks at whoever holds something',
    rule: 'lookAtHeld',
    file: 'src/operations/by-itself/while-held.ts',
    edits: [
      ['await endEach(world, sure.left)', ''],
      [
        '  await endEach(\n    world,\n    open.map((grant) => ({ id: grant.id, ...leftNow(grant.subject, facts) })),\n  )\n',
        '',
      ],
    ],
  },
]
