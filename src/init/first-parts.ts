import { randomBytes } from 'node:crypto'
import * as field from '../catalog/fields.ts'
import { connectorKinds } from '../connectors/registry.ts'
import { firstKinds, type First, type FirstKind } from './answers.ts'
import type { Ask, Part, Read } from './part.ts'

/** What is asked about the first thing to give, by its kind. The connectors themselves say what can be. */

const kind: Part<FirstKind> = {
  by: ['--first'],
  asks: 'Kind: webhook, postgres or mongodb',
  isSecret: false,
  otherwise: null,
  read: (text) => {
    const meant = firstKinds.find((one) => one === text.toLowerCase())
    return meant === undefined
      ? { why: 'It is one of webhook (anything with a small receiver before it), postgres and mongodb.' }
      : { is: meant }
  },
}

const name: Part<string> = {
  by: ['--name'],
  asks: 'What people call it (Enter: Orders database)',
  isSecret: false,
  otherwise: 'Orders database',
  read: (text) => {
    const read = field.line(60).safeParse(text)
    return read.success ? { is: read.data } : { why: `It ${read.error.issues[0]?.message ?? 'cannot be'}.` }
  },
}

/** Why the connector does not take it; null: it does. What is not given yet is no fault of this. */
function fault(of: FirstKind, where: 'settings' | 'target', key: string, value: string): string | null {
  const error = connectorKinds.get(of)?.[where].safeParse({ [key]: value }).error
  return error?.issues.find(({ path }) => path[0] === key)?.message ?? null
}

const askedUrl = {
  webhook: 'Address of its receiver, https://…',
  postgres: 'Address of Curfew’s login, postgres://curfew@host/database',
  mongodb: 'Address with Curfew’s login, mongodb://curfew:password@host/…',
} as const satisfies Record<FirstKind, string>

const url = (of: FirstKind): Part<string> => ({
  by: ['ACCESS_URL'],
  asks: askedUrl[of],
  isSecret: true,
  otherwise: null,
  read: (text) => {
    const wrong = fault(of, 'settings', 'url', text)
    return wrong === null ? { is: text } : { why: `It ${wrong}.` }
  },
})

const password: Part<string> = {
  by: ['ACCESS_PASSWORD'],
  asks: 'Password of that login (Enter: the server asks for none)',
  isSecret: true,
  otherwise: '',
  isVerbatim: true,
  read: (text) => ({ is: text }),
}

const role: Part<string> = {
  by: ['--role'],
  asks: 'Role to give',
  isSecret: false,
  otherwise: null,
  read: (text) => {
    const wrong = fault('postgres', 'target', 'role', text)
    return wrong === null ? { is: text } : { why: `It ${wrong}.` }
  },
}

const roleOnDatabase: Part<{ database: string; role: string }> = {
  by: ['--role'],
  asks: 'Role to give, as database/role (orders/read)',
  isSecret: false,
  otherwise: null,
  read: (text): Read<{ database: string; role: string }> => {
    const [, database = '', given = ''] = /^([^/]*)\/(.+)$/.exec(text) ?? []
    const wrong =
      given === '' ? 'is written as database/role' : fault('mongodb', 'target', 'database', database)
    return wrong === null ? { is: { database, role: given } } : { why: `It ${wrong}.` }
  },
}

/** 32 bytes, as Standard Webhooks write them. */
const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

export async function askFirst(ask: Ask): Promise<First | null> {
  const of = await ask(kind)
  if (of === null) return null
  const [called, address] = [await ask(name), await ask(url(of))]
  switch (of) {
    case 'webhook':
      if (called === null || address === null) return null
      return { kind: of, name: called, url: address, secret: newSecret() }
    case 'postgres': {
      const [secret, given] = [await ask(password), await ask(role)]
      if (called === null || address === null || given === null) return null
      return { kind: of, name: called, url: address, password: secret === '' ? null : secret, role: given }
    }
    case 'mongodb': {
      const given = await ask(roleOnDatabase)
      if (called === null || address === null || given === null) return null
      return { kind: of, name: called, url: address, database: given.database, role: given.role }
    }
  }
}
