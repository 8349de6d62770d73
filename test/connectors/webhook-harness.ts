import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect as dial } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { webhook } from '../../src/connectors/webhook/webhook.ts'
import { freePort } from '../support/free-port.ts'
import { freeze } from '../support/freeze.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

const document = new URL('../../docs/connectors/webhook.md', import.meta.url)
/** Inside the clone, so that the receiver finds its library. */
const folders = fileURLToPath(new URL('../../.cache/webhook-receivers/', import.meta.url))
const peopleSchema = z.record(z.string(), z.array(z.string()))

/** In one step: the receiver may be reading right now. */
function rewrite(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

export const aSecret = () => `whsec_${randomBytes(32).toString('base64')}`

/** The receiver printed in docs/connectors/webhook.md, word by word, in a process of its own. */
export async function theDocumentedReceiver(): Promise<
  Harness & { readonly url: string; readonly secret: string }
> {
  const code = /```js\n([\s\S]+?)```/.exec(await readFile(document, 'utf8'))?.[1]
  if (!code) throw new Error('the document holds no receiver')
  await mkdir(folders, { recursive: true })
  const folder = await mkdtemp(folders)
  const file = join(folder, 'people.json')
  await writeFile(join(folder, 'receiver.mjs'), code)
  await writeFile(file, '{}')

  const [port, secret, gatewayKey] = [await freePort(), aSecret(), randomUUID()]
  const receiver = spawn(process.execPath, ['--import', endsWithStdin, 'receiver.mjs'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: String(port), CURFEW_WEBHOOK_SECRET: secret },
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  await listens(port)

  const connect = (toPort: number, withSecret = secret) => {
    const url = `http://127.0.0.1:${toPort}/curfew?token=${gatewayKey}`
    const settings = { url, secret: withSecret, headers: { 'x-gateway-key': gatewayKey } }
    return webhook.connect(webhook.settings.parse(settings), surroundings(2_500))
  }
  /** The receiver is another process, and may be writing right now. */
  const people = (triesLeft = 50): z.infer<typeof peopleSchema> => {
    const text = readFileSync(file, 'utf8')
    if (text !== '' || triesLeft === 0) return peopleSchema.parse(JSON.parse(text))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    return people(triesLeft - 1)
  }

  return {
    url: `http://127.0.0.1:${port}/curfew`,
    secret,
    secrets: [secret, secret.slice('whsec_'.length), gatewayKey],
    connect: () => connect(port),
    port,
    connectBy: (by) => connect(by),
    connectUnreachable: () => connect(1),
    connectWithBadCredentials: () => connect(port, aSecret()),
    async aPrincipal(name = `ada-${randomUUID()}`) {
      rewrite(file, JSON.stringify({ ...people(), [name]: [] }))
      return name
    },
    async fill(target, count) {
      const members = Array.from({ length: count }, (_, i) => [
        `member-${i}-${randomUUID()}`,
        [target['group']],
      ])
      rewrite(file, JSON.stringify({ ...people(), ...Object.fromEntries(members) }))
    },
    // Whether a group exists is known to the receiver alone.
    vanishTarget: null,
    lacking: null,
    async vanish(principal) {
      const left = Object.entries(people()).filter(([name]) => name !== principal)
      rewrite(file, JSON.stringify(Object.fromEntries(left)))
    },
    async aTarget() {
      const group = `dba-${randomUUID()}`
      return { target: { group, note: { a: 1, b: [2] } }, sameTarget: { note: { b: [2], a: 1 }, group } }
    },
    reallyHolds: async (principal, target) => people()[principal]?.includes(String(target['group'])) ?? false,
    async freeze() {
      if (receiver.pid === undefined) throw new Error('the receiver does not run')
      const thaw = await freeze(receiver.pid)
      return async () => {
        thaw()
        // What had arrived while it was frozen is done with, and writes no more, once it has answered what came after.
        for (const path of ['first', 'second'])
          await fetch(`http://127.0.0.1:${port}/${path}`, { method: 'POST' })
      }
    },
    async stop() {
      receiver.stdin.end()
      await once(receiver, 'exit')
      await rm(folder, { recursive: true })
    },
  }
}

/** So that it cannot outlive the tests, however they end. */
const endsWithStdin = 'data:text/javascript,process.stdin.resume().on("end",()=>process.exit())'

async function listens(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = dial(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await sleep(25)
  }
  throw new Error('the receiver did not start')
}
