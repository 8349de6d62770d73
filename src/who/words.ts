import { cut } from '../domain/cut.ts'
import type { Entitlement } from '../domain/catalog.ts'
import { plainlyNamed, type PersonFacts, type PersonRef } from '../domain/person.ts'

/** What stands in a terminal, on one line: names are what people choose, and may hold what a terminal obeys. */
export const onOneLine = (text: string): string => text.replace(/\p{C}|\p{Zl}|\p{Zp}/gu, ' ').trim()

export const named = (person: PersonRef): string => onOneLine(plainlyNamed(person))

export const why = (text: string): string => cut(onOneLine(text.replace(/\s+/g, ' ')), 300)

export const keyOf = ({ resource, id }: Entitlement): string => `${resource.id} ${id}`

/** Minutes are enough, and UTC is everybody's. */
export const at = (instant: Date): string => `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** Several on one line, and how many more. */
export function several(names: readonly string[], most = 5): string {
  const more = names.length > most ? ` and ${names.length - most} more` : ''
  return `${names.slice(0, most).join(', ')}${more}`
}

/** As JSON says who somebody is. */
export const asJson = ({ name, email, slack }: PersonRef) => ({
  name,
  email,
  slackUserId: slack.userId,
})

export function slackWords({ isHere, left, isGuest, isExternal }: PersonFacts): string {
  const words = [
    ...(isHere ? [] : [left === undefined ? 'left' : `left, says ${left.source}`]),
    ...(isGuest ? ['guest'] : []),
    ...(isExternal ? ['of another workspace'] : []),
  ]
  return words.length === 0 ? '' : ` (${words.join(', ')})`
}
