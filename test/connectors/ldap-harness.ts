import { AndFilter, Attribute, Change, Client, EqualityFilter } from 'ldapts'
import { randomBytes } from 'node:crypto'
import { ldap } from '../../src/connectors/ldap/ldap.ts'
import type { Connector, Target } from '../../src/domain/connector.ts'
import { startSlapd, suffix, type Slapd } from '../support/slapd.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

export type How = 'plain' | 'startTls' | 'ldaps'
export type Members = 'member' | 'uniqueMember' | 'memberUid'

export interface LdapHarness extends Harness {
  readonly server: Slapd
  vanish(principal: string): Promise<void>
  /** May do everything. */
  readonly admin: Client
  /** Connects with other settings than the usual; `undefined` leaves one out. */
  connectWith(settings: object, timeoutMs?: number, hide?: (secret: string) => void): Connector
  /** A new login, which may do nothing; resolves to how it signs in. */
  aLogin(): Promise<{ dn: string; password: string }>
  /** Adds rights above all others, as `olcAccess` writes them. */
  grant(access: string): Promise<void>
  /** A group of that class, with these members and no other; its name begins as told. */
  aGroup(objectClass: string, members?: Record<string, string[]>, name?: string): Promise<string>
  dnOf(principal: string): string
}

const timeoutMs = 2_500
const loginSecret = "curfew:only@s'ecret"
export const login = `cn=curfew,${suffix}`
export const people = `ou=people,${suffix}`
export const groups = `ou=groups,${suffix}`
export const nobody = `cn=nobody,${suffix}`

const classes = {
  member: 'groupOfNames',
  uniqueMember: 'groupOfUniqueNames',
  memberUid: 'posixGroup',
} as const

/** As the page tells to grant, once for all groups. */
export const leastRights = [
  'to attrs=userPassword by anonymous auth by * none',
  `to dn.subtree="${people}" attrs=entry,uid by dn.exact="${login}" read by * break`,
  `to dn.subtree="${groups}" attrs=entry,objectClass by dn.exact="${login}" read by * break`,
  `to dn.subtree="${groups}" attrs=member,uniqueMember,memberUid by dn.exact="${login}" write by * break`,
]

