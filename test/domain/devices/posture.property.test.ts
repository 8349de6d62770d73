import fc from 'fast-check'
import type { Catalog, Entitlement } from '../../../src/domain/catalog.ts'
import type { Device } from '../../../src/domain/devices/device.ts'
import { postureDueAt } from '../../../src/domain/devices/posture.ts'
import { fitness } from '../../../src/domain/devices/fitness.ts'
import type { FitRule } from '../../../src/domain/devices/rules.ts'
import type { Active } from '../../../src/domain/grant.ts'
import { mayHold } from '../../../src/domain/policy.ts'
import { postureOf } from '../../../src/operations/by-itself/posture-of.ts'
import { catalog as simulated } from '../../simulation/catalog.ts'
import { ada, anActiveGrant, at, riley } from '../../support/builders.ts'
import { aDevice, aRule, merge } from '../../support/known-devices.ts'

type Value = boolean | null | 'unknown' | undefined
type Status = 'counts' | 'pending' | 'rejected' | 'revoked' | 'in question' | 'Ada’s' | 'nobody’s'
type Happening =
  | { readonly type: 'report'; readonly of: number; readonly ageMs: number; readonly said: readonly Value[] }
  | { readonly type: 'answer'; readonly of: number; readonly status: Status }
  | { readonly type: 'rule'; readonly index: number }
  | { readonly type: 'silence' }

const flags = ['firewall', 'diskEncrypted'] as const
/** By how many of the flags each goes. */
const rules: readonly (readonly [FitRule, number])[] = [
  [aRule({ maxAgeMs: 20_000, graceMs: 10_000 }), 1],
  [aRule({ maxAgeMs: 30_000, seenWithinMs: 12_000, which: 'any', graceMs: 5_000 }), 1],
  [aRule({ when: 'device.firewall && device.diskEncrypted', maxAgeMs: 25_000, seenWithinMs: 40_000 }), 2],
  [
    aRule({
      when: '!(!device.firewall || !device.diskEncrypted)',
      maxAgeMs: 40_000,
      graceMs: 60_000,
      seenWithinMs: 30_000,
      needsApproval: false,
    }),
    2,
  ],
]

/** Keeps all that was ever said, and finds out anew each time. */
class Model {
  readonly #reports: { of: number; at: number; order: number; said: readonly Value[] }[] = []
  readonly #statuses = new Map<number, Status>()
  rule = 0

  happens(event: Happening, now: number): void {
    if (event.type === 'report') {
      // What came later is later by the source's clock, which may be ahead of ours; nothing is younger than its coming.
      const order = now - event.ageMs
      this.#reports.push({ of: event.of, at: Math.min(now, order), order, said: event.said })
      this.#statuses.set(event.of, this.#statuses.get(event.of) ?? 'counts')
    } else if (event.type === 'answer') {
      if (this.#statuses.has(event.of)) this.#statuses.set(event.of, event.status)
    } else if (event.type === 'rule') this.rule = event.index
  }

  isFit(now: number): boolean {
    const [rule, many] = ruleOf(this.rule)
    const fit: boolean[] = []
    for (const [of, status] of this.#statuses) {
      if (status !== 'counts' && (status !== 'pending' || rule.needsApproval)) continue
      const all = this.#reports.filter((report) => report.of === of)
      const lastOrder = Math.max(...all.map((report) => report.order))
      const heard = all.findLast(({ order }) => order === lastOrder)?.at ?? 0
      if (now - heard >= rule.seenWithinMs) continue
      const isMet = flags.slice(0, many).every((_, flag) => {
        const told = all.filter(({ said }) => said[flag] !== undefined)
        const newest = Math.max(...told.map((report) => report.order))
        const last = told.findLast(({ order }) => order === newest)
        return last?.said[flag] === true && now - last.at < rule.maxAgeMs
      })
      fit.push(isMet && now - heard < rule.maxAgeMs)
    }
    return rule.which === 'every' ? fit.length > 0 && fit.every(Boolean) : fit.some(Boolean)
  }

  /** Every instant at which time alone may make it otherwise. */
  turns(from: number, to: number): number[] {
    const turns = this.#reports.flatMap((report) =>
      rules.flatMap(([rule]) => [report.at + rule.maxAgeMs, report.at + rule.seenWithinMs]),
    )
    return [...new Set(turns)].filter((turn) => turn > from && turn < to).sort((one, other) => one - other)
  }
}

