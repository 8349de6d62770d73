import type { Approvers, Condition, Entitlement } from '../domain/catalog.ts'

export interface Rule {
  readonly key: string
  readonly groups: readonly string[]
  /** Null for a list. */
  readonly condition: Condition | null
}

/** Everything of an entitlement that says who, by its key. */
export function rulesOf({ who, onBehalf, auto, review, mode }: Entitlement): Rule[] {
  const asked = onBehalf === null ? [] : [conditionAt('onBehalf', onBehalf)]
  const own = [conditionAt('who', who), ...asked]
  if (mode !== 'approval') return own
  return [
    ...own,
    ...auto.map(({ because, when }) => conditionAt(`auto "${because}"`, when)),
    ...review.stages.flatMap(({ approvers, quiet, otherwise, escalate }, at) => {
      const stage = review.stages.length === 1 ? '' : `stages[${at}].`
      return [
        ...approversAt(`${stage}approvers`, approvers),
        ...approversAt(`${stage}quiet`, quiet),
        ...approversAt(`${stage}otherwise`, otherwise),
        ...approversAt(`${stage}escalate.to`, escalate?.to ?? null),
      ]
    }),
  ]
}

const conditionAt = (key: string, condition: Condition): Rule => ({
  key,
  groups: condition.groups,
  condition,
})

function approversAt(key: string, approvers: Approvers | null): Rule[] {
  if (approvers === null) return []
  const { groups, who } = approvers
  return [{ key, groups, condition: null }, ...(who === null ? [] : [conditionAt(`${key}.who`, who)])]
}

/** Does any of its conditions ask when somebody last confirmed who they are? */
export const asksWhenConfirmed = (entitlement: Entitlement): boolean =>
  rulesOf(entitlement).some(({ condition }) => condition?.mentions.includes('confirmed'))
