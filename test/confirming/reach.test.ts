import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sayWhatIsReached } from '../../src/reach.ts'
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
