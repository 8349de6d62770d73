import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { ssh } from '../../src/connectors/ssh/ssh.ts'
import type { Connector, Surroundings } from '../../src/domain/connector.ts'
import { publishedRoutes } from '../../src/web/published.ts'
import { serveWeb } from '../../src/web/server.ts'
import { noLog } from '../support/no-log.ts'
import { aKeyPair, logIn, startSshd, type Sshd } from '../support/sshd.ts'
import { surroundings, type HandsOver, type HarnessWithoutPort } from '../../src/testing/contract.ts'

const run = promisify(execFile)
const document = new URL('../../docs/connectors/ssh.md', import.meta.url)
const placeJson = z.object({ principal: z.string(), target: z.string() })
const targetJson = z.object({ principals: z.array(z.string()) })

export const connectSsh = (settings: object, more: Partial<Surroundings> = {}): Connector =>
  ssh.connect(ssh.settings.parse(settings), { ...surroundings(2_500), ...more })

/** An authority and a folder of Curfew's that knows it. */
export async function anAuthority(base: string) {
  const ca = join(base, `ca-${randomUUID()}`)
  const folder = join(base, `folder-${randomUUID()}`)
  await aKeyPair(ca)
  await mkdir(folder, { mode: 0o700 })
  const line = await readFile(`${ca}.pub`, 'utf8')
  await writeFile(join(folder, 'ca.pub'), line)
  return { ca, folder, line, text: await readFile(ca, 'utf8') }
}

/** The script printed in docs/connectors/ssh.md, word by word, as a host runs it. */
export async function theDocumentedScript(base: string): Promise<string> {
  const code = /```sh\n(#![\s\S]+?)```/.exec(await readFile(document, 'utf8'))?.[1]
  if (!code) throw new Error('the document holds no script')
  const path = join(base, 'fetch-revoked')
  await writeFile(path, code)
  await chmod(path, 0o755)
  return path
}

export interface SshHarness extends HarnessWithoutPort {
  readonly sshd: Sshd
  readonly base: string
  readonly folder: string
  readonly ca: string
  readonly url: string
  /** The pair that somebody brought last. */
  readonly keyOf: (principal: string) => Promise<string>
  /** Lets the host fetch what is revoked now. */
  readonly fetched: () => Promise<void>
  readonly handOver: HandsOver
}

