import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { keepServer } from './kept-server.ts'

const run = promisify(execFile)
const binary = '/usr/sbin/sshd'
/** From this version on it lets nobody in for a while from where logins failed. */
const firstWithPenalties = 9.8

export interface Sshd {
  readonly port: number
  /** The one account that it lets in: whoever runs it. */
  readonly account: string
  /** The list of revoked keys that it reads at each login. */
  readonly revokedKeys: string
  /** Lets the account be used by certificates for this role. */
  admit(principal: string): Promise<void>
  /** All that it has written to its log. */
  log(): Promise<string>
  stop(): Promise<void>
}

/** Whether OpenSSH's server is here; where tests must not be skipped, it is an error when it is not. */
export function hasSshd(): boolean {
  const isThere = existsSync(binary) && existsSync('/usr/bin/curl')
  if (!isThere && process.env['CI']) throw new Error('OpenSSH or curl is not here: ./scripts/servers')
  return isThere
}

/** A new pair of keys without a passphrase; its public half has `.pub` behind. */
export async function aKeyPair(path: string, ...type: string[]): Promise<void> {
  const kind = type.length > 0 ? type : ['-t', 'ed25519']
  await run('ssh-keygen', ['-q', ...kind, '-N', '', '-C', 'of the tests', '-f', path])
}

/**
 * A real sshd on 127.0.0.1 that takes certificates of these authorities alone, and nobody until its list of revoked keys
 * is there. It and its folder go with this process, however that ends.
 */
export async function startSshd({ authorities }: { authorities: string }): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-sshd-'))
  // As root it wants this one, with no regard to its settings.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  await aKeyPair(join(folder, 'host'))
  await writeFile(join(folder, 'authorities'), authorities)
  await writeFile(join(folder, 'principals'), '')
  const port = await freePort()
  const version = Number(/OpenSSH_(\d+\.\d+)/.exec((await run('ssh', ['-V'])).stderr)?.[1] ?? 0)
  const settings = `
ListenAddress 127.0.0.1
Port ${port}
HostKey ${folder}/host
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile none
TrustedUserCAKeys ${folder}/authorities
AuthorizedPrincipalsFile ${folder}/principals
RevokedKeys ${folder}/revoked-keys
MaxStartups 100
${version >= firstWithPenalties ? 'PerSourcePenalties no' : ''}
`
  await writeFile(join(folder, 'sshd_config'), settings)
  const log = join(folder, 'log')
  const { stop } = await keepServer({
    command: [
      'sh',
      '-c',
      'echo beginning; exec "$@"',
      'sh',
      binary,
      '-D',
      ...['-E', log, '-f', join(folder, 'sshd_config')],
    ],
    folder,
    isReady: (line) => line === 'beginning',
  })
  const until = performance.now() + 10_000
  while (!(await listens(port))) {
    if (performance.now() > until) throw new Error(`sshd does not listen: ${await readFile(log, 'utf8')}`)
    await sleep(10)
  }
  return {
    port,
    account: userInfo().username,
    revokedKeys: join(folder, 'revoked-keys'),
    admit: (principal) => appendFile(join(folder, 'principals'), `${principal}\n`),
    log: () => readFile(log, 'utf8'),
    stop,
  }
}

interface Login {
  readonly key: string
  readonly certificate: string
  readonly command?: string
}

/** What a command says that is run with this key and certificate; null where nobody is let in. */
export async function logIn(sshd: Pick<Sshd, 'port' | 'account'>, login: Login): Promise<string | null> {
  const session = await openSession(sshd, login)
  session.stdin.end()
  const [said, complaint] = await Promise.all([
    text(session.stdout),
    text(session.stderr),
    once(session, 'close'),
  ])
  await session.removed
  if (session.exitCode === 0) return said.trim()
  if (complaint.includes('Permission denied')) return null
  throw new Error(`ssh ended with ${session.exitCode}: ${complaint}`)
}

/** A session of ssh, which may not have been let in yet; its files are `removed` once it has ended. */
export async function openSession(
  { port, account }: Pick<Sshd, 'port' | 'account'>,
  { key, certificate, command = 'echo in' }: Login,
): Promise<ChildProcessWithoutNullStreams & { readonly removed: Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-ssh-login-'))
  await writeFile(join(folder, 'certificate'), `${certificate}\n`, { mode: 0o600 })
  const options = [
    ...[`CertificateFile=${join(folder, 'certificate')}`, 'IdentitiesOnly=yes', 'IdentityAgent=none'],
    ...['BatchMode=yes', 'StrictHostKeyChecking=no', `UserKnownHostsFile=${join(folder, 'hosts')}`],
    ...['LogLevel=ERROR', 'ConnectTimeout=10'],
  ].flatMap((option) => ['-o', option])
  const to = ['-F', 'none', '-i', key, '-p', String(port), `${account}@127.0.0.1`, command]
  const session = spawn('ssh', [...options, ...to])
  const removed = once(session, 'close').then(() => rm(folder, { recursive: true, force: true }))
  return Object.assign(session, { removed })
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
