import { aGuardedLdap, nobody } from '../connectors/ldap-harness.ts'
import { call } from '../../src/testing.ts'
import { aScim2Server } from '../connectors/scim-harness.ts'

const soon = () => AbortSignal.timeout(5_000)

test('26: what an admin has taken back from a member without a person is gone, or said to be there still (SCIM)', async () => {
  const system = await aScim2Server()
  const connector = system.connect()
  try {
    const { target } = await system.aTarget()
    // A group in the group, or whom the server forgot: whoever is in it has what the group gives.
    const { target: inner } = await system.aTarget()
    await system.asked('PATCH', `/Groups/${String(target['group'])}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'add', path: 'members', value: [{ value: String(inner['group']) }] }],
    })
    const { principals } = await connector.list({ target, after: null, signal: soon() })
    const [principal = ''] = principals
    expect(principals).toHaveLength(1)
    // What "Take it back…" does, and its reading back.
    await connector.take(call(principal, target))
    const has = await connector.has({ principal, target, signal: soon() })
    const after = await connector.list({ target, after: null, signal: soon() })
    expect({ has, isThere: after.principals.includes(principal) }).not.toEqual({ has: false, isThere: true })
  } finally {
    await connector.close()
    await system.stop()
  }
}, 60_000)


test('26b: what an admin has taken back from a member without a person is gone, or said to be there still (LDAP)', async () => {
  const system = await aGuardedLdap('member', 'plain')
  const connector = system.connect()
  try {
    // A service account, that is in no part of the tree where people are.
    const { dn } = await system.aLogin()
    const group = await system.aGroup('groupOfNames', { member: [nobody, dn] })
    const target = { group }
    const { principals } = await connector.list({ target, after: null, signal: soon() })
    const [principal = ''] = principals
    expect(principals).toHaveLength(1)
    const outcome = await connector.take(call(principal, target)).then(
      () => 'taken',
      () => 'refused',
    )
    const has = await connector.has({ principal, target, signal: soon() }).catch(() => 'unsure')
    const after = await connector.list({ target, after: null, signal: soon() })
    expect({ outcome, has, isThere: after.principals.includes(principal) }).not.toEqual({
      outcome: 'taken',
      has: false,
      isThere: true,
    })
  } finally {
    await connector.close()
    await system.stop()
  }
}, 60_000)
