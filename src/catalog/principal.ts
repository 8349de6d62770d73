import type { Attributes, PrincipalRule } from '../domain/catalog.ts'
import { seenDevice, withDevice } from './device-type.ts'
import { celEnvironment, compile } from './expression.ts'
import type { ExpressionFault } from './expression-fault.ts'

/** Only what the directory verified: nothing that people edit in their own profile; and what a device is known by. */
export const PRINCIPAL_VARIABLES = { email: 'string', device: 'Device' } as const

const MAX_PRINCIPAL_LENGTH = 200
const environment = withDevice(celEnvironment({ email: 'string' }))

/** Somebody's name on a system, made from their verified e-mail, or of the device that it is for. `resolve` never throws. */
export function compilePrincipal(source: string, system: string): PrincipalRule | ExpressionFault {
  const expression = compile(environment, source, {
    result: 'string',
    orUnchecked: true,
    variables: PRINCIPAL_VARIABLES,
  })
  if ('offset' in expression) return expression
  const isOfDevice = expression.mentions.has('device')
  const isOfEmail = expression.mentions.has('email')
  if (!isOfEmail && !isOfDevice)
    return { message: 'must mention email, or device: else everybody is one and the same', offset: 0 }
  return {
    source,
    isOfDevice,
    resolve({ email, device }) {
      if (isOfEmail && (email === 'unknown' || email === null))
        return { unresolved: 'has no verified e-mail' }
      if (isOfDevice && device === undefined) return { unresolved: 'it is to be said on which device' }
      const values = {
        ...(email === 'unknown' || email === null ? {} : { email: email.toLowerCase() }),
        ...(device === undefined ? {} : { device: seenDevice(device) }),
      }
      try {
        const name = expression.evaluate(values)
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
    isOfDevice: false,
    source: names.size === 1 ? 'a map of 1 person' : `a map of ${names.size} people`,
    resolve(attributes: Pick<Attributes, 'email' | 'slackUserId'>) {
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
