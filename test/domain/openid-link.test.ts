import type { OpenIdIdentity } from '../../src/domain/confirming/openid-answer.ts'
import { judgeLink, type Linkable } from '../../src/domain/confirming/openid-link.ts'

const issuer = 'https://idp.acme.example'
const account = (about: Partial<OpenIdIdentity> = {}): OpenIdIdentity => ({
  issuer,
  subject: 'riley-1',
  email: 'riley@acme.example',
  externalIds: ['riley-1'],
  ...about,
})
const riley: Linkable = {
  id: 'p-riley',
  emails: ['riley@contractor.example', 'Riley@acme.example'],
  externalIds: ['riley-1'],
}
const nothing = { subjectOfPerson: null, personOfSubject: null }
const new_ = (by: 'email' | 'externalId') => ({
  is: 'new',
  link: { personId: 'p-riley', issuer, subject: 'riley-1', by },
})
const refused = (why: string) => ({ is: 'refused', why })

test('an account is linked the first time by its verified e-mail, whichever of theirs it is, in capitals or not', () => {
  expect(judgeLink(account(), riley, { known: nothing, by: 'email' })).toEqual(new_('email'))
  expect(judgeLink(account({ email: 'RILEY@ACME.example' }), riley, { known: nothing, by: 'email' })).toEqual(
    new_('email'),
  )
})

test('or by what SCIM calls it, where the catalog says so; then an e-mail links nothing', () => {
  const by = 'externalId'
  expect(judgeLink(account({ email: null }), riley, { known: nothing, by })).toEqual(new_(by))
  expect(judgeLink(account({ externalIds: ['riley-2'] }), riley, { known: nothing, by })).toEqual(
    refused('not-theirs'),
  )
  expect(judgeLink(account({ externalIds: [] }), riley, { known: nothing, by })).toEqual(
    refused('nothing-to-compare'),
  )
})

test('nobody is linked by an e-mail that is not verified, is another’s, or only looks like theirs', () => {
  const judged = (email: string | null) =>
    judgeLink(account({ email }), riley, { known: nothing, by: 'email' })
  expect(judged(null)).toEqual(refused('nothing-to-compare'))
  expect(judged('ada@acme.example')).toEqual(refused('not-theirs'))
  // The Kelvin sign, which becomes a k in small letters.
  const kim = { id: 'p-kim', emails: ['kim@acme.example'], externalIds: [] }
  const known = nothing
  expect(judgeLink(account({ email: '\u212Aim@acme.example' }), kim, { known, by: 'email' })).toEqual(
    refused('not-theirs'),
  )
})

test('who is linked is known by the subject alone, whatever became of their e-mail', () => {
  const known = { subjectOfPerson: 'riley-1', personOfSubject: 'p-riley' }
  expect(judgeLink(account({ email: null, externalIds: [] }), riley, { known, by: 'email' })).toEqual({
    is: 'theirs',
  })
})

test('an account of somebody else confirms nobody, also where its e-mail was rewritten to be theirs', () => {
  const known = { subjectOfPerson: null, personOfSubject: 'p-mallory' }
  expect(judgeLink(account(), riley, { known, by: 'email' })).toEqual(refused('another-person'))
  const both = { subjectOfPerson: 'riley-9', personOfSubject: 'p-mallory' }
  expect(judgeLink(account(), riley, { known: both, by: 'email' })).toEqual(refused('another-person'))
})

test('a second account of one provider is never linked silently, however much it is theirs', () => {
  const known = { subjectOfPerson: 'riley-9', personOfSubject: null }
  expect(judgeLink(account(), riley, { known, by: 'email' })).toEqual(refused('link-differs'))
})