/** A real sshd that fetches what is revoked over HTTP from Curfew's own server. */
export async function theSshd(): Promise<SshHarness> {
  const base = await mkdtemp(join(tmpdir(), 'curfew-ssh-tests-'))
  const { ca, folder, line, text } = await anAuthority(base)
  const stranger = await anAuthority(base)
  const sshd = await startSshd({ authorities: line })
  const script = await theDocumentedScript(base)
  const gate = await aHeldUpProgram(base)
  const connect = (at = folder, key = ca) =>
    connectSsh({ folder: at, ca: { file: key }, sshKeygen: gate.program, late: '1s' })
  const publisher = connectSsh({ folder, ca: { file: ca } })
  const web = await serveWeb({
    port: 0,
    slack: null,
    rooms: {
      '/published': publishedRoutes(
        (id) => (id === 'hosts' ? { connector: publisher, timeoutMs: 2_500 } : null),
        noLog,
      ),
    },
  })
  const url = `http://127.0.0.1:${web.port}/published/hosts`
  const keys: { principal: string; key: string }[] = []
  const aKey = async (principal: string) => {
    const key = join(base, `key-${randomUUID()}`)
    await aKeyPair(key)
    keys.unshift({ principal, key })
    return key
  }
  const fetched = async () => {
    await run(script, [url, sshd.revokedKeys])
  }

  return {
    sshd,
    base,
    folder,
    ca,
    url,
    keyOf: async (principal) => keys.find((one) => one.principal === principal)?.key ?? aKey(principal),
    fetched,
    secrets: [text, stranger.text].flatMap((key) => key.split('\n').filter((part) => /^[^-]{20}/.test(part))),
    connect: () => connect(),
    // As where a volume is not mounted.
    connectUnreachable: () => connect(base),
    // A key that hosts do not trust.
    connectWithBadCredentials: () => connect(folder, stranger.ca),
    async aWay() {
      const connector = connect()
      return {
        connector,
        hold: gate.hold,
        waiting: gate.waiting,
        breakOff: gate.breakOff,
        mend: async () => undefined,
        letGo: gate.letGo,
        async close() {
          await gate.letGo()
          await connector.close()
        },
      }
    },
    async freeze() {
      await gate.hold()
      return gate.letGo
    },
    aPrincipal: async (name = `ada-${randomUUID()}`) => name,
    async aTarget() {
      const [role, other] = [`ops-${randomUUID()}`, `deploy-${randomUUID()}`]
      await sshd.admit(role)
      return {
        target: { principals: [role, other], permit: ['pty'] },
        sameTarget: { permit: ['pty', 'pty'], principals: [other, role, other] },
      }
    },
    async fill(target, count) {
      const canonical = ssh.canonical(target)
      const place = join(folder, 'held', digest(canonical))
      for (const principal of Array.from({ length: count }, (_, i) => `member-${i}-${randomUUID()}`)) {
        await mkdir(join(place, digest(principal)), { recursive: true })
        const json = JSON.stringify({ principal, target: canonical })
        await writeFile(join(place, digest(principal), 'place.json'), json)
      }
    },
    async reallyHolds(principal, target) {
      const { principals } = targetJson.parse(target)
      const wanted = JSON.stringify([...principals].sort())
      const files = (await readdir(join(folder, 'held'), { recursive: true }).catch(() => [])).filter(
        (path) => path.endsWith('place.json'),
      )
      for (const file of files) {
        const place = placeJson.parse(JSON.parse(await readFile(join(folder, 'held', file), 'utf8')))
        const held = targetJson.parse(JSON.parse(place.target))
        if (place.principal === principal && JSON.stringify(held.principals) === wanted) return true
      }
      return false
    },
    // Nobody has to be anywhere, and no host is asked what it lets in.
    vanish: null,
    vanishTarget: null,
    async lacking() {
      const open = await anAuthority(base)
      await chmod(open.folder, 0o777)
      const target = { principals: ['ops'] }
      return [
        {
          connector: connect(open.folder, open.ca),
          target,
          what: /folder-.* may be changed by others/,
          remedy: /^chmod go-w '.*folder-/,
        },
        {
          connector: connect(),
          target: { ...target, from: ['10.1.2.3/8'] },
          what: /no certificate can be made for ops: .*Invalid source-address/,
          remedy: null,
        },
      ]
    },
    handOver: {
      brings: async (principal) => readFile(`${await aKey(principal)}.pub`, 'utf8'),
      async opens(shown) {
        await fetched()
        const certificate = shown.find(({ label }) => label === 'Certificate')?.text ?? ''
        for (const { key } of keys) {
          const [, ours = ''] = (await readFile(`${key}.pub`, 'utf8')).split(' ')
          if (
            Buffer.from(certificate.split(' ')[1] ?? '', 'base64').includes(
              Buffer.from(ours, 'base64').subarray(-32),
            )
          )
            return (await logIn(sshd, { key, certificate })) === 'in'
        }
        throw new Error('nobody has the key of that certificate')
      },
      secretsIn: (shown) => shown.filter(({ label }) => label === 'Certificate').map(({ text }) => text),
    },
    async stop() {
      await web.close()
      await publisher.close()
      await sshd.stop()
      await rm(base, { recursive: true })
    },
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** ssh-keygen, which waits while it is held up, where it is called with this option alone. */
export async function aHeldUpProgram(base: string, option = '-*', otherwise = 'ssh-keygen') {
  const folder = await mkdtemp(join(base, 'held-up-'))
  const [program, held, waits] = [join(folder, 'ssh-keygen'), join(folder, 'held'), join(folder, 'waits')]
  await mkdir(waits)
  const script = `#!/bin/sh
case $1 in ${option}) holds=yes ;; *) holds=no ;; esac
if [ $holds = yes ] && [ -e '${held}' ]; then
  : >"${waits}/$$"
  while [ -e '${held}' ]; do sleep 0.02; done
fi
exec '${otherwise}' "$@"
`
  await writeFile(program, script)
  await chmod(program, 0o755)
  const letGo = async () => {
    await rm(held, { force: true })
    for (const pid of await readdir(waits)) await rm(join(waits, pid))
  }
  return {
    program,
    hold: () => writeFile(held, ''),
    async waiting() {
      while ((await readdir(waits)).length === 0) await sleep(5)
    },
    async breakOff() {
      for (const pid of await readdir(waits)) process.kill(Number(pid), 'SIGKILL')
      await letGo()
    },
    letGo,
  }
}
