import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { aKeeper } from '../command/keeper.ts'
import { runOnce, type Outcome } from '../command/program.ts'
import { readSecret, type Secret } from '../secret.ts'
import type { SshTarget } from './settings.ts'

/** UTC: it reads and writes times by the zone of its process. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  TZ: 'UTC0',
}
/** A list of some hundred thousand serials. */
const mostBytes = 32_000_000
const seenByOthers = 0o077

export interface Signature {
  /** The line of a public key. */
  readonly key: string
  readonly keyId: string
  readonly target: SshTarget
  readonly serial: string
  readonly from: Date
  readonly until: Date
}

/** What the program that comes with OpenSSH does for us. Its failures are `ConnectorError`s, without secrets. */
export interface KeyGen {
  /** Type and base64 of the authority's public key. */
  authority(signal: AbortSignal): Promise<string>
  /** Null: it can be read; else why not. */
  faultOf(key: string, signal: AbortSignal): Promise<string | null>
  sign(signature: Signature, signal: AbortSignal): Promise<string>
  /** Writes a list of revoked serials, of certificates by whatever authority. */
  writeKrl(
    path: string,
    list: { readonly serials: readonly string[]; readonly version: number },
    signal: AbortSignal,
  ): Promise<void>
  /** What such a list holds, single serials and ranges of them; null where it is none, or half of one. */
  readKrl(path: string, signal: AbortSignal): Promise<readonly Serials[] | null>
  close(): Promise<void>
}

export interface Serials {
  readonly first: bigint
  readonly last: bigint
}

