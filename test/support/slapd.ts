import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { freeze } from './freeze.ts'
import { keepServer } from './kept-server.ts'

const run = promisify(execFile)
const binary = '/usr/sbin/slapd'

export interface Slapd {
  readonly port: number
  readonly tlsPort: number
  /** May do everything, and rights do not bind it. */
  readonly root: { readonly dn: string; readonly password: string }
  /** Where rights are changed while it runs: sign in here, and change `olcAccess` of `database`. */
  readonly config: { readonly dn: string; readonly password: string; readonly database: string }
  /** PEM of the authority that signed its certificate, for localhost and 127.0.0.1; it listens on 127.0.0.2 too. */
  readonly ca: string
  /** It accepts connections and says nothing, until what this resolves to is called. */
  freeze(): Promise<() => void>
  stop(): Promise<void>
}

export const suffix = 'dc=example,dc=com'

/** Whether OpenLDAP is here; where tests must not be skipped, it is an error when it is not. */
export function hasSlapd(): boolean {
  const isThere = existsSync(binary) && existsSync('/usr/bin/openssl')
  if (!isThere && process.env['CI']) throw new Error('OpenLDAP is not here: ./scripts/servers')
  return isThere
}

/** A real OpenLDAP on 127.0.0.1, with its data in a temporary folder. Both go with this process, however that ends. */
export async function startSlapd({
  access,
  keepsOrder = true,
  more = '',
}: {
  /** What follows `access` in its settings, a rule each. */
  access: readonly string[]
  /** Whether a member that vanishes, or is renamed, does so in its groups too. */
  keepsOrder?: boolean
  /** Lines for its database. */
  more?: string
}): Promise<Slapd> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-slapd-'))
  await mkdir(join(folder, 'data'))
  const ca = await certificates(folder)
  const root = { dn: `cn=root,${suffix}`, password: 'root-of-the-tests' }
  const config = { dn: 'cn=config', password: root.password, database: 'olcDatabase={1}mdb,cn=config' }
  const [port, tlsPort] = [await freePort(), await freePort()]
  const settings = `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
pidfile ${folder}/pid
argsfile ${folder}/args
TLSCertificateFile ${folder}/server.pem
TLSCertificateKeyFile ${folder}/server.key
TLSCACertificateFile ${folder}/ca.pem
threads 4
database config
rootdn "${config.dn}"
rootpw ${config.password}
database mdb
suffix "${suffix}"
rootdn "${root.dn}"
rootpw ${root.password}
directory ${folder}/data
maxsize 268435456
dbnosync
index objectClass,uid,mail,member,uniqueMember,memberUid eq
${more}
${access.map((rule) => `access ${rule}`).join('\n')}
${keepsOrder ? 'overlay memberof\noverlay refint\nrefint_attributes member uniqueMember' : ''}
`
  await writeFile(join(folder, 'slapd.conf'), settings)
  // The second address is one that its certificate does not name.
  const urls = ['127.0.0.1', '127.0.0.2'].map((host) => `ldap://${host}:${port} ldaps://${host}:${tlsPort}`)
  const { pid, stop } = await keepServer({
    // At this level it says that it starts, and no word of what it is asked.
    command: [binary, '-f', join(folder, 'slapd.conf'), '-h', urls.join(' '), '-d', 'none'],
    folder,
    isReady: (line) => line.includes('slapd starting'),
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
  })
  // It says so before it listens.
  while (!(await listens(port))) await sleep(5)
  return { port, tlsPort, root, config, ca, freeze: () => freeze(pid), stop }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isThere = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isThere
}

/** An authority, and a certificate of it for this machine. */
async function certificates(folder: string): Promise<string> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  await openssl('req', '-x509', ...key, '-subj', '/CN=Tests', '-keyout', 'ca.key', '-out', 'ca.pem')
  await openssl(
    'req',
    ...key.slice(0, 5),
    '-subj',
    '/CN=localhost',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  )
  await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2']
  await openssl('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.pem')
  return readFile(join(folder, 'ca.pem'), 'utf8')
}
