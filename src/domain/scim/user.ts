import { emailKey } from '../email.ts'
import { isComplex, isList, valueIn, type Complex, type Json } from './json.ts'
import { enterpriseUser } from './schema.ts'
import { invalidValue } from './scim-error.ts'

/** A User as it is kept, and what of it counts here. */
export interface User {
  readonly attributes: Complex
  readonly userName: string
  /** What people call them. */
  readonly name: string
  /** In small letters. */
  readonly email: string | null
  readonly isActive: boolean
  /** Id of another User, as it was given. */
  readonly manager: string | null
  readonly externalId: string | null
}

export interface Group {
  readonly attributes: Complex
  readonly displayName: string
  readonly externalId: string | null
}

/** Throws `ScimError` where the userName is missing. Who does not say whether they are active is. */
export function userOf(given: Complex): User {
  const userName = text(given['userName'])
  if (userName === null || userName.trim() === '') throw invalidValue('A user has a userName.')
  const attributes = given['active'] === undefined ? { ...given, active: true } : given
  const enterprise = attributes[enterpriseUser]
  const manager = isComplex(enterprise) ? enterprise['manager'] : undefined
  return {
    attributes,
    userName,
    name: nameOf(attributes) ?? userName,
    email: emailOf(attributes, userName),
    isActive: attributes['active'] === true,
    manager: filled(isComplex(manager) ? manager['value'] : undefined),
    externalId: filled(attributes['externalId']),
  }
}

export function groupOf(attributes: Complex): Group {
  const displayName = text(attributes['displayName'])
  if (displayName === null || displayName.trim() === '') throw invalidValue('A group has a displayName.')
  return { attributes, displayName, externalId: filled(attributes['externalId']) }
}

function nameOf(attributes: Complex): string | null {
  const name = attributes['name']
  const parts = isComplex(name) ? [filled(name['givenName']), filled(name['familyName'])] : []
  const both = parts.filter((part) => part !== null).join(' ')
  return (
    filled(attributes['displayName']) ?? (isComplex(name) ? filled(name['formatted']) : null) ?? filled(both)
  )
}

const address = /^[^\s@]+@[^\s@]+$/

function emailOf(attributes: Complex, userName: string): string | null {
  const emails = attributes['emails']
  const given = (isList(emails) ? emails.filter(isComplex) : []).filter(
    (one) => filled(one['value']) !== null,
  )
  const chosen =
    given.find((one) => one['primary'] === true) ??
    given.find((one) => text(valueIn(one, 'type'))?.toLowerCase() === 'work') ??
    given[0]
  const email = (chosen === undefined ? userName : (text(chosen['value']) ?? '')).trim()
  return address.test(email) ? emailKey(email) : null
}

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null)

const filled = (value: Json | undefined): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value : null
