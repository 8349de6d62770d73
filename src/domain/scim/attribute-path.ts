import { definitionOf, topDefinitionOf, type Attribute, type ResourceKind } from './schema.ts'

/** Where a value is: an attribute of the core, or of an extension; or all of an extension, where `name` is null. */
export interface AttributePath {
  readonly extension: string | null
  readonly name: string | null
  readonly sub: string | null
  readonly definition: Attribute | null
  readonly subDefinition: Attribute | null
}

const names = /^([a-z$][\w$-]*)(?:\.([a-z$][\w$-]*))?$/i
/** The address of an extension that we do not know, and not of an attribute in it. */
const wholeExtension = /:(?:user|group)$/i

/** Null for what is no path. A name that no schema has is one: unknown attributes are kept. */
export function attributePath(kind: ResourceKind, text: string): AttributePath | null {
  if (!/^urn:/i.test(text)) {
    const owner = extensionNaming(kind, text)
    if (owner !== undefined) return within(owner.id, text, (name) => definitionOf(owner.attributes, name))
    return within(null, text, (name) => topDefinitionOf(kind, name))
  }
  const small = text.toLowerCase()
  const schema = [kind.core, ...kind.extensions].find(({ id }) => isIn(small, id.toLowerCase()))
  if (schema !== undefined) {
    const extension = schema === kind.core ? null : schema.id
    const rest = text.slice(schema.id.length + 1)
    if (rest === '') return extension === null ? null : whole(extension)
    return within(extension, rest, (name) =>
      extension === null ? topDefinitionOf(kind, name) : definitionOf(schema.attributes, name),
    )
  }
  if (wholeExtension.test(text)) return whole(text)
  const end = text.lastIndexOf(':')
  return within(text.slice(0, end), text.slice(end + 1), () => null)
}

/** Microsoft's documents write a manager's path without its schema. */
const extensionNaming = ({ extensions }: ResourceKind, text: string) =>
  /^manager(\.|$)/i.test(text)
    ? extensions.find(({ attributes }) => definitionOf(attributes, 'manager') !== null)
    : undefined

/** Of what is in the elements of a list. */
export function pathInElement(of: Attribute | null, text: string): AttributePath | null {
  const path = within(null, text, (name) => definitionOf(of?.subAttributes ?? [], name))
  return path?.sub === null ? path : null
}

const isIn = (text: string, urn: string): boolean => text === urn || text.startsWith(`${urn}:`)

const whole = (extension: string): AttributePath => ({
  extension,
  name: null,
  sub: null,
  definition: null,
  subDefinition: null,
})

function within(
  extension: string | null,
  text: string,
  find: (name: string) => Attribute | null,
): AttributePath | null {
  const [, name, sub = null] = names.exec(text) ?? []
  if (name === undefined) return null
  const definition = find(name)
  const subDefinition = sub === null ? null : definitionOf(definition?.subAttributes ?? [], sub)
  return {
    extension,
    name: definition?.name ?? name,
    sub: subDefinition?.name ?? sub,
    definition,
    subDefinition,
  }
}
