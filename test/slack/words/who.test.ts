import { whoWithdrew } from '../../../src/domain/closing.ts'
import { plainlyNamed } from '../../../src/domain/person.ts'
import {
  allNamed,
  approverWords,
  askingText,
  askingWords,
  emailsOf,
  mentionOf,
  named,
  principalWords,
  reviewerWords,
  surely,
  withdrawnVerb,
} from '../../../src/slack/words/who.ts'
import { ada, aPendingGrant, approval, at, kim, riley, sam } from '../../support/builders.ts'
import { aBrokenGlass, aGrantByRule, aHalfApprovedGrant, aWithdrawnGrant, then } from '../../support/lives.ts'

const forRiley = { requester: kim }
const unverified = { ...riley, email: null }

describe('nobody is taken for somebody else who chose the same name', () => {
  test('in a channel the verified e-mail stands beside the name, and nobody is notified', () =>
    expect(named(riley)).toBe('Riley (riley@acme.example)'))
  test('where none is verified, that is said with the Slack id', () =>
    expect(named(unverified)).toBe('Riley (URILEY, no verified e-mail)'))
  test('a name that looks like an e-mail is not shown', () =>
    expect(named({ ...riley, name: 'ada@acme.example' })).toBe('riley@acme.example'))
  test.each(['ada＠acme.example', 'ada﹫acme.example'])('nor one that looks so to the eye: %s', (name) =>
    expect(named({ ...riley, name })).toBe('riley@acme.example'),
  )
  test('a name that turns writing around, or goes on in another line, leaves the e-mail beside it as it is', () => {
    const name = 'Kim\u202e\u2066 of\r\nSales\u2028\u200f'
    expect(named({ ...riley, name })).toBe('Kim of Sales (riley@acme.example)')
    expect(plainlyNamed({ ...riley, name })).toBe('Kim of Sales (riley@acme.example)')
  })
  test('a name mentions nobody and formats nothing', () =>
    expect(named({ ...riley, name: '<!here> *x*' })).toBe(
      '&lt;!here&gt; \u200b*\u200bx\u200b*\u200b (riley@acme.example)',
    ))
  test('in a DM of somebody else the mention stands beside the e-mail', () => {
    expect(surely(riley)).toBe('<@URILEY> (riley@acme.example)')
    expect(surely(unverified)).toBe('<@URILEY> (no verified e-mail)')
  })
  test('where they are a mention notifies them', () => expect(mentionOf(riley)).toBe('<@URILEY>'))
})

describe('who asks, and for whom', () => {
  test('for themselves', () => {
    expect(askingWords(aPendingGrant())).toBe('<@URILEY> asks for')
    expect(askingText(aPendingGrant())).toBe('Riley (riley@acme.example) asks for')
    expect(emailsOf(aPendingGrant())).toBe('riley@acme.example')
  })
  test('for somebody else', () => {
    const grant = aPendingGrant(forRiley)
    expect(askingWords(grant)).toBe('<@UKIM> asks, for <@URILEY>, for')
    expect(askingText(grant)).toBe('Kim (kim@acme.example) asks, for Riley (riley@acme.example), for')
    expect(emailsOf(grant)).toBe('riley@acme.example, asked for by kim@acme.example')
  })
  test('the same human under a second id asks for themselves', () =>
    expect(askingWords(aPendingGrant({ requester: { ...riley, id: 'p-other' } }))).toBe('<@URILEY> asks for'))
})

describe('who took it back', () => {
  test('whoever asked withdraws', () => {
    expect(whoWithdrew(aWithdrawnGrant())).toEqual(riley)
    expect(withdrawnVerb(aWithdrawnGrant())).toBe('Withdrawn')
    expect(withdrawnVerb(aWithdrawnGrant(forRiley, { by: kim }))).toBe('Withdrawn')
  })
  test('of what was withdrawn before that was noted, whom the history names', () => {
    const before = { ...aWithdrawnGrant(forRiley), withdrawnBy: null }
    expect(whoWithdrew(before)).toEqual(riley)
    expect(withdrawnVerb(before)).toBe('Declined')
  })
  test('whom it was for declines', () => {
    expect(whoWithdrew(aWithdrawnGrant(forRiley))).toEqual(riley)
    expect(withdrawnVerb(aWithdrawnGrant(forRiley))).toBe('Declined')
  })
})

describe('who said yes', () => {
  const by = (grant: Parameters<typeof approverWords>[0]) => approverWords(grant, ({ name }) => name)
  test('the last of several', () => {
    expect(by(aHalfApprovedGrant())).toBe('Ada')
    expect(by(then(aHalfApprovedGrant(), approval(sam, 7_200_000, 2), at(80)))).toBe('Sam')
  })
  test('a rule, by its words', () => expect(by(aGrantByRule())).toBe('the rule "On call this week"'))
  test('whoever did so ahead is said to have', () => {
    const ahead = { ...approval(ada), ahead: { preApprovalId: 'pa1', mostMs: 7_200_000 } }
    expect(by(then(aPendingGrant(), ahead, at(10)))).toBe('Ada ahead')
  })
  test('nobody, where nobody was asked', () => {
    expect(by(aPendingGrant())).toBe('')
    expect(by(aBrokenGlass())).toBe('')
  })
  test('"An approver", where it was not written down', () => {
    expect(reviewerWords(ada, named)).toBe('Ada (ada@acme.example)')
    expect(reviewerWords(undefined, named)).toBe('An approver')
    expect(reviewerWords(null, named)).toBe('An approver')
  })
})

test('several are joined by "and"', () =>
  expect(allNamed([kim, sam], named)).toBe('Kim (kim@acme.example) and Sam (sam@acme.example)'))

test('who somebody is on a system formats nothing', () =>
  expect(principalWords('riley', 'orders_cluster')).toBe('as riley on orders\u200b_\u200bcluster'))
