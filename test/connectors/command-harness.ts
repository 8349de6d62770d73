import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { command } from '../../src/connectors/command/command.ts'
import type { Connector } from '../../src/domain/connector.ts'
import { surroundings, type HarnessWithoutPort } from '../../src/testing/contract.ts'

const run = promisify(execFile)
const document = new URL('../../docs/connectors/command.md', import.meta.url)
const peopleSchema = z.record(z.string(), z.array(z.string()))

/** Whether what the documented program needs is here; where tests must not be skipped, its lack is an error. */
export function hasTools(): boolean {
  const lacking = ['jq', 'flock'].filter(
    (tool) =>
      !String(process.env['PATH'])
        .split(':')
        .some((folder) => existsSync(join(folder, tool))),
  )
  if (lacking.length > 0 && process.env['CI'])
    throw new Error(`${lacking.join(' and ')} is not here: ./scripts/servers`)
  return lacking.length === 0
}

export const connectCommand = (settings: object, timeoutMs = 2_500): Connector =>
  command.connect(command.settings.parse(settings), surroundings(timeoutMs))

/** The program printed in docs/connectors/command.md, word by word. */
export async function theDocumentedProgram(): Promise<HarnessWithoutPort> {
  const code = /```sh\n(#![\s\S]+?)```/.exec(await readFile(document, 'utf8'))?.[1]
  if (!code) throw new Error('the document holds no program')
  const base = await mkdtemp(join(tmpdir(), 'curfew-command-'))
  const [folder, program, lost] = [join(base, 'people'), join(base, 'program'), join(base, 'lost')]
  const [token, wrongToken] = [randomUUID(), randomUUID()]
  await Promise.all([folder, lost].map((path) => mkdir(path)))
  await writeFile(program, code)
  await chmod(program, 0o755)
  await writeFile(join(folder, 'people.json'), '{}')
  await writeFile(join(folder, 'token'), `${token}\n`)

  const connect = (at = folder, with_ = token) =>
    connectCommand({ run: [program, at], env: { CURFEW_PEOPLE_TOKEN: with_ }, late: '1s' })
  const people = async () =>
    peopleSchema.parse(JSON.parse(await readFile(join(folder, 'people.json'), 'utf8')))
  /** By a hand of its own, under the same lock. */
  const changed = async (filter: string, value: unknown) => {
    const script = 'jq --argjson value "$1" "$2" people.json >by-hand && mv by-hand people.json'
    await run('flock', ['lock', 'sh', '-c', script, 'sh', JSON.stringify(value), filter], { cwd: folder })
  }
  /** Keeps every program waiting. */
  const locked = async () => {
    const holder = spawn('flock', ['lock', 'sh', '-c', 'echo held; exec cat'], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    return async () => {
      const exit = once(holder, 'exit')
      holder.stdin.end()
      await exit
    }
  }

  return {
    secrets: [token, wrongToken],
    connections: 0,
    connect: () => connect(),
    // A program that runs, and finds that what it needs is not there now.
    connectUnreachable: () => connect(lost),
    connectWithBadCredentials: () => connect(folder, wrongToken),
    async aWay() {
      const connector = connect()
      let unlock = async () => {}
      const letGo = async () => {
        await unlock()
        unlock = async () => {}
      }
      return {
        connector,
        hold: async () => void (unlock = await locked()),
        async waiting() {
          while ((await waitingIn(folder)).length === 0) await sleep(5)
        },
        async breakOff() {
          for (const pid of await waitingIn(folder)) process.kill(pid, 'SIGKILL')
          await letGo()
        },
        mend: async () => undefined,
        letGo,
        async close() {
          await letGo()
          await connector.close()
        },
      }
    },
    async aPrincipal(name = `ada-${randomUUID()}`) {
      await changed('. + {($value): []}', name)
      return name
    },
    async fill(target, count) {
      const members = Array.from({ length: count }, (_, i) => `member-${i}-${randomUUID().slice(0, 8)}`)
      await writeFile(join(folder, 'filled'), JSON.stringify(members))
      const filter = '. + ([$names[0][] | {(.): [$value]}] | add)'
      const script =
        'jq --slurpfile names filled --argjson value "$1" "$2" people.json >by-hand && mv by-hand people.json'
      const group = JSON.stringify(target['group'])
      await run('flock', ['lock', 'sh', '-c', script, 'sh', group, filter], { cwd: folder })
    },
    // Whether a group exists is known to the program alone.
    vanishTarget: null,
    async vanish(principal) {
      await changed('del(.[$value])', principal)
    },
    async aTarget() {
      const group = `dba-${randomUUID()}`
      return { target: { group, note: { a: 1, b: [2] } }, sameTarget: { note: { b: [2], a: 1 }, group } }
    },
    reallyHolds: async (principal, target) =>
      (await people())[principal]?.includes(String(target['group'])) ?? false,
    async lacking() {
      const [missing, plain, open] = ['missing', 'plain', 'open'].map((name) => join(base, name))
      await writeFile(String(plain), code, { mode: 0o644 })
      await writeFile(String(open), code)
      await chmod(String(open), 0o775)
      const one = (path: string | undefined, what: RegExp, remedy: RegExp) => ({
        connector: connectCommand({ run: [path, folder], env: { CURFEW_PEOPLE_TOKEN: token } }),
        target: { group: 'dba' },
        what,
        remedy,
      })
      return [
        one(missing, /there is no program at .*\/missing$/, /^install -m 755 .*\/missing$/),
        one(plain, /\/plain may not be executed/, /^chmod \+x .*\/plain$/),
        one(open, /\/open may be changed by others/, /^chmod go-w .*\/open$/),
      ]
    },
    freeze: locked,
    async stop() {
      await rm(base, { recursive: true })
    },
  }
}

/** The programs that wait for the lock in a folder: told by Linux alone. */
async function waitingIn(folder: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '')
    const words = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (cwd === folder && words === 'flock\x009\x00') found.push(Number(name), await parentOf(name))
  }
  return found.filter((pid) => pid > 1)
}

async function parentOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}