export function keyGen(
  { ca, sshKeygen }: { ca: Secret; sshKeygen?: string | undefined },
  surroundings: Pick<Surroundings, 'hide' | 'opens'>,
): KeyGen {
  const program = sshKeygen ?? 'ssh-keygen'
  const keeper = aKeeper()

  async function ran(args: readonly string[], signal: AbortSignal): Promise<Exited> {
    if (sshKeygen !== undefined && !surroundings.opens(sshKeygen))
      throw new ConnectorError(`${sshKeygen} is not opened to catalogs: see CATALOG_FILES`, {
        retryable: false,
        happened: 'no',
      })
    await keeper.ready()
    const outcome = await runOnce([program, ...args], {
      env: environment,
      input: '',
      mostBytes,
      keeper,
      signal,
    })
    if (outcome.how === 'exited') return outcome
    throw notRun(program, outcome)
  }

  async function inPrivate<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'curfew-ssh-'))
    try {
      return await work(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Where the authority's key can be read by the program: it takes none that others of its user's files may read. */
  const withAuthority = async <T>(work: (path: string, folder: string) => Promise<T>): Promise<T> => {
    const key = await readSecret(ca, surroundings)
    return inPrivate(async (folder) => {
      if (typeof ca !== 'string' && (await isPrivate(ca.file))) return work(ca.file, folder)
      const path = join(folder, 'ca')
      await writeFile(path, `${key}\n`, { mode: 0o600 })
      return work(path, folder)
    })
  }

  return {
    authority: (signal) =>
      withAuthority(async (path) => {
        const { status, answer, complaint } = await ran(['-y', '-P', '', '-f', path], signal)
        const key = keyIn(answer)
        if (status === 0 && key !== null) return key
        throw new ConnectorError(
          `ssh-keygen does not accept the authority's private key: ${lastWords(complaint)}`,
          { retryable: false, happened: 'no' },
        )
      }),

    faultOf: (key, signal) =>
      inPrivate(async (folder) => {
        const path = join(folder, 'key.pub')
        await writeFile(path, `${key}\n`)
        const { status, complaint } = await ran(['-l', '-f', path], signal)
        return status === 0 ? null : lastWords(complaint)
      }),

    sign: ({ key, keyId, target, serial, from, until }, signal) =>
      withAuthority(async (authority, folder) => {
        const path = join(folder, 'key.pub')
        await writeFile(path, `${key}\n`)
        const options = [
          'clear',
          ...target.permit.map((what) => `permit-${what}`),
          ...(target.from === undefined ? [] : [`source-address=${target.from.join(',')}`]),
          ...(target.command === undefined ? [] : [`force-command=${target.command}`]),
        ]
        const { status, complaint } = await ran(
          [
            ...['-q', '-s', authority, '-P', '', '-I', keyId, '-n', target.principals.join(',')],
            ...options.flatMap((option) => ['-O', option]),
            ...['-z', serial, '-V', `${written(from)}:${written(until)}`, path],
          ],
          signal,
        )
        if (status !== 0)
          throw new ConnectorError(`ssh-keygen did not sign: ${lastWords(complaint)}`, { retryable: true })
        // Without the comment, which names the file that was signed.
        const certificate = keyIn(await readFile(join(folder, 'key-cert.pub'), 'utf8'))
        if (certificate === null || !/^[\w.-]+-cert-v01@openssh\.com /.test(certificate))
          throw new ConnectorError('ssh-keygen wrote what is no certificate', { retryable: true })
        return certificate
      }),

    writeKrl: (path, { serials, version }, signal) =>
      inPrivate(async (folder) => {
        const list = join(folder, 'serials')
        await writeFile(list, serials.map((serial) => `serial: ${serial}\n`).join(''))
        const { status, complaint } = await ran(
          ['-k', '-q', '-f', path, '-s', 'none', '-z', String(version), list],
          signal,
        )
        if (status !== 0)
          throw new ConnectorError(`ssh-keygen wrote no list of revoked keys: ${lastWords(complaint)}`, {
            retryable: true,
          })
        await synced(path)
      }),

    async readKrl(path, signal) {
      const { status, answer } = await ran(['-Q', '-l', '-f', path], signal)
      return status === 0 ? serialsIn(answer) : null
    },

    close: () => keeper.close(),
  }
}

type Exited = Extract<Outcome, { how: 'exited' }>

function notRun(program: string, outcome: Exclude<Outcome, Exited>): ConnectorError {
  switch (outcome.how) {
    case 'not started':
      return new ConnectorError(
        `${program} cannot be started (${outcome.code}): on Debian it comes with openssh-client`,
        { retryable: true, happened: 'no' },
      )
    case 'given up':
      return new ConnectorError('no answer of ssh-keygen in time', { retryable: true })
    case 'said too much':
      return new ConnectorError('the answer of ssh-keygen is too long', { retryable: true })
    case 'killed':
      return new ConnectorError(`ssh-keygen was killed by ${outcome.by}`, { retryable: true })
  }
}

/** `Load key "/tmp/…": incorrect passphrase …`: without the file, which is ours and gone. */
function lastWords(complaint: string): string {
  const lines = complaint.split('\n').map((line) => line.trim())
  const last = lines.findLast((line) => line !== '') ?? 'it does not say why'
  return last.replace(/^.*"?\/[^:]*"?: /, '').slice(0, 200)
}

/** Type and base64 of the public key on a line. */
export function keyIn(line: string): string | null {
  return /^\s*([\w@.-]+ [A-Za-z0-9+/=]+)(\s|$)/.exec(line)?.[1] ?? null
}

function serialsIn(listed: string): Serials[] {
  return [...listed.matchAll(/^serial: (\d+)(?:-(\d+))?$/gm)].map(([, first = '0', last = first]) => ({
    first: BigInt(first),
    last: BigInt(last),
  }))
}

const written = (at: Date): string => at.toISOString().slice(0, 19).replace(/[-T:]/g, '')

async function isPrivate(path: string): Promise<boolean> {
  const { uid, mode } = await stat(path)
  return uid !== process.getuid?.() || (mode & seenByOthers) === 0
}

/** What a machine that loses its power keeps. */
export async function synced(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
