import type { DeviceCondition, DeviceRules, DeviceSource, FitRule } from '../domain/devices/rules.ts'
import type { Approvers, AutoRule, Condition, Entitlement, Resource, Stage } from '../domain/catalog.ts'

/** What can be sent between threads of a condition: all but its function, which is made of the source again. */
export type PlainCondition = Omit<Condition, 'evaluate'>

type PlainFitRule = Omit<FitRule, 'when'> & { readonly when: string }

/** The section `devices` as it is sent between threads. */
export interface PlainDevices extends Omit<DeviceRules, 'approve' | 'sources' | 'fit'> {
  readonly approve: string | null
  readonly sources: readonly DeviceSource[]
  readonly fit: readonly PlainFitRule[]
}

export const plainDevices = ({ approve, sources, fit, ...devices }: DeviceRules): PlainDevices => ({
  ...devices,
  approve: approve && approve.source,
  sources: [...sources.values()],
  fit: [...fit.values()].map(plainRule),
})

export const fullDevices = (
  { approve, sources, fit, ...devices }: PlainDevices,
  conditionOf: (source: string) => DeviceCondition,
): DeviceRules => ({
  ...devices,
  approve: approve === null ? null : conditionOf(approve),
  sources: new Map(sources.map((one) => [one.id, one])),
  fit: new Map(fit.map((rule) => [rule.id, { ...rule, when: conditionOf(rule.when) }])),
})

const plainRule = (rule: FitRule): PlainFitRule => ({ ...rule, when: rule.when.source })

/** Entitlements as they are sent between threads. */
export interface PlainResource extends Omit<Resource, 'entitlements'> {
  readonly entitlements: readonly (EntitlementOf<PlainCondition> & { readonly fit: PlainFitRule | null })[]
}

/** What a domain type is when its conditions are `C`. */
interface ApproversOf<C> extends Omit<Approvers, 'who'> {
  readonly who: C | null
}

interface StageOf<C> extends Omit<Stage, 'approvers' | 'quiet' | 'otherwise' | 'escalate'> {
  readonly approvers: ApproversOf<C>
  readonly quiet: ApproversOf<C> | null
  readonly otherwise: ApproversOf<C> | null
  readonly escalate: { readonly afterMs: number; readonly to: ApproversOf<C> } | null
}

interface AutoRuleOf<C> extends Omit<AutoRule, 'when'> {
  readonly when: C
}

interface EntitlementOf<C> extends Omit<Entitlement, 'who' | 'onBehalf' | 'review' | 'auto' | 'device'> {
  readonly who: C
  readonly onBehalf: C | null
  readonly review: { readonly stages: readonly [StageOf<C>, ...StageOf<C>[]]; readonly withinMs: number }
  readonly auto: readonly AutoRuleOf<C>[]
}

export const plainResource = ({ entitlements, ...resource }: Resource): PlainResource => ({
  ...resource,
  entitlements: [...entitlements.values()].map(({ device, ...entitlement }) => ({
    ...convert(entitlement, ({ source, groups, mentions }: Condition): PlainCondition => ({
      source,
      groups,
      mentions,
    })),
    fit: device && plainRule(device),
  })),
})

export const fullResource = (
  { entitlements, ...resource }: PlainResource,
  conditionOf: (plain: PlainCondition) => Condition,
  deviceConditionOf: (source: string) => DeviceCondition,
): Resource => ({
  ...resource,
  entitlements: new Map(
    entitlements.map(({ fit, ...entitlement }) => [
      entitlement.id,
      {
        ...convert(entitlement, conditionOf),
        device: fit && { ...fit, when: deviceConditionOf(fit.when) },
      },
    ]),
  ),
})

function convert<A, B>(entitlement: EntitlementOf<A>, to: (condition: A) => B): EntitlementOf<B> {
  const approvers = (from: ApproversOf<A>): ApproversOf<B> => ({ ...from, who: from.who && to(from.who) })
  const stage = ({ quiet, otherwise, escalate, ...from }: StageOf<A>): StageOf<B> => ({
    ...from,
    approvers: approvers(from.approvers),
    quiet: quiet && approvers(quiet),
    otherwise: otherwise && approvers(otherwise),
    escalate: escalate && { afterMs: escalate.afterMs, to: approvers(escalate.to) },
  })
  const { who, onBehalf, review, auto } = entitlement
  const [first, ...others] = review.stages
  return {
    ...entitlement,
    who: to(who),
    onBehalf: onBehalf && to(onBehalf),
    review: { withinMs: review.withinMs, stages: [stage(first), ...others.map(stage)] },
    auto: auto.map((rule) => ({ ...rule, when: to(rule.when) })),
  }
}
