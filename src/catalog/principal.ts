import type { Attributes, PrincipalRule } from '../domain/catalog.ts'
import { celEnvironment, compile } from './expression.ts'
import type { ExpressionFault } from './expression-fault.ts'

/** Only what the directory verified: nothing that people edit in their own profile. */
export const PRINCIPAL_VARIABLES = { email: 'string' } as const

const MAX_PRINCIPAL_LENGTH = 200
const environment = celEnvironment(PRINCIPAL_VARIABLES)

/** Somebody's name on a system, made from their verified e-mail. `resolve` never throws. */
export function compilePrincipal(source: string, system: string): PrincipalRule | ExpressionFault {
  const expression = compile(environment, source, { result: 'string', variables: PRINCIPAL_VARIABLES })
  if ('offset' in expression) return expression
  if (!expression.mentions.has('email'))
    return { message: 'must mention email: else everybody is one and the same', offset: 0 }
  return {
    source,
    resolve({ email }) {
      if (email === 'unknown' || email === null) return { unresolved: 'has no verified e-mail' }
      try {
        const name = expression.evaluate({ email: email.toLowerCase() })
        if (isPrincipal(name)) return { principal: name }
        return { unresolved: `gets no usable name on ${system} from ${source}` }
      } catch {
        return { unresolved: `gets no name on ${system} from ${source}` }
      }
    },
  }
}

/** Names on a system by e-mail (small letters) or Slack user id. */
export function principalMap(names: ReadonlyMap<string, string>, system: string): PrincipalRule {
  return {
    source: names.size === 1 ? 'a map of 1 person' : `a map of ${names.size} people`,
    resolve(attributes: Attributes) {
      const { email, slackUserId } = attributes
      const byEmail = email === 'unknown' || email === null ? undefined : names.get(email.toLowerCase())
      const bySlackId = names.get(slackUserId)
      if (byEmail !== undefined && bySlackId !== undefined && byEmail !== bySlackId)
        return { unresolved: `has two names in the map of ${system}` }
      const principal = byEmail ?? bySlackId
      return principal === undefined ? { unresolved: `is not in the map of ${system}` } : { principal }
    },
  }
}

/** Between 1 and 200 characters, none of them invisible, no space around. */
export const isPrincipal = (name: unknown): name is string =>
  typeof name === 'string' &&
  name.length > 0 &&
  name.length <= MAX_PRINCIPAL_LENGTH &&
  name === name.trim() &&
  !/\p{C}/u.test(name)