function ruleOf(index: number): readonly [FitRule, number] {
  const found = rules[index]
  if (found === undefined) throw new Error('there is no such rule')
  return found
}

const as: Record<Status, Partial<Device>> = {
  counts: { owner: riley, approval: 'approved', isInQuestion: false },
  pending: { owner: riley, approval: 'pending', isInQuestion: false },
  rejected: { owner: riley, approval: 'rejected', isInQuestion: false },
  revoked: { owner: riley, approval: 'revoked', isInQuestion: false },
  'in question': { owner: riley, approval: 'approved', isInQuestion: true },
  'Ada’s': { owner: ada, approval: 'approved', isInQuestion: false },
  'nobody’s': { owner: null, approval: 'approved', isInQuestion: false },
}

/** What is known by Curfew itself, and one grant that it gives and ends. */
class Real {
  readonly #devices = new Map<number, Device>()
  #rule = 0
  grant: Active | null = null

  happens(event: Happening, now: number): void {
    if (event.type === 'rule') this.#rule = event.index
    if (event.type === 'report') {
      const attributes = Object.fromEntries(
        flags.flatMap((name, flag) => {
          const value = event.said[flag]
          return value === undefined ? [] : [[name, { value }]]
        }),
      )
      const known = this.#devices.get(event.of) ?? null
      const report = { sourceId: `d${event.of}`, at: new Date(now - event.ageMs), attributes }
      const merged = merge(known, report, new Date(now))
      if ('not' in merged) throw new Error(merged.not)
      this.#devices.set(event.of, known === null ? { ...merged.device, ...as.counts } : merged.device)
    }
    const device = event.type === 'answer' ? this.#devices.get(event.of) : undefined
    if (event.type === 'answer' && device) this.#devices.set(event.of, { ...device, ...as[event.status] })
  }

