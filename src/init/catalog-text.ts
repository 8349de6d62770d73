import { stringify } from 'yaml'
import type { Answers, First } from './answers.ts'

/** A text as YAML reads it back, whatever is in it: what JSON writes is YAML too. */
const quoted = (text: string): string => JSON.stringify(text)

/** An id of the catalog, by what people call it. */
export function idOf(name: string): string {
  const id = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  return id === '' || ['help', 'list', 'done'].includes(id) ? 'first' : id
}

/** The connector's own settings: everything that could be secret is a variable. */
function settingsOf(first: First): string[] {
  switch (first.kind) {
    case 'webhook':
      return ['url: ${ACCESS_URL}', 'secret: ${ACCESS_SECRET}']
    case 'postgres':
      return [
        'url: ${ACCESS_URL}',
        ...(first.password === null ? [] : ['password: ${ACCESS_PASSWORD}']),
        '# The role in whose name memberships are given: docs/connectors/postgres.md',
        'owner: curfew_owner',
      ]
    case 'mongodb':
      return ['url: ${ACCESS_URL}']
  }
}

/** What is given, and how it is called. */
function targetOf(first: First): { name: string; target: string } {
  switch (first.kind) {
    case 'webhook':
      return { name: 'Use it', target: '{ access: use }' }
    case 'postgres':
      return { name: lineOf(`Role ${first.role}`), target: `{ role: ${quoted(first.role)} }` }
    case 'mongodb':
      return {
        name: lineOf(`Role ${first.role} on ${first.database}`),
        target: `{ database: ${quoted(first.database)}, role: ${quoted(first.role)} }`,
      }
  }
}

/** What people read is one line of up to 60 characters. */
const lineOf = (text: string): string =>
  text
    .replace(/\p{C}+/gu, ' ')
    .slice(0, 60)
    .trim()

/**
 * A catalog of one system with one thing to ask for. It holds no secret. Those of the first admin's domain may ask, and the
 * admins answer.
 */
export function catalogText({ channel, admins, first }: Answers): string {
  // In quotes where it would be a number, or the like.
  const id = stringify(idOf(first.name)).trim()
  const { name, target } = targetOf(first)
  const people = admins.people.map(quoted).join(', ')
  const isTheirs = `email.endsWith(${quoted(`@${admins.domain}`)})`
  const settings = settingsOf(first).map((line) => `    ${line}`)
  return `# What may be asked for. Every key: docs/catalog.md; whole examples: examples/. After an edit: curfew check
version: 1

defaults:
  channel: ${channel}
  # They may end access at any time, and are told what is wrong.
  admins: [${people}]
  # One of them answers each request. Nobody answers their own.
  approvers: { people: [${people}] }
  duration: { default: 1h, max: 8h }

systems:
  ${id}:
    connector: ${first.kind}
${settings.join('\n')}
    # Who somebody is there, by their verified e-mail; an empty name: nobody.
    principal: ${quoted(`${isTheirs} ? email.split("@")[0] : ""`)}

resources:
  ${id}:
    name: ${quoted(first.name)}
    system: ${id}
    entitlements:
      access:
        name: ${quoted(name)}
        target: ${target}
        # Who may ask.
        who: ${quoted(isTheirs)}
`
}
