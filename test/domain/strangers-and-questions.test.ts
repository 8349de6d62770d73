import type { PersonFacts, Provisioned } from '../../src/domain/person.ts'
import { everyEntitlement, type Entitlement } from '../../src/domain/catalog.ts'
import { mayAskForOthers, mayHold } from '../../src/domain/policy.ts'
import { isAnyAdmin } from '../../src/operations/admins.ts'
import { read } from '../catalog/reading.ts'
import { ada, at } from '../support/builders.ts'

const catalog = read(`version: 1
defaults: { channel: C0123ACCESS, approvers: { groups: [dba] } }
systems:
  cluster: { connector: demo, url: "demo://orders", principal: email }
resources:
  orders-db:
    name: Orders database
    system: cluster
    entitlements:
      read:
        name: Read
        admins: [ada@acme.example]
        who: '"dba" in groups'
        onBehalf: email.endsWith("@acme.example")
        target: { database: orders, role: read }
`)

const entitlement = (): Entitlement => {
  const [first] = everyEntitlement(catalog)
  if (first === undefined) throw new Error('the catalog is empty')
  return first
}

const asking = { durationMs: 60_000, reason: 'orders are stuck' }

const of = (more: Partial<Provisioned>): PersonFacts => ({
  person: ada,
  isHere: true,
  isGuest: false,
  isExternal: false,
  isEmailRead: true,
  zone: 'UTC',
  groups: new Set(),
  provisioned: {
    users: [],
    groups: new Set(),
    leftLately: new Set(),
    listed: new Set(['dba']),
    managerUserId: null,
    accounts: [],
    isInQuestion: false,
    isStranger: false,
    ...more,
  },
})

// Somebody of another workspace may not either.
test('a stranger, whom no source knows where one must, asks for nobody else', () => {
  expect(mayAskForOthers(of({}), entitlement(), asking, at(0))).toBe(true)
  expect(mayAskForOthers(of({ isStranger: true }), entitlement(), asking, at(0))).toBe(false)
})

// They can "hold nothing and answer nothing".
test('a stranger is nobody’s admin, whatever list they are on', () => {
  expect(isAnyAdmin(catalog, of({}))).toBe(true)
  expect(isAnyAdmin(catalog, of({ isStranger: true }))).toBe(false)
})

// Any source that writes two records with somebody's address keeps them what they lost elsewhere, until an admin comes.
test('a question about somebody keeps them nothing that the rules refuse, whoever they are', () => {
  expect(mayHold(of({}), entitlement(), asking, at(0)).answer).toBe('no')
  expect(mayHold(of({ isInQuestion: true }), entitlement(), asking, at(0)).answer).toBe('no')
})
