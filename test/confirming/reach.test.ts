import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sayWhatIsReached } from '../../src/reach.ts'
import { uriOf } from '../support/curfew.ts'
import { aDatabase } from '../support/database.ts'
import { startOpenIdProvider } from '../support/openid-provider.ts'

const catalogOf = (issuer: string) => `version: 1
confirm:
  oidc: { issuer: '${issuer}', clientId: curfew, clientSecret: secret }
systems:
  gate: { connector: webhook, url: 'http://127.0.0.1:9/gate', secret: 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0', principal: email }
resources:
  gate:
    name: Gate
    system: gate
    entitlements:
      open: { name: Open, target: { gate: main }, who: 'true', channel: C0123ABC, admins: [ada@acme.example], approvers: { people: [ada@acme.example] } }
`

test('curfew check --reach says whether people can sign in at the identity provider', async () => {
  const provider = await startOpenIdProvider({ redirectUris: ['https://curfew.acme.example/confirm/oidc'] })
  const folder = await mkdtemp(join(tmpdir(), 'curfew-reach-'))
  const path = join(folder, 'catalog.yml')
  const said = async (issuer: string): Promise<string> => {
    const lines: string[] = []
    await writeFile(path, catalogOf(issuer))
    await sayWhatIsReached(path, {}, (line) => lines.push(line))
    return lines.join('\n')
  }
  try {
    expect(await said(provider.issuer)).toContain('confirm.oidc: reached, and nothing is missing')
    await provider.stop()
    expect(await said(provider.issuer)).toContain('confirm.oidc: unreachable, down')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('curfew check --reach says how many passkeys are of another host than ours', async () => {
  const database = await aDatabase()
  const passkeys = database.connection.collection<{ _id: string; person: string; rpId: string }>('passkeys')
  const folder = await mkdtemp(join(tmpdir(), 'curfew-reach-'))
  const path = join(folder, 'catalog.yml')
  const said = async (publicUrl: string): Promise<string> => {
    const lines: string[] = []
    const environment = { MONGODB_URI: uriOf(database.uri, database.name), PUBLIC_URL: publicUrl }
    await sayWhatIsReached(path, environment, (line) => lines.push(line))
    return lines.filter((line) => line.startsWith('passkeys')).join('\n')
  }
  try {
    const rpIds = ['old.acme.example', 'old.acme.example', 'curfew.acme.example']
    await passkeys.insertMany(rpIds.map((rpId, at) => ({ _id: String(at), person: 'riley', rpId })))
    const asking = catalogOf('https://idp.acme.example')
    await writeFile(path, asking)
    expect(await said('https://curfew.acme.example')).toBe('')
    await writeFile(
      path,
      asking.replace(
        "target: { gate: main }, who: 'true'",
        "target: { gate: main }, confirm: mfa, who: 'true'",
      ),
    )
    expect(await said('https://curfew.acme.example')).toMatch(/^passkeys: 2 are of another host than curfew/)
    expect(await said('https://10.0.0.1')).toMatch(/^passkeys: browsers make none/)
  } finally {
    await rm(folder, { recursive: true })
    await database.drop()
  }
})
