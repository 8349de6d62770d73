/** A definition as RFC 7643, 7 has it: also what `/Schemas` answers. */
export interface Attribute {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'complex' | 'reference' | 'dateTime' | 'binary'
  readonly multiValued: boolean
  readonly description: string
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: 'readWrite' | 'readOnly' | 'writeOnly' | 'immutable'
  readonly returned: 'default' | 'always' | 'never'
  readonly uniqueness: 'none' | 'server'
  readonly subAttributes?: readonly Attribute[]
  readonly referenceTypes?: readonly string[]
}

export interface Schema {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly attributes: readonly Attribute[]
}

export interface ResourceKind {
  readonly name: 'User' | 'Group'
  readonly path: 'Users' | 'Groups'
  readonly core: Schema
  readonly extensions: readonly Schema[]
}

type Details = Partial<Omit<Attribute, 'name' | 'description'>>

const attribute = (name: string, description: string, details: Details = {}): Attribute => ({
  name,
  type: 'string',
  multiValued: false,
  description,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...details,
})

const reference = (
  name: string,
  description: string,
  referenceTypes: readonly string[],
  more: Details = {},
) => attribute(name, description, { type: 'reference', caseExact: true, referenceTypes, ...more })

/** A list of values, each with what it is for; one of them may be the primary one. */
const several = (name: string, description: string, value: Details = {}): Attribute =>
  attribute(name, description, {
    type: 'complex',
    multiValued: true,
    subAttributes: [
      attribute('value', 'The value itself.', value),
      attribute('display', 'A name of it, for people.'),
      attribute('type', 'What it is for.'),
      attribute('primary', 'Whether it is the preferred one.', { type: 'boolean' }),
    ],
  })

const addresses = attribute('addresses', 'Postal addresses.', {
  type: 'complex',
  multiValued: true,
  subAttributes: [
    ...['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country', 'type'].map((name) =>
      attribute(name, 'A part of the address.'),
    ),
    attribute('primary', 'Whether it is the preferred one.', { type: 'boolean' }),
  ],
})

const user: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'User Account',
  attributes: [
    attribute('userName', 'By which the provider knows the user. Unique in a source, whatever its case.', {
      required: true,
      uniqueness: 'server',
    }),
    attribute('name', 'The parts of the name.', {
      type: 'complex',
      subAttributes: [
        'formatted',
        'familyName',
        'givenName',
        'middleName',
        'honorificPrefix',
        'honorificSuffix',
      ].map((name) => attribute(name, 'A part of the name.')),
    }),
    attribute('displayName', 'What people call the user.'),
    attribute('nickName', 'What friends call the user.'),
    reference('profileUrl', 'A page about the user.', ['external']),
    ...['title', 'userType', 'preferredLanguage', 'locale', 'timezone'].map((name) =>
      attribute(name, 'Kept, and given back.'),
    ),
    attribute('active', 'Whether the user may hold anything.', { type: 'boolean' }),
    attribute('password', 'Accepted, and not kept.', { mutability: 'writeOnly', returned: 'never' }),
    several('emails', 'E-mail addresses. By one of them the person in Slack is found.'),
    several('phoneNumbers', 'Telephone numbers.'),
    several('ims', 'Addresses for instant messages.'),
    several('photos', 'Pictures.', { type: 'reference', caseExact: true, referenceTypes: ['external'] }),
    addresses,
    attribute('groups', 'The groups of which the user is a member.', {
      type: 'complex',
      multiValued: true,
      mutability: 'readOnly',
      subAttributes: [
        attribute('value', 'The id of the group.', { mutability: 'readOnly', caseExact: true }),
        reference('$ref', 'The address of the group.', ['Group'], { mutability: 'readOnly' }),
        attribute('display', 'The name of the group.', { mutability: 'readOnly' }),
        attribute('type', 'direct: groups are in no groups here.', { mutability: 'readOnly' }),
      ],
    }),
    several('entitlements', 'Kept, and given back; they give nothing here.'),
    several('roles', 'Kept, and given back; they give nothing here.'),
    several('x509Certificates', 'Certificates.', { type: 'binary', caseExact: true }),
  ],
}

const enterprise: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'Enterprise User',
  attributes: [
    ...['employeeNumber', 'costCenter', 'organization', 'division', 'department'].map((name) =>
      attribute(name, 'Kept, and given back.'),
    ),
    attribute('manager', 'The manager, who may be asked to approve.', {
      type: 'complex',
      subAttributes: [
        attribute('value', 'The id of the manager.', { caseExact: true }),
        reference('$ref', 'The address of the manager.', ['User']),
        attribute('displayName', 'The name of the manager.'),
      ],
    }),
  ],
}

const group: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'Group',
  attributes: [
    attribute('displayName', 'By which the catalog names the group. Unique in a source, whatever its case.', {
      required: true,
      uniqueness: 'server',
    }),
    attribute('members', 'Users. A group is no member.', {
      type: 'complex',
      multiValued: true,
      subAttributes: [
        attribute('value', 'The id of the user.', { mutability: 'immutable', caseExact: true }),
        reference('$ref', 'The address of the user.', ['User'], { mutability: 'immutable' }),
        attribute('type', 'User.', { mutability: 'immutable' }),
      ],
    }),
  ],
}

export const users: ResourceKind = { name: 'User', path: 'Users', core: user, extensions: [enterprise] }
export const groups: ResourceKind = { name: 'Group', path: 'Groups', core: group, extensions: [] }
export const enterpriseUser = enterprise.id

/** What every resource has (RFC 7643, 3.1): in no schema of its own. */
export const common: readonly Attribute[] = [
  attribute('id', 'Given here.', { caseExact: true, mutability: 'readOnly', returned: 'always' }),
  attribute('externalId', 'Given by the provider.', { caseExact: true }),
  attribute('schemas', 'What is in the resource.', {
    multiValued: true,
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
  }),
  attribute('meta', 'About the resource itself.', {
    type: 'complex',
    mutability: 'readOnly',
    subAttributes: [
      attribute('resourceType', 'User or Group.', { caseExact: true, mutability: 'readOnly' }),
      attribute('created', 'When it was made.', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('lastModified', 'When it last changed.', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('location', 'Its address.', { type: 'reference', caseExact: true, mutability: 'readOnly' }),
      attribute('version', 'Its ETag.', { caseExact: true, mutability: 'readOnly' }),
    ],
  }),
]

const byName = new WeakMap<readonly Attribute[], ReadonlyMap<string, Attribute>>()

/** Names are compared without case. */
export function definitionOf(among: readonly Attribute[], name: string): Attribute | null {
  const known = byName.get(among) ?? new Map(among.map((one) => [one.name.toLowerCase(), one]))
  byName.set(among, known)
  return known.get(name.toLowerCase()) ?? null
}

export const topDefinitionOf = (kind: ResourceKind, name: string): Attribute | null =>
  definitionOf(kind.core.attributes, name) ?? definitionOf(common, name)

export const extensionOf = (kind: ResourceKind, urn: string): Schema | null =>
  kind.extensions.find(({ id }) => id.toLowerCase() === urn.toLowerCase()) ?? null