  isFit(now: number): boolean {
    return fitness(ruleOf(this.#rule)[0], this.#theirs(), { now: new Date(now), onDevice: null }).isFit
  }

  mayHold(now: number): boolean {
    const facts = {
      person: riley,
      isHere: true,
      isGuest: false,
      isExternal: false,
      isEmailRead: true,
      zone: 'UTC',
      groups: new Set<string>(),
      devices: this.#theirs(),
    }
    const asking = { durationMs: 10_000, reason: 'a good reason' }
    return mayHold(facts, this.#entitlement(), asking, new Date(now)).answer === 'yes'
  }

  gives(): void {
    this.grant = anActiveGrant({
      resource: { id: 'db', name: 'Database' },
      entitlement: { id: 'one', name: 'one' },
    })
  }

  /** True: it was ended. */
  looks(now: number): boolean {
    if (this.grant === null) return false
    const change = postureOf(this.#catalog(), this.grant, {
      devices: this.#theirs(),
      still: new Map(),
      now: new Date(now),
    })
    if (change === null) return false
    this.grant = change.ends ? null : { ...this.grant, posture: change.posture }
    return change.ends
  }

  #theirs = (): Device[] => [...this.#devices.values()].filter(({ owner }) => owner?.id === riley.id)

  #entitlement(): Entitlement {
    const found = simulated.resources.get('db')?.entitlements.get('one')
    if (found === undefined) throw new Error('the catalog has no such entitlement')
    return { ...found, device: ruleOf(this.#rule)[0] }
  }

  #catalog(): Catalog {
    const resource = simulated.resources.get('db')
    if (resource === undefined) throw new Error('the catalog has no such resource')
    const entitlements = new Map([['one', this.#entitlement()]])
    return { ...simulated, resources: new Map([['db', { ...resource, entitlements }]]) }
  }
}

const value = fc.constantFrom<Value[]>(true, true, true, true, false, null, 'unknown', undefined)
const of = fc.integer({ min: 0, max: 2 })
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('report' as const),
      of,
      ageMs: fc.oneof(fc.constant(0), fc.integer({ min: -60_000, max: 45_000 })),
      said: fc.tuple(value, value),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('answer' as const),
      of,
      status: fc.constantFrom<Status[]>(
        'counts',
        'counts',
        'counts',
        'pending',
        'rejected',
        'revoked',
        'in question',
        'Ada’s',
        'nobody’s',
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('rule' as const), index: fc.integer({ min: 0, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'silence' as const }) },
)
const life = fc.array(fc.tuple(happening, fc.integer({ min: 0, max: 15_000 })), {
  minLength: 1,
  maxLength: 40,
})

/** Follows one life through every instant at which anything could become otherwise. */
function follow(events: readonly (readonly [Happening, number])[]): { cut: number; given: number } {
  const [model, real] = [new Model(), new Real()]
  let [now, cut, given] = [at(0).getTime(), 0, 0]
  let unfitSince: number | null = null
  let wasUnfit = false

  const agree = (): void => {
    const isFit = model.isFit(now)
    expect({ now, isFit: real.isFit(now), mayHold: real.mayHold(now) }).toEqual({
      now,
      isFit,
      mayHold: isFit,
    })
    unfitSince = isFit ? null : (unfitSince ?? now)
    wasUnfit ||= !isFit
    if (real.grant === null || unfitSince === null) return
    expect(now - unfitSince).toBeLessThanOrEqual(ruleOf(model.rule)[0].graceMs)
  }
  const look = (): void => {
    wasUnfit ||= !model.isFit(now)
    if (real.looks(now)) {
      cut++
      // Whoever was fit all along keeps it, and nobody is cut who is fit in that moment.
      expect({ wasUnfit, isFit: model.isFit(now) }).toEqual({ wasUnfit: true, isFit: false })
    }
    if (real.grant !== null) return
    if (!real.mayHold(now)) return
    real.gives()
    given++
    wasUnfit = false
    // What may be had is not cut in the same moment.
    expect(real.looks(now)).toBe(false)
  }

  for (const [event, waitMs] of events) {
    const until = now + waitMs
    // Silence makes no event: only what is due is looked at.
    for (;;) {
      const dueAt = postureDueAt(real.grant?.posture ?? null)?.getTime() ?? Infinity
      const isLookedAt = real.grant !== null && dueAt <= until
      for (const turn of model.turns(now, isLookedAt ? dueAt : until)) {
        now = turn
        const isFit = model.isFit(now)
        // Nothing that was well goes wrong before it is looked at.
        if (real.grant?.posture?.unfit === null) expect({ now, isFit }).toEqual({ now, isFit: true })
        agree()
      }
      if (!isLookedAt) break
      expect(dueAt).toBeGreaterThanOrEqual(now)
      now = dueAt
      agree()
      look()
      const nextAt = postureDueAt(real.grant?.posture ?? null)?.getTime() ?? Infinity
      expect(nextAt).toBeGreaterThan(now)
    }
    now = until
    model.happens(event, now)
    real.happens(event, now)
    // By another rule another grace holds, and it is looked at in that moment.
    look()
    agree()
  }
  return { cut, given }
}

test('whatever is heard and decided: nobody holds for longer than the grace who is not fit, and who is fit keeps it', () => {
  let [cut, given] = [0, 0]
  fc.assert(
    fc.property(life, (events) => {
      const came = follow(events)
      cut += came.cut
      given += came.given
    }),
    { numRuns: 500 },
  )
  // What never happens is not promised.
  expect(cut).toBeGreaterThan(100)
  expect(given).toBeGreaterThan(cut)
})

test('the model and Curfew know a device by the same values', () => {
  const model = new Model()
  model.happens({ type: 'report', of: 0, ageMs: 0, said: [true, undefined] }, 0)
  expect([model.isFit(19_999), model.isFit(20_000)]).toEqual([true, false])
  expect(aDevice().owner).toEqual(as.counts.owner)
})