export const escaped = (text: string) => text.replace(/[",+;<>\\=#]/g, (one) => `\\${one}`)

/** A real OpenLDAP, on which Curfew's login has the rights that the docs tell to grant, and no other. */
export async function aGuardedLdap(
  members: Members = 'member',
  how: How = 'plain',
  options: Partial<Parameters<typeof startSlapd>[0]> = {},
): Promise<LdapHarness> {
  const server = await startSlapd({ access: leastRights, ...options })
  const admin = new Client({ url: `ldap://127.0.0.1:${server.port}` })
  await admin.bind(server.root.dn, server.root.password)
  const config = new Client({ url: `ldap://127.0.0.1:${server.port}` })
  await config.bind(server.config.dn, server.config.password)
  await admin.add(suffix, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' })
  for (const name of ['people', 'groups', 'former'])
    await admin.add(`ou=${name},${suffix}`, { objectClass: 'organizationalUnit', ou: name })
  const account = (cn: string, userPassword: string) => ({
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn,
    userPassword,
  })
  await admin.add(login, account('curfew', loginSecret))

  const isLdaps = how === 'ldaps'
  const own = isLdaps ? server.tlsPort : server.port
  const url = (port = own) => `${isLdaps ? 'ldaps' : 'ldap'}://127.0.0.1:${port}`
  const usual = {
    url: url(),
    bind: { dn: login, password: loginSecret },
    people: { base: people, attribute: 'uid' },
    ...(how === 'plain' ? {} : { ca: server.ca }),
    ...(how === 'startTls' ? { tls: 'startTls' } : {}),
    ...(members === 'memberUid' ? {} : { placeholder: nobody }),
  }
  const connect = (settings: object, ms = timeoutMs, hide: (secret: string) => void = () => undefined) => {
    const written = Object.entries<unknown>({ ...usual, ...settings }).filter(
      ([, value]) => value !== undefined,
    )
    return ldap.connect(ldap.settings.parse(Object.fromEntries(written)), { ...surroundings(ms), hide })
  }
  const dnOf = (principal: string) => `uid=${escaped(principal)},${people}`
  const valueOf = (principal: string) => (members === 'memberUid' ? principal : dnOf(principal))
  const person = (uid: string) => ({ objectClass: 'inetOrgPerson', uid, cn: uid, sn: 'x' })
  // Whoever sees nobody at all is told to lack a right.
  await admin.add(dnOf('grace'), person('grace'))
  let groupNumber = 1_000

  const aGroup = async (objectClass: string, values: Record<string, string[]> = {}, name = 'readers') => {
    // Its name needs an escape, which the server writes in another way.
    const cn = `${name}, ${randomBytes(4).toString('hex')}`
    const dn = `cn=${escaped(cn)},${groups}`
    const number: Record<string, string> =
      objectClass === 'posixGroup' ? { gidNumber: String(groupNumber++) } : {}
    await admin.add(dn, { objectClass, cn, ...number, ...values })
    return dn
  }
  const aPlaceOf = (objectClass: string) =>
    aGroup(objectClass, members === 'memberUid' ? {} : { [members]: [nobody] })
  const aLogin = async () => {
    const cn = `weak-${randomBytes(4).toString('hex')}`
    const password = loginSecret
    await admin.add(`cn=${cn},${suffix}`, account(cn, password))
    return { dn: `cn=${cn},${suffix}`, password }
  }
  const grant = async (access: string) => {
    const modification = new Attribute({ type: 'olcAccess', values: [access] })
    await config.modify(server.config.database, new Change({ operation: 'add', modification }))
  }

  return {
    server,
    admin,
    port: own,
    dnOf,
    aLogin,
    aGroup,
    grant,
    secrets: [loginSecret, 'wrong-secret'],
    connect: () => connect({}),
    connectWith: connect,
    connectBy: (port) => connect({ url: url(port) }),
    connectUnreachable: () => connect({ url: url(1) }, 300),
    connectWithBadCredentials: () => connect({ bind: { dn: login, password: 'wrong-secret' } }),

    async aPrincipal(name = `ada-${randomBytes(4).toString('hex')}@example.com`) {
      // The name of a member of posixGroup is ASCII.
      const uid = members === 'memberUid' ? name.replace(/[^\x20-\x7e]+/g, 'x') : name
      await admin.add(dnOf(uid), person(uid))
      return uid
    },
    async fill({ group }: Target, count) {
      const prefix = randomBytes(4).toString('hex')
      const uids = Array.from({ length: count }, (_, i) => `member ${prefix} ${i}`)
      for (let from = 0; from < count; from += 500)
        await Promise.all(uids.slice(from, from + 500).map((uid) => admin.add(dnOf(uid), person(uid))))
      const modification = new Attribute({ type: members, values: uids.map(valueOf) })
      await admin.modify(String(group), new Change({ operation: 'add', modification }))
    },
    async vanish(principal) {
      await admin.del(dnOf(principal))
    },
    async aTarget() {
      const group = await aPlaceOf(classes[members])
      const sameTarget = {
        group: group.replace('cn=readers\\,', 'CN = Readers\\2C ').replace(',ou=', ' , OU='),
      }
      return { target: { group }, sameTarget }
    },
    async vanishTarget({ group }) {
      await admin.del(String(group))
    },
    lacking: async () => {
      const group = await aPlaceOf(classes[members])
      const sees = await aLogin()
      await grant(`{0}to dn.subtree="${people}" attrs=entry,uid by dn.exact="${sees.dn}" read by * break`)
      const reads = await aLogin()
      for (const rule of [
        `{0}to dn.subtree="${people}" attrs=entry,uid by dn.exact="${reads.dn}" read by * break`,
        `{0}to dn.subtree="${groups}" by dn.exact="${reads.dn}" read by * break`,
      ])
        await grant(rule)
      const changes = await aLogin()
      // The one that is added last comes first, and the first that fits decides.
      for (const rule of [
        `{0}to dn.subtree="${groups}" by dn.exact="${changes.dn}" read by * break`,
        `{0}to dn.subtree="${groups}" attrs=${members} by dn.exact="${changes.dn}" write by * break`,
      ])
        await grant(rule)
      return [
        {
          connector: connect({ bind: sees }),
          target: { group },
          what: /^the group cn=readers.* does not exist, or Curfew's login may not see it$/,
          remedy: /^\{0\}to dn\.base="cn=readers\\, .*" attrs=entry,objectClass by dn\.exact=".*" read/,
        },
        {
          connector: connect({ bind: reads }),
          target: { group },
          what: new RegExp(`^Curfew's login may not change ${members} of the group cn=readers`),
          remedy: new RegExp(`^\\{0\\}to dn\\.base="cn=readers.*" attrs=${members} by dn.exact=".*" write`),
        },
        {
          connector: connect({ bind: changes }),
          target: { group },
          what: /^Curfew's login sees nobody below ou=people,dc=example,dc=com who has uid$/,
          remedy: /^\{0\}to dn\.subtree="ou=people,dc=example,dc=com" attrs=entry,uid by .* read/,
        },
      ]
    },
    /** Asked of the server by root, in one filter. */
    async reallyHolds(principal, { group }) {
      const filters = [
        new EqualityFilter({ attribute: 'entryDN', value: String(group) }),
        new EqualityFilter({ attribute: members, value: valueOf(principal) }),
      ]
      const { searchEntries } = await admin.search(suffix, { filter: new AndFilter({ filters }) })
      return searchEntries.length > 0
    },
    async freeze() {
      const thaw = await server.freeze()
      return async () => thaw()
    },
    async stop() {
      await admin.unbind()
      await config.unbind()
      await server.stop()
    },
  }
}
