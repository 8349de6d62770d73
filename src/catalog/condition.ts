import { Duration } from '@marcbachmann/cel-js/evaluator'
import type { Answer, Attributes, Condition } from '../domain/catalog.ts'
import { celEnvironment, compile } from './expression.ts'
import type { ExpressionFault } from './expression-fault.ts'
import { bareGroup, namedGroups } from './named-groups.ts'

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
 * `evaluate` never throws. Of whoever has no verified e-mail, no condition on it is true. It answers `unknown` when anything the expression mentions is unknown, even where the rest
 * would decide (`true || "@dba" in groups`), when it names a group that does not exist (renamed, perhaps: `!(… in
 * groups)` must not open by that), and when CEL itself fails.
 */
export function compileCondition(source: string): Condition | ExpressionFault {
  const expression = compile(environment, source, { result: 'bool', variables: CONDITION_VARIABLES })
  if ('offset' in expression) return expression
  const bare = bareGroup(expression.ast)
  if (bare) {
    const message = `"${bare.text}" is not the handle of a Slack user group, such as "@dba"`
    return { message, offset: bare.offset }
  }
  const groups = namedGroups(expression.ast)
  return {
    source,
    groups,
    mentions: [...expression.mentions],
    evaluate(attributes): Answer {
      const { listedGroups } = attributes
      if (listedGroups && groups.some((group) => !listedGroups.has(group))) return 'unknown'
      // Whoever has no verified e-mail meets no rule on one, nor the opposite of one.
      if (attributes.email === null && expression.mentions.has('email')) return 'no'
      const values = valuesOf(attributes)
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
