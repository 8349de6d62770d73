import { Duration } from '@marcbachmann/cel-js/evaluator'
import type { Answer, Attributes, Condition } from '../domain/catalog.ts'
import { celEnvironment, compile, type ExpressionFault } from './expression.ts'

/** What a condition may mention, with its CEL type. */
export const CONDITION_VARIABLES = {
  email: 'string',
  groups: 'list<string>',
  guest: 'bool',
  zone: 'string',
  duration: 'google.protobuf.Duration',
  reason: 'string',
  now: 'google.protobuf.Timestamp',
  resource: 'string',
  entitlement: 'string',
} as const

const environment = celEnvironment(CONDITION_VARIABLES)

/**
 * A yes-or-no question about who asks for what.
 *
 * `evaluate` never throws. It answers `unknown` when anything the expression mentions is unknown, even where the rest
 * would decide (`true || "@dba" in groups`), when it names a group that does not exist (renamed, perhaps: `!(… in
 * groups)` must not open by that), and when CEL itself fails. Of whoever has no verified e-mail nothing is true that
 * mentions it: `no`.
 */
export function compileCondition(source: string): Condition | ExpressionFault {
  const expression = compile(environment, source, { result: 'bool', variables: CONDITION_VARIABLES })
  if ('offset' in expression) return expression
  const handles = [...source.matchAll(/["'](@[^"']+)["']/g)].flatMap(([, handle]) => handle ?? [])
  return {
    source,
    evaluate(attributes): Answer {
      const { listedGroups } = attributes
      if (listedGroups && handles.some((handle) => !listedGroups.has(handle))) return 'unknown'
      const values = valuesOf(attributes)
      // Whoever has none is known to have none: neither is, nor is not, of any domain.
      if (attributes.email === null && expression.mentions.has('email')) return 'no'
      for (const name of expression.mentions) if (values[name] === undefined) return 'unknown'
      try {
        const answer = expression.evaluate(values)
        return answer === true ? 'yes' : answer === false ? 'no' : 'unknown'
      } catch {
        return 'unknown'
      }
    },
  }
}

/** Only what is known: e-mails in small letters, groups as a list. */
function valuesOf({
  email,
  groups,
  durationMs,
  guest,
  zone,
  reason,
  now,
  resource,
  entitlement,
}: Attributes) {
  const values: Record<string, unknown> = {
    guest,
    reason,
    now,
    resource,
    entitlement,
    duration: Duration.fromMilliseconds(durationMs),
  }
  if (email !== 'unknown' && email !== null) values['email'] = email.toLowerCase()
  if (groups !== 'unknown') values['groups'] = [...groups]
  if (zone !== '') values['zone'] = zone
  return values
}
