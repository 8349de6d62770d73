import { Attribute, Change } from 'ldapts'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ldap } from '../../src/connectors/ldap/ldap.ts'
import { unused, type Connector, type Target } from '../../src/domain/connector.ts'
import { aGate } from '../../src/testing/gate.ts'
import { answeringLdap, type Answer, type Asked } from '../support/ldap-stand-in.ts'
import { hasSlapd, suffix } from '../support/slapd.ts'
import {
  call,
  connectorContract,
  everyHolder,
  failureOf,
  giveCall,
  surroundings,
} from '../../src/testing/contract.ts'
import {
  aGuardedLdap,
  escaped,
  groups,
  leastRights,
  login,
  nobody,
  people,
  type LdapHarness,
} from './ldap-harness.ts'

const soon = () => AbortSignal.timeout(5_000)

if (hasSlapd()) {
  connectorContract('ldap: member', () => aGuardedLdap('member', 'plain'))
  connectorContract('ldap: uniqueMember by StartTLS', () => aGuardedLdap('uniqueMember', 'startTls'))
  connectorContract('ldap: memberUid by LDAPS', () => aGuardedLdap('memberUid', 'ldaps'))

  describe('ldap', () => {
    let system: LdapHarness
    let connector: Connector
    const opened: Connector[] = []
    beforeAll(async () => {
      system = await aGuardedLdap()
      connector = system.connect()
    })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((one) => one.close()))
    })
    afterAll(async () => {
      await connector.close()
      await system.stop()
    })
    const connectWith = (...how: Parameters<LdapHarness['connectWith']>) => {
      const one = system.connectWith(...how)
      opened.push(one)
      return one
    }
    async function aPlace() {
      const principal = await system.aPrincipal()
      const { target } = await system.aTarget()
      return { principal, target, group: String(target['group']) }
    }
    const changed = (dn: string, operation: 'add' | 'delete' | 'replace', type: string, values: string[]) =>
      system.admin.modify(dn, new Change({ operation, modification: new Attribute({ type, values }) }))
    const valuesOf = async (dn: string, attribute: string) => {
      const { searchEntries } = await system.admin.search(dn, { scope: 'base', attributes: [attribute] })
      return [searchEntries[0]?.[attribute] ?? []].flat().map(String)
    }

    describe('TLS', () => {
      const urls = () => ({
        startTls: { url: `ldap://localhost:${system.server.port}`, tls: 'startTls' },
        ldaps: { url: `ldaps://localhost:${system.server.tlsPort}` },
      })

      test.each(['startTls', 'ldaps'] as const)(
        'by %s a server whose authority is not known is told no password',
        async (how) => {
          const stranger = connectWith(urls()[how])
          const failure = await failureOf(stranger.check({ targets: [], signal: soon() }))
          expect(failure).toMatchObject({ retryable: true, happened: 'no' })
          expect(failure.message).toMatch(/its certificate is not trusted \(/)
        },
      )

      test.each(['startTls', 'ldaps'] as const)(
        'by %s one whose authority is told is trusted',
        async (how) => {
          const known = connectWith({ ...urls()[how], ca: system.server.ca })
          expect(await known.check({ targets: [], signal: soon() })).toEqual([])
        },
      )

      test.each(['startTls', 'ldaps'] as const)(
        'by %s a certificate of another name is not trusted',
        async (how) => {
          const { url, ...more } = { ...urls()[how] }
          const other = connectWith({
            ...more,
            url: url.replace('localhost', '127.0.0.2'),
            ca: system.server.ca,
          })
          const failure = await failureOf(other.check({ targets: [], signal: soon() }))
          expect(failure.message).toMatch(/its certificate is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)$/)
          expect(failure).toMatchObject({ retryable: true, happened: 'no' })
        },
      )

      test('a server that answers StartTLS with no is told no password', async () => {
        const heard: Buffer[] = []
        const refusing = createServer((socket: Socket) => {
          socket.on('error', () => undefined)
          socket.on('data', (bytes) => {
            heard.push(bytes)
            // An extended response to message 2: protocolError (2).
            socket.write(
              Buffer.from([0x30, 0x0c, 0x02, 0x01, 0x02, 0x78, 0x07, 0x0a, 0x01, 0x02, 4, 0, 4, 0]),
            )
          })
        })
        refusing.listen(0, '127.0.0.1')
        await once(refusing, 'listening')
        const { port } = refusing.address() as AddressInfo
        const plain = connectWith({ url: `ldap://127.0.0.1:${port}`, tls: 'startTls' })
        const failure = await failureOf(plain.check({ targets: [], signal: soon() }))
        refusing.close()
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
        for (const secret of system.secrets)
          expect(Buffer.concat(heard).toString('latin1')).not.toContain(secret)
      })
    })

    describe('who somebody is', () => {
      test('of a name that nobody has, a give says so', async () => {
        const { target } = await aPlace()
        const failure = await failureOf(connector.give(giveCall('no such person', target)))
        expect(failure.message).toMatch(/: nobody below ou=people,dc=example,dc=com has it as uid$/)
      })

      test('of a name that several have nothing is given, taken or told', async () => {
        const { principal, target, group } = await aPlace()
        await connector.give(giveCall(principal, target))
        await system.admin.add(`cn=twin,${system.dnOf(principal)}`, {
          objectClass: 'inetOrgPerson',
          uid: principal,
          cn: 'twin',
          sn: 'x',
        })
        const failures = [
          await failureOf(connector.give(giveCall(principal, target))),
          await failureOf(connector.take(call(principal, target))),
          await failureOf(connector.has({ principal, target, signal: soon() })),
        ]
        for (const failure of failures) {
          expect(failure).toMatchObject({ retryable: false, happened: 'no' })
          expect(failure.message).toMatch(/several entries below .* have it as uid/)
        }
        expect(await valuesOf(group, 'member')).toHaveLength(2)
      })

      test.each(['*', '*)(objectClass=*', ')(|(uid=*', '\\2a', 'a\0b', ''])(
        'the name %j is no filter: nobody has it',
        async (name) => {
          const { target } = await aPlace()
          const failure = await failureOf(connector.give(giveCall(name, target)))
          expect(failure).toMatchObject({ retryable: false, happened: 'no' })
          expect(await connector.has({ principal: name, target, signal: soon() })).toBe(false)
          expect(await everyHolder(connector, target)).toEqual([])
        },
      )

      test('a login that may no longer see people does not take them for gone', async () => {
        const { principal, target } = await aPlace()
        await connector.give(giveCall(principal, target))
        const bind = await system.aLogin()
        const blind = connectWith({ bind })
        await system.grant(`{0}to dn.subtree="${groups}" by dn.exact="${bind.dn}" write by * break`)
        const failures = [
          await failureOf(blind.take(call(principal, target))),
          await failureOf(blind.has({ principal, target, signal: soon() })),
        ]
        for (const failure of failures) expect(failure.message).toMatch(/sees nobody below/)
        expect(await system.reallyHolds(principal, target)).toBe(true)
      })

      test('a group whose class may no longer be seen is not taken for gone', async () => {
        const { principal, target } = await aPlace()
        await connector.give(giveCall(principal, target))
        const bind = await system.aLogin()
        const blind = connectWith({ bind })
        await system.grant(`{0}to dn.subtree="${people}" by dn.exact="${bind.dn}" read by * break`)
        await system.grant(
          `{0}to dn.subtree="${groups}" attrs=entry,member by dn.exact="${bind.dn}" read by * break`,
        )
        const failures = [
          await failureOf(blind.take(call(principal, target))),
          await failureOf(blind.has({ principal, target, signal: soon() })),
          await failureOf(blind.list({ target, after: null, signal: soon() })),
        ]
        for (const failure of failures) {
          expect(failure).toMatchObject({ retryable: false, happened: 'no' })
          expect(failure.message).toMatch(/the class of the group may not be seen$/)
        }
      })

      test('people are told by the attribute of the catalog, whatever their entries are called by', async () => {
        const { principal, target } = await aPlace()
        const mail = `${principal}.mail@example.com`
        await changed(system.dnOf(principal), 'add', 'mail', [mail])
        await system.grant(`{0}to dn.subtree="${people}" attrs=mail by dn.exact="${login}" read by * break`)
        const byMail = connectWith({ people: { base: people, attribute: 'mail' } })
        await byMail.give(giveCall(mail, target))
        expect(await everyHolder(byMail, target)).toEqual([mail])
        expect(await system.reallyHolds(principal, target)).toBe(true)
        await byMail.take(call(mail, target))
        expect(await system.reallyHolds(principal, target)).toBe(false)
      })

      test('one person is one principal: another writing of it is not given to, and is taken from', async () => {
        const { principal, target } = await aPlace()
        const failures = [
          await failureOf(connector.give(giveCall(principal.toUpperCase(), target))),
          await failureOf(connector.give(giveCall(` ${principal} `, target))),
        ]
        await connector.give(giveCall(principal, target))
        await connector.take(call(principal.toUpperCase(), target))
        for (const failure of failures) {
          expect(failure).toMatchObject({ retryable: false, happened: 'no' })
          expect(failure.message).toContain(`their uid is ${principal}: the catalog must write it so`)
        }
        expect(await system.reallyHolds(principal, target)).toBe(false)
      })

      test('principals in small letters are those of a directory that writes them large too', async () => {
        const uid = await system.aPrincipal(`Ada.L-${Math.random().toString(36).slice(2)}@Example.COM`)
        const { target } = await system.aTarget()
        const group = await system.aGroup('posixGroup')
        const lower = connectWith({ people: { base: people, attribute: 'uid', case: 'lower' } })
        for (const one of [target, { group }]) {
          await lower.give(giveCall(uid.toLowerCase(), one))
          expect(await everyHolder(lower, one)).toEqual([uid.toLowerCase()])
        }
        expect(await valuesOf(group, 'memberUid')).toEqual([uid])
        await failureOf(lower.give(giveCall(uid, target)))
        await lower.take(call(uid.toLowerCase(), target))
        expect(await system.reallyHolds(uid, target)).toBe(false)
      })

      test('members who are none of the people are told by their DN', async () => {
        const { target, group } = await aPlace()
        await changed(group, 'add', 'member', [login, `uid=ghost,${people}`])
        expect(new Set(await everyHolder(connector, target))).toEqual(new Set([login, `uid=ghost,${people}`]))
      })

      test('the directory’s own name of an entry can be the attribute', async () => {
        const { principal, target } = await aPlace()
        await system.grant(
          `{0}to dn.subtree="${people}" attrs=entryDN by dn.exact="${login}" read by * break`,
        )
        const byName = connectWith({ people: { base: people, attribute: 'entryDN' } })
        const dn = system.dnOf(principal)
        await byName.give(giveCall(dn, target))
        expect(await system.reallyHolds(principal, target)).toBe(true)
        expect(await everyHolder(byName, target)).toEqual([dn])
      })
    })

    describe('people who are called otherwise meanwhile', () => {
      let byMail: Connector
      beforeAll(() =>
        system.grant(`{0}to dn.subtree="${people}" attrs=mail by dn.exact="${login}" read by * break`),
      )
      beforeEach(() => {
        byMail = connectWith({ people: { base: people, attribute: 'mail' } })
      })
      async function aMail() {
        const uid = await system.aPrincipal()
        const mail = `${uid}.mail@example.com`
        await changed(system.dnOf(uid), 'add', 'mail', [mail])
        return { uid, mail }
      }
      /** Holds the target under their mail, which is changed then: at a wedding, or by themselves. Their entry stays. */
      async function renamed(kind: 'member' | 'memberUid', by = byMail) {
        const { uid, mail } = await aMail()
        const target =
          kind === 'member' ? (await aPlace()).target : { group: await system.aGroup('posixGroup') }
        // Curfew does see people who have a mail.
        await aMail()
        await by.give(giveCall(mail, target))
        const next = `other-${mail}`
        await changed(system.dnOf(uid), 'replace', 'mail', [next])
        const really = async () =>
          (await valuesOf(String(target['group']), kind)).some((value) => value.includes(uid))
        return { uid, mail, next, target, really }
      }
      const has = (principal: string, target: Target) => byMail.has({ principal, target, signal: soon() })

      test.each(['member', 'memberUid'] as const)(
        'whoever changes their mail while they hold a group by %s is taken from by whoever gave it',
        async (kind) => {
          const { mail, target, really } = await renamed(kind)
          const other = await aMail()
          await byMail.give(giveCall(other.mail, target))
          const before = await has(mail, target)
          await byMail.take(call(mail, target))
          expect([before, await really()]).toEqual([true, false])
          expect([await has(mail, target), await has(other.mail, target)]).toEqual([false, true])
        },
      )

      test('what somebody was given by their new mail stays when what they had by the old one ends', async () => {
        const { mail, next, target, really } = await renamed('member')
        await byMail.give(giveCall(next, target))
        await byMail.take(call(mail, target))
        expect([await has(mail, target), await has(next, target), await really()]).toEqual([
          false,
          true,
          true,
        ])
      })

      test('somebody who was deleted is out, whoever else is in', async () => {
        const { uid, mail, target } = await renamed('member')
        const other = await aMail()
        await byMail.give(giveCall(other.mail, target))
        await system.vanish(uid)
        expect(await has(mail, target)).toBe(false)
        await byMail.take(call(mail, target))
        expect([await has(mail, target), await has(other.mail, target)]).toEqual([false, true])
      })

      test.each(['member', 'memberUid'] as const)(
        'where it is not known any more who that was, nobody is told to be out of a group by %s',
        async (kind) => {
          const before = connectWith({ people: { base: people, attribute: 'mail' } })
          const { uid, mail, target, really } = await renamed(kind, before)
          // Each is awaited from the beginning: one that fails while another is waited for would be nobody's.
          const failures = [
            await failureOf(byMail.take(call(mail, target))),
            await failureOf(has(mail, target)),
          ]
          for (const failure of failures) {
            expect(failure).toMatchObject({ retryable: false, happened: 'no' })
            expect(failure.message).toMatch(
              /nobody below .* any more, and they may be this member of the group/,
            )
            expect(failure.message).toContain(uid)
          }
          expect(await really()).toBe(true)
        },
      )

      test('whoever has their old mail now does not hold it, and loses nothing of theirs', async () => {
        const { uid, mail, next, target, really } = await renamed('member')
        await byMail.take(call(mail, target))
        const hired = await system.aPrincipal()
        await changed(system.dnOf(hired), 'add', 'mail', [mail])
        await byMail.give(giveCall(next, target))
        const answers = [await has(mail, target), await has(next, target)]
        await byMail.give(giveCall(mail, target))
        await byMail.take(call(mail, target))
        expect([answers, await really(), await has(mail, target)]).toEqual([[false, true], true, false])
        expect(await valuesOf(String(target['group']), 'member')).toContain(system.dnOf(uid))
      })
    })

    describe('the last member', () => {
      test('is taken from with the placeholder put in its place', async () => {
        const principal = await system.aPrincipal()
        const group = await system.aGroup('groupOfNames', { member: [system.dnOf(principal)] })
        await connector.take(call(principal, { group }))
        expect(await valuesOf(group, 'member')).toEqual([nobody])
        expect(await everyHolder(connector, { group })).toEqual([])
      })

      test('is taken from by six at once, and by six who are the last together', async () => {
        const principals = await Promise.all(Array.from({ length: 6 }, () => system.aPrincipal()))
        const member = principals.map(system.dnOf)
        const [one, all] = [
          await system.aGroup('groupOfNames', { member: member.slice(0, 1) }),
          await system.aGroup('groupOfNames', { member }),
        ]
        await Promise.all([
          ...principals.map(() => connector.take(call(principals[0] ?? '', { group: one }))),
          ...principals.map((principal) => connector.take(call(principal, { group: all }))),
        ])
        expect([await valuesOf(one, 'member'), await valuesOf(all, 'member')]).toEqual([[nobody], [nobody]])
      })

      test('cannot be taken from without one: that is said, and nothing changes', async () => {
        const principal = await system.aPrincipal()
        const group = await system.aGroup('groupOfNames', { member: [system.dnOf(principal)] })
        const without = connectWith({ placeholder: undefined })
        const failure = await failureOf(without.take(call(principal, { group })))
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
        expect(failure.message).toMatch(
          /they are the last member, and the group must have one: set placeholder$/,
        )
        expect(await system.reallyHolds(principal, { group })).toBe(true)
      })

      test('without a placeholder the check says so, and its remedy mends it', async () => {
        const { target } = await aPlace()
        const [lack] = await connectWith({ placeholder: undefined }).check({
          targets: [target],
          signal: soon(),
        })
        const [key = '', value] = lack?.remedy?.split(/: /) ?? []
        const mended = connectWith({ placeholder: undefined, [key]: value })
        expect(lack?.what).toMatch(/must have a member/)
        expect(await mended.check({ targets: [target], signal: soon() })).toEqual([])
      })

      test('the placeholder is nobody who can be given, or counts as holding', async () => {
        const { principal, target } = await aPlace()
        const odd = connectWith({ placeholder: system.dnOf(principal).replace('uid=', 'UID = ') })
        const failure = await failureOf(odd.give(giveCall(principal, target)))
        expect(failure.message).toMatch(/that is the placeholder itself/)
        expect(await odd.has({ principal, target, signal: soon() })).toBe(false)
      })
    })

    describe('the class of a group', () => {
      test.each([
        ['groupOfNames', 'member'],
        ['groupOfUniqueNames', 'uniqueMember'],
        ['posixGroup', 'memberUid'],
      ])('%s tells that its members are written as %s', async (objectClass, attribute) => {
        const principal = await system.aPrincipal()
        const group = await system.aGroup(
          objectClass,
          attribute === 'memberUid' ? {} : { [attribute]: [nobody] },
        )
        await connector.give(giveCall(principal, { group }))
        expect(await everyHolder(connector, { group })).toEqual([principal])
        expect(await valuesOf(group, attribute)).toContain(
          attribute === 'memberUid' ? principal : system.dnOf(principal),
        )
        await connector.take(call(principal, { group }))
        expect(await connector.has({ principal, target: { group }, signal: soon() })).toBe(false)
      })

      test('one that Curfew does not know is not guessed, and the check names the setting', async () => {
        const principal = await system.aPrincipal()
        const group = await system.aGroup('organizationalRole')
        const failure = await failureOf(connector.give(giveCall(principal, { group })))
        const lacks = await connector.check({ targets: [{ group }], signal: soon() })
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
        expect(failure.message).toMatch(
          /its class \(organizationalRole\) is none that Curfew knows: write member: /,
        )
        expect(lacks).toEqual([
          { what: expect.stringContaining('organizationalRole') as string, remedy: 'member: member' },
        ])
      })

      test('a setting that does not fit the class is told before anything is written', async () => {
        const principal = await system.aPrincipal()
        const group = await system.aGroup('posixGroup')
        const odd = connectWith({ member: 'member' })
        const lacks = await odd.check({ targets: [{ group }], signal: soon() })
        const failure = await failureOf(odd.give(giveCall(principal, { group })))
        expect(lacks.map(({ remedy }) => remedy)).toEqual(['member: memberUid'])
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      })

      test('members by uid are taken as the directory writes them, whatever the case of the principal', async () => {
        const principal = await system.aPrincipal()
        const group = await system.aGroup('posixGroup')
        await connector.give(giveCall(principal, { group }))
        await connector.take(call(principal.toUpperCase(), { group }))
        expect(await valuesOf(group, 'memberUid')).toEqual([])
      })
    })

    describe('rights', () => {
      test('each remedy of the check, followed, leads to one that passes, and to a give and a take', async () => {
        const principal = await system.aPrincipal()
        const group = await system.aGroup('groupOfNames', { member: [nobody] }, 'the "readers"; a\\b')
        const target = { group }
        const bind = await system.aLogin()
        const weak = connectWith({ bind })
        const said: string[] = []
        for (let i = 0; i < 10; i++) {
          const [lack] = await weak.check({ targets: [target], signal: soon() })
          if (!lack?.remedy) break
          said.push(lack.what)
          await system.grant(lack.remedy)
        }
        await weak.give(giveCall(principal, target))
        const has = await weak.has({ principal, target, signal: soon() })
        await weak.take(call(principal, target))
        expect(said).toHaveLength(3)
        expect(has).toBe(true)
        expect(await system.reallyHolds(principal, target)).toBe(false)
      })

      test('the check writes nothing', async () => {
        const { target, group } = await aPlace()
        const before = await valuesOf(group, 'entryCSN')
        await connector.check({ targets: [target], signal: soon() })
        expect(await valuesOf(group, 'entryCSN')).toEqual(before)
        expect(await valuesOf(group, 'member')).toEqual([nobody])
      })

      test('a right that was lost since fails for good, and says so', async () => {
        const { principal, target } = await aPlace()
        const bind = await system.aLogin()
        const weak = connectWith({ bind })
        await system.grant(`{0}to dn.subtree="${suffix}" by dn.exact="${bind.dn}" read by * break`)
        const failures = [
          await failureOf(weak.give(giveCall(principal, target))),
          await failureOf(weak.take(call(principal, target))),
        ]
        for (const failure of failures) {
          expect(failure).toMatchObject({ retryable: false, happened: 'no' })
          expect(failure.message).toMatch(/Curfew lacks the right \(50\)/)
        }
      })

      test('a login that does not exist fails as a wrong password does', async () => {
        const stranger = connectWith({ bind: { dn: `cn=stranger,${suffix}`, password: 'wrong-secret' } })
        const failure = await failureOf(stranger.check({ targets: [], signal: soon() }))
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
        expect(failure.message).toMatch(/it did not accept Curfew's login \(49\)/)
      })

      test('a password file that is empty signs nobody in', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'curfew-secret-'))
        const file = join(folder, 'password')
        await writeFile(file, '\n')
        const empty = connectWith({ bind: { dn: login, password: { file } } })
        const failure = await failureOf(empty.check({ targets: [], signal: soon() }))
        await rm(folder, { recursive: true })
        expect(failure).toMatchObject({ retryable: true, happened: 'no' })
        expect(failure.message).toMatch(/is empty/)
      })

      test('a password in a mounted file is read anew once it was rotated, and kept out of the log', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'curfew-secret-'))
        const file = join(folder, 'password')
        const { dn } = await system.aLogin()
        await system.grant(`{0}to dn.subtree="${people}" by dn.exact="${dn}" read by * break`)
        await writeFile(file, 'first\n')
        await changed(dn, 'replace', 'userPassword', ['first'])
        const hidden: string[] = []
        const settings = { bind: { dn, password: { file } } }
        const before = connectWith(settings, 2_500, (text) => hidden.push(text))
        const lacks = [await before.check({ targets: [], signal: soon() })]
        await changed(dn, 'replace', 'userPassword', ['second'])
        await writeFile(file, 'second')
        // Two at once: the one that is signed in already is used by one of them.
        lacks.push(
          ...(await Promise.all([
            before.check({ targets: [], signal: soon() }),
            before.check({ targets: [], signal: soon() }),
          ])),
        )
        await rm(folder, { recursive: true })
        expect(lacks).toEqual([[], [], []])
        expect(new Set(hidden)).toEqual(new Set(['first', 'second']))
      })
    })

    describe('connections', () => {
      test('one whose call was given up is thrown away, and the next call is signed in', async () => {
        const { principal, target } = await aPlace()
        const gate = await aGate(system.server.port)
        const by = connectWith({ url: `ldap://127.0.0.1:${gate.port}` })
        await by.has({ principal, target, signal: soon() })
        gate.hold()
        const failure = await failureOf(by.has({ principal, target, signal: AbortSignal.timeout(100) }))
        gate.release()
        await by.give(giveCall(principal, target))
        await gate.close()
        expect(failure).toMatchObject({ retryable: true })
        expect(await system.reallyHolds(principal, target)).toBe(true)
      })

      test('a change that was given up is done later all the same: nobody says it was not, and a take ends it', async () => {
        const { principal, target } = await aPlace()
        const gate = await aGate(system.server.port)
        const by = connectWith({ url: `ldap://127.0.0.1:${gate.port}` })
        await by.has({ principal, target, signal: soon() })
        gate.holdFrom(isModify)
        const failure = await failureOf(
          by.give({ ...giveCall(principal, target), signal: AbortSignal.timeout(300) }),
        )
        const before = await system.reallyHolds(principal, target)
        gate.release()
        while (!(await system.reallyHolds(principal, target))) await sleep(10)
        await by.take(call(principal, target))
        await gate.close()
        expect(before).toBe(false)
        expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
        expect(failure.message).toMatch(/: no answer in time$/)
        expect(by.lateMs).toBeGreaterThan(0)
        expect(await system.reallyHolds(principal, target)).toBe(false)
      })

      test('one that the server closed meanwhile is not used again', async () => {
        const { principal, target } = await aPlace()
        const gate = await aGate(system.server.port)
        const by = connectWith({ url: `ldap://127.0.0.1:${gate.port}` })
        await by.has({ principal, target, signal: soon() })
        gate.cut()
        gate.mend()
        await sleep(50)
        await by.give(giveCall(principal, target))
        await gate.close()
        expect(await system.reallyHolds(principal, target)).toBe(true)
      })

      test('calls in flight fail at once when the connector is closed', async () => {
        const { principal, target } = await aPlace()
        const gate = await aGate(system.server.port)
        const by = connectWith({ url: `ldap://127.0.0.1:${gate.port}` })
        await by.has({ principal, target, signal: soon() })
        gate.hold()
        const failing = [
          failureOf(by.give(giveCall(principal, target))),
          failureOf(by.has({ principal, target, signal: soon() })),
        ]
        await gate.waiting()
        const beganMs = performance.now()
        await by.close()
        const failures = await Promise.all(failing)
        await gate.close()
        expect(performance.now() - beganMs).toBeLessThan(1_000)
        for (const failure of failures) expect(failure).toMatchObject({ retryable: true })
        const later = await failureOf(by.give(giveCall(principal, target)))
        expect(later).toMatchObject({ retryable: true, happened: 'no' })
      })

      test('more calls at once than connections all end well', async () => {
        const { target } = await system.aTarget()
        const principals = await Promise.all(Array.from({ length: 60 }, () => system.aPrincipal()))
        await Promise.all(principals.map((principal) => connector.give(giveCall(principal, target))))
        expect(new Set(await everyHolder(connector, target))).toEqual(new Set(principals))
      })

      test('six who give the same at once all succeed', async () => {
        const { principal, target } = await aPlace()
        await Promise.all(Array.from({ length: 6 }, () => connector.give(giveCall(principal, target))))
        expect(await everyHolder(connector, target)).toEqual([principal])
      })
    })
  })

  describe('ldap: where the server lists no more than ten at once', () => {
    let system: LdapHarness
    beforeAll(async () => {
      system = await aGuardedLdap('member', 'plain', { more: 'sizelimit 10' })
    })
    afterAll(() => system.stop())

    test('people are found, and all members are listed', async () => {
      const connector = system.connect()
      const { target } = await system.aTarget()
      await system.fill(target, 700)
      const principal = await system.aPrincipal()
      await connector.give(giveCall(principal, target))
      expect(await everyHolder(connector, target)).toHaveLength(701)
      expect(await connector.check({ targets: [target], signal: soon() })).toEqual([])
      await connector.close()
    })
  })

  describe('ldap: where the server leaves members behind', () => {
    let system: LdapHarness
    let connector: Connector
    beforeAll(async () => {
      const access = [
        ...leastRights,
        `to dn.subtree="${suffix}" attrs=entry,uid,mail by dn.exact="${login}" read by * break`,
      ]
      system = await aGuardedLdap('member', 'plain', { access, keepsOrder: false })
      connector = system.connect()
    })
    afterAll(async () => {
      await connector.close()
      await system.stop()
    })
    async function given(by = connector, attribute = 'uid') {
      const uid = await system.aPrincipal()
      const { target } = await system.aTarget()
      const principal = attribute === 'uid' ? uid : `${uid}.mail`
      const mail = new Attribute({ type: 'mail', values: [`${uid}.mail`] })
      await system.admin.modify(system.dnOf(uid), new Change({ operation: 'add', modification: mail }))
      await by.give(giveCall(principal, target))
      return { uid, principal, target }
    }

    test('somebody who vanished holds it until it is taken, and then no trace is left', async () => {
      const { principal, target } = await given()
      await system.vanish(principal)
      const before = await connector.has({ principal, target, signal: soon() })
      await connector.take(call(principal, target))
      expect(before).toBe(true)
      expect(await connector.has({ principal, target, signal: soon() })).toBe(false)
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('of somebody who was moved the old name is taken too', async () => {
      const { principal, target } = await given()
      await system.admin.add(`ou=team,${people}`, { objectClass: 'organizationalUnit', ou: 'team' })
      await system.admin.modifyDN(system.dnOf(principal), `uid=${escaped(principal)},ou=team,${people}`)
      const before = await connector.has({ principal, target, signal: soon() })
      await connector.take(call(principal, target))
      expect(before).toBe(true)
      expect(await system.reallyHolds(principal, target)).toBe(false)
    })

    test('what others left behind is let be', async () => {
      const { target } = await given()
      const { principal } = await given()
      const other = await system.aPrincipal()
      await connector.give(giveCall(other, target))
      await system.vanish(other)
      await system.vanish(principal)
      await connector.take(call(principal, target))
      expect(await system.reallyHolds(other, target)).toBe(true)
    })

    test('where names do not tell who it was, a take fails for good and says which member it may be', async () => {
      const by = () => system.connectWith({ people: { base: people, attribute: 'mail' } })
      const [before, byMail] = [by(), by()]
      const { uid, principal, target } = await given(before, 'mail')
      const { principal: stranger } = await given(before, 'mail')
      await before.close()
      await system.vanish(uid)
      const failures = [
        await failureOf(byMail.take(call(principal, target))),
        await failureOf(byMail.has({ principal, target, signal: soon() })),
      ]
      for (const failure of failures) {
        expect(failure).toMatchObject({ retryable: false, happened: 'no' })
        expect(failure.message).toContain(`they may be this member of the group: uid=${uid}`)
      }
      const gone = new Attribute({ type: 'member', values: [system.dnOf(uid)] })
      await system.admin.modify(
        String(target['group']),
        new Change({ operation: 'delete', modification: gone }),
      )
      await byMail.take(call(principal, target))
      await byMail.take(call(`${stranger}-unknown`, target))
      await byMail.close()
    })

    test('what whoever gave it still knows is taken, though names do not tell who it was', async () => {
      const byMail = system.connectWith({ people: { base: people, attribute: 'mail' } })
      const { uid, principal, target } = await given(byMail, 'mail')
      await given(byMail, 'mail')
      await system.vanish(uid)
      const before = await byMail.has({ principal, target, signal: soon() })
      await byMail.take(call(principal, target))
      await byMail.close()
      expect([before, await system.reallyHolds(uid, target)]).toEqual([true, false])
    })

    test('somebody who was moved out of sight and is a member there is not taken for gone', async () => {
      const { principal, target, uid } = await given()
      const elsewhere = `uid=${escaped(uid)},ou=former,${suffix}`
      await system.admin.modifyDN(system.dnOf(principal), elsewhere)
      const group = String(target['group'])
      const member = (operation: 'add' | 'delete', value: string) =>
        new Change({ operation, modification: new Attribute({ type: 'member', values: [value] }) })
      await system.admin.modify(group, [member('add', elsewhere), member('delete', system.dnOf(uid))])
      const failure = await failureOf(connector.take(call(principal, target)))
      expect(failure.message).toContain(elsewhere)
    })
  })
} else test.skip('OpenLDAP is not here: ./scripts/servers says how to get it', () => undefined)

/** The tag of a ModifyRequest stands after the length and the number of the message. */
const isModify = (bytes: Buffer) => bytes.subarray(4, 10).includes(0x66)

const good = {
  url: 'ldaps://ldap.example.com',
  bind: { dn: login, password: 'x' },
  people: { base: people, attribute: 'uid' },
}

test.each([
  ['ldaps://ldap.example.com', undefined, true],
  ['ldaps://ldap.example.com:1636/', undefined, true],
  ['ldap://ldap.example.com', 'startTls', true],
  ['ldap://ldap.example.com', 'off', true],
  ['ldap://ldap.example.com', undefined, false],
  ['ldap://127.0.0.1:389', undefined, true],
  ['ldap://[::1]', undefined, true],
  ['ldap://localhost.example.com', undefined, false],
  ['ldaps://ldap.example.com', 'startTls', false],
  ['ldaps://ldap.example.com', 'off', false],
  ['ldap://ldap.example.com', 'on', false],
  ['ldaps://curfew:x@ldap.example.com', undefined, false],
  ['ldaps://ldap.example.com/dc=example', undefined, false],
  ['ldaps://ldap.example.com?x', undefined, false],
  ['ldapi:///var/run/ldapi', undefined, false],
  ['https://ldap.example.com', undefined, false],
  ['', undefined, false],
])('the catalog is told whether %s with tls %s is safe and leads to a server', (url, tls, isOne) => {
  expect(ldap.settings.safeParse({ ...good, url, ...(tls === undefined ? {} : { tls }) }).success).toBe(isOne)
})

test.each([
  ['an empty password', { bind: { dn: login, password: '' } }],
  ['no login', { bind: undefined }],
  ['a login that is no DN', { bind: { dn: 'PLAIN', password: 'x' } }],
  ['the attribute dn', { people: { base: people, attribute: 'dn' } }],
  ['an attribute that is a filter', { people: { base: people, attribute: 'uid=*)(x' } }],
  ['people below nothing', { people: { base: '', attribute: 'uid' } }],
  ['a placeholder that is no DN', { placeholder: 'nobody' }],
  ['another case', { people: { base: people, attribute: 'uid', case: 'upper' } }],
  ['another attribute for members', { member: 'memberOf' }],
  ['too late', { late: '11m' }],
])('the catalog refuses %s', (_, wrong) => {
  expect(ldap.settings.safeParse({ ...good, ...wrong }).success).toBe(false)
})

test('a change may come a minute after it was given up, unless the catalog says otherwise', () => {
  const late = (more: object) => ldap.settings.parse({ ...good, ...more })
  expect([late({}), late({ late: '2m' })]).toMatchObject([{ late: 60_000 }, { late: 120_000 }])
})

test.each([
  ['cn=a,dc=x', 'CN=A , DC = X'],
  ['cn=a\\,b,dc=x', 'cn=a\\2Cb,dc=x'],
  ['cn=a\\\\2C,dc=x', 'cn=a\\5C2C,dc=x'],
  ['cn=\\C3\\A5sa,dc=x', 'cn=Åsa,dc=x'],
  ['cn=the  readers,dc=x', 'cn= The Readers ,dc=x'],
  ['cn=a+uid=b,dc=x', 'UID=b + CN=a,dc=x'],
  ['commonName=a,domainComponent=x', '2.5.4.3=a,0.9.2342.19200300.100.1.25=x'],
  ['cn=a\\=b,dc=x', 'cn=a=b,dc=x'],
])('%s and %s are one group', (one, other) => {
  expect(ldap.canonical({ group: one })).toBe(ldap.canonical({ group: other }))
})

test.each([
  ['cn=a,dc=x', 'cn=a,dc=y'],
  ['cn=a,dc=x', 'cn=a,ou=b,dc=x'],
  ['cn=a\\,ou=b,dc=x', 'cn=a,ou=b,dc=x'],
  ['cn=a\\+uid\\=b,dc=x', 'cn=a+uid=b,dc=x'],
  ['cn=ab,dc=x', 'cn=a b,dc=x'],
  ['cn=a,dc=x', 'uid=a,dc=x'],
  ['cn=\\5C2C,dc=x', 'cn=\\2C,dc=x'],
])('%s and %s are two groups', (one, other) => {
  expect(ldap.canonical({ group: one })).not.toBe(ldap.canonical({ group: other }))
})

test.each([
  '',
  'readers',
  'cn=',
  'cn=a,',
  ',cn=a',
  'cn=a;dc=x',
  'cn="a",dc=x',
  'cn=#0402,dc=x',
  'cn=\\FF,dc=x',
  'cn=a\\',
])('the catalog is told that %j is no group', (group) => {
  expect(ldap.target.safeParse({ group }).success).toBe(false)
})

test.each([
  ['ldaps://ldap.example.com', 'ldap://LDAP.example.com.:389', true],
  ['ldaps://ldap.example.com:636/', 'ldaps://ldap.example.com', true],
  ['ldaps://ldap.example.com', 'ldaps://other.example.com', false],
  ['ldaps://ldap.example.com:1636', 'ldaps://ldap.example.com', false],
])('%s and %s lead to one place: %s', (one, other, isOne) => {
  const placeAt = (url: string) => {
    const settings = { ...good, url, ...(url.startsWith('ldaps') ? {} : { tls: 'startTls' }) }
    return ldap.connect(ldap.settings.parse(settings), unused(100)).where
  }
  expect(placeAt(one) === placeAt(other)).toBe(isOne)
})

describe('ldap: a server that answers as scripted', () => {
  const group = `cn=readers,${groups}`
  const ada = `uid=ada,${people}`
  /** It knows Ada and one group; `script` says more, or something else. */
  async function aServer(script: (asked: Asked) => Answer | 'nothing' | null) {
    const server = await answeringLdap((asked) => {
      const scripted = script(asked)
      if (scripted !== null) return scripted
      if (asked.what === 'compare') return { code: 5 }
      if (asked.what !== 'search') return { code: 0 }
      const entries =
        asked.dn === group
          ? [{ dn: group, attributes: { objectClass: ['top', 'group'] } }]
          : [
              {
                dn: asked.dn === people ? ada : asked.dn,
                attributes: { uid: [asked.dn === people ? 'ada' : asked.dn.slice(4, 10)] },
              },
            ]
      return { code: 0, entries }
    })
    const settings = ldap.settings.parse({ ...good, url: `ldap://127.0.0.1:${server.port}` })
    const connector = ldap.connect(settings, surroundings(2_500))
    return {
      connector,
      connections: server.connections,
      stop: async () => {
        await connector.close()
        await server.close()
      },
    }
  }

  test.each([
    [3, true, 'unknown', 'it took too long, and was given up by the server (3)'],
    [10, false, 'no', 'it is a copy that refers to another server, which is not followed (10)'],
    [11, true, 'unknown', 'it was too much for the server: the attribute may lack an index (11)'],
    [50, false, 'no', 'Curfew lacks the right (50)'],
    [51, true, 'no', 'it is busy (51)'],
    [52, true, 'unknown', 'it is not available now (52)'],
    [53, false, 'no', 'as scripted (53)'],
    [80, true, 'unknown', 'as scripted (80)'],
    [1, true, 'unknown', 'as scripted (1)'],
  ] as const)(
    'a change that is answered with %i is told as it is',
    async (code, retryable, happened, why) => {
      let isMember = false
      const { connector, stop } = await aServer(({ what }) => {
        if (what === 'compare') return { code: isMember ? 6 : 5 }
        return what === 'modify' ? { code } : null
      })
      const failures = [await failureOf(connector.give(giveCall('ada', { group })))]
      isMember = true
      failures.push(await failureOf(connector.take(call('ada', { group }))))
      await stop()
      for (const failure of failures) {
        expect(failure).toMatchObject({ retryable, happened })
        expect(failure.message).toMatch(new RegExp(`: ${escapedPattern(why)}$`))
      }
    },
  )

  test.each([
    [49, false, "it did not accept Curfew's login (49)"],
    [53, false, "it did not accept Curfew's login (53)"],
    [8, false, 'it asks for a stronger way to sign in (8)'],
    [13, false, 'it asks for TLS (13)'],
    [51, true, 'it is busy (51)'],
    [80, true, 'as scripted (80)'],
  ] as const)('a login that is answered with %i did nothing', async (code, retryable, why) => {
    const { connector, stop } = await aServer(({ what }) => (what === 'bind' ? { code } : null))
    const failure = await failureOf(connector.give(giveCall('ada', { group })))
    await stop()
    expect(failure).toMatchObject({ retryable, happened: 'no' })
    expect(failure.message).toMatch(new RegExp(`: ${escapedPattern(why)}$`))
  })

  test.each([
    ['give', 68, 6],
    ['take', 53, 5],
  ] as const)(
    'a %s of what is so already, which Active Directory refuses (%i), is success',
    async (verb, code, compared) => {
      const { connector, stop } = await aServer(({ what }) => {
        if (what === 'compare') return { code: compared }
        return what === 'modify' ? { code } : null
      })
      const outcome =
        verb === 'give' ? connector.give(giveCall('ada', { group })) : connector.take(call('ada', { group }))
      expect(await outcome.then(() => 'done')).toBe('done')
      await stop()
    },
  )

  test('a give that is refused with 68 though they are no member is told as it is', async () => {
    const { connector, stop } = await aServer(({ what }) => (what === 'modify' ? { code: 68 } : null))
    const failure = await failureOf(connector.give(giveCall('ada', { group })))
    await stop()
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toMatch(/: as scripted \(68\)$/)
  })

  test('of several of whom the server sends one (4) nobody in particular is meant', async () => {
    const changed: string[] = []
    const { connector, stop } = await aServer(({ what, dn, attributes: [asked] }) => {
      if (what === 'modify') changed.push(dn)
      if (what !== 'search' || dn !== people || asked === '1.1') return null
      return { code: 4, entries: [{ dn: ada, attributes: { uid: ['ada'] } }] }
    })
    const failures = [
      await failureOf(connector.give(giveCall('ada', { group }))),
      await failureOf(connector.take(call('ada', { group }))),
      await failureOf(connector.has({ principal: 'ada', target: { group }, signal: soon() })),
    ]
    await stop()
    for (const failure of failures) {
      expect(failure).toMatchObject({ retryable: false, happened: 'no' })
      expect(failure.message).toMatch(/: the server sends no more entries at once \(4\)$/)
    }
    expect(changed).toEqual([])
  })

  test('members that come in ranges, as Active Directory sends them, are all listed', async () => {
    const members = Array.from({ length: 4_000 }, (_, i) => `uid=m${10_000 + i},${people}`)
    const { connector, stop } = await aServer(({ what, dn, attributes: [asked = ''] }) => {
      if (what !== 'search' || dn !== group || !asked.startsWith('member')) return null
      const from = Number(/range=(\d+)-\*$/.exec(asked)?.[1] ?? 0)
      const values = members.slice(from, from + 1_500)
      const last = from + values.length < members.length ? String(from + values.length - 1) : '*'
      const attributes: Record<string, string[]> = { [`member;range=${from}-${last}`]: values }
      return {
        code: 0,
        entries: [{ dn: group, attributes: from === 0 ? { ...attributes, member: [] } : attributes }],
      }
    })
    const found = await everyHolder(connector, { group })
    await stop()
    expect(found).toEqual(members.map((member) => member.slice(4, 10)))
  })

  test('a login that failed leaves no connection open', async () => {
    const { connector, connections, stop } = await aServer(({ what }) =>
      what === 'bind' ? { code: 49 } : null,
    )
    for (let i = 0; i < 3; i++) await failureOf(connector.check({ targets: [], signal: soon() }))
    await until(async () => (await connections()) === 0)
    await stop()
  })

  test('after a call that was given up the next one comes by another connection', async () => {
    const asked: string[] = []
    const { connector, connections, stop } = await aServer(({ what }) => {
      asked.push(what)
      return asked.length === 2 ? 'nothing' : null
    })
    await failureOf(connector.check({ targets: [], signal: AbortSignal.timeout(100) }))
    await until(async () => (await connections()) === 0)
    await connector.check({ targets: [], signal: soon() })
    await stop()
    expect(asked).toEqual(['bind', 'search', 'bind', 'search'])
  })

  test('a call that waits for others in vain was not made', async () => {
    const { connector, connections, stop } = await aServer(({ what }) =>
      what === 'search' ? 'nothing' : null,
    )
    const long = Array.from({ length: 16 }, () =>
      failureOf(connector.has({ principal: 'ada', target: { group }, signal: AbortSignal.timeout(600) })),
    )
    await until(async () => (await connections()) === 16)
    const beganMs = performance.now()
    const failure = await failureOf(
      connector.give({ ...giveCall('ada', { group }), signal: AbortSignal.timeout(100) }),
    )
    const tookMs = performance.now() - beganMs
    await Promise.all(long)
    await stop()
    expect(tookMs).toBeLessThan(400)
    expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    expect(failure.message).toMatch(/too much was asked of it at once$/)
  })

  test.each([
    [[65, 0], null],
    [[65, 20, 0], null],
    [[65, 20, 16], null],
    [[65, 20, 65], 'others change the group at the same time'],
    [[65, 50], 'Curfew lacks the right (50)'],
  ])('a take from the last member that is answered with %j', async (codes, why) => {
    const left = [...codes]
    const server = await answeringLdap(({ what, dn }) => {
      if (what === 'modify') return { code: left.shift() ?? 0 }
      if (what !== 'search') return { code: 0 }
      const attributes = { objectClass: ['groupOfNames'], member: [nobody], uid: ['ada'] }
      return { code: 0, entries: [{ dn: dn === people ? ada : dn, attributes }] }
    })
    const url = `ldap://127.0.0.1:${server.port}`
    const settings = ldap.settings.parse({ ...good, url, placeholder: nobody })
    const connector = ldap.connect(settings, surroundings(2_500))
    const outcome = await connector.take(call('ada', { group })).then(
      () => null,
      (error: unknown) => String(error),
    )
    await connector.close()
    await server.close()
    expect(left).toEqual([])
    if (why === null) expect(outcome).toBeNull()
    else expect(outcome).toContain(why)
  })

  test('a connection that ends between two questions is not made anew without a login', async () => {
    const asked: string[] = []
    const { connector, stop } = await aServer(({ what, dn }) => {
      asked.push(what)
      if (dn !== group || what !== 'search') return null
      return { code: 0, isLast: true, entries: [{ dn, attributes: { objectClass: ['group'] } }] }
    })
    const failure = await failureOf(connector.give(giveCall('ada', { group })))
    const before = [...asked]
    await failureOf(connector.give(giveCall('ada', { group })))
    await stop()
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(before).toEqual(['bind', 'search', 'search'])
    expect(asked).toEqual([...before, ...before])
  })
})

const until = async (isSo: () => Promise<boolean>) => {
  while (!(await isSo())) await sleep(5)
}
const escapedPattern = (text: string) => text.replace(/[()]/g, '\\$&')
