import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { freePort } from '../../test/support/free-port.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import { startWorkspace } from '../../test/workspace/workspace.ts'
import { systemVariables } from './catalog.ts'
import { confirmCatalog } from './confirm-catalog.ts'
import { browsers, type Ready } from './confirm-posts.ts'
import { botOf } from './lives.ts'
import { startPart } from './part.ts'
import { nodeOptions, type Bench } from './run-bench.ts'

const patienceMs = 30_000

const ready = z.object({
  secret: z.string(),
  ticket: z.string(),
  enrolment: z.string(),
}) satisfies z.ZodType<Ready>

/** Something that one person does, once. */
type Act = () => Promise<{ principal: string; sentAtMs: number; status: number }>

/** Curfew with so many people who can confirm, with a link each, and as many others with a form open that a rule approves. */
export async function whoConfirm(
  bench: Bench,
  about: { url: string; mongodbUri: string; amounts: { warm: number; measured: number; atOnce: number } },
) {
  const { url, mongodbUri, amounts } = about
  const workspace = await startWorkspace({
    command: '/request-access',
    shortcuts: ['request_access'],
    keepCalls: 1,
    triggerMs: 10_000,
    ackMs: 10_000,
  })
  bench.atEnd(() => workspace.close())
  const channel = workspace.addChannel({ name: 'access', app: true })
  workspace.addPerson({ name: 'Ada', email: 'ada@acme.example', channels: [channel] })
  const many = (what: string, count: number): Person[] =>
    Array.from({ length: count }, (_, i) =>
      workspace.addPerson({ name: `${what} ${i}`, email: `${what}-${i}@acme.example` }),
    )
  const people = {
    warm: many('warm', amounts.warm),
    confirmed: many('confirmed', amounts.measured),
    burst: many('burst', amounts.atOnce),
  }
  const ruled = many('ruled', amounts.measured + amounts.warm)
  const [keyed] = many('keyed', 1)
  const enrolled = [...people.warm, ...people.confirmed, ...people.burst]
  workspace.addGroup({ handle: 'engineering', members: [...enrolled, ...ruled, ...(keyed ? [keyed] : [])] })
  const folder = join(import.meta.dirname, '../../.cache/bench')
  await mkdir(folder, { recursive: true })
  const catalogPath = join(folder, 'confirm.yml')
  await writeFile(catalogPath, confirmCatalog(channel))
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const app = startPart('confirm-app.ts', nodeOptions())
  bench.atEnd(() => app.stop())
  await app.ask({
    what: 'start',
    ...botOf(workspace),
    mongodbUri,
    catalogPath,
    port,
    publicUrl,
    key: randomBytes(32).toString('base64'),
    environment: systemVariables({ url, secret: `whsec_${randomBytes(32).toString('base64')}` }),
  })
  let told = 0
  workspace.changes.on('change', (change) => {
    if (change.what === 'call' && change.call.method === 'chat.postMessage') told += 1
  })
  const readied = async (some: readonly Person[], withPasskey = false) =>
    z.array(ready).parse(
      await app.ask({
        what: 'ready',
        withPasskey,
        people: some.map(({ id, name, account }) => ({
          userId: id,
          teamId: workspace.teamId,
          name,
          email: account.email,
        })),
      }),
    )
  for (const one of ruled) {
    await one.runs('/request-access service ruled 1h INC-123: orders stuck in paid')
    await one.modal('What do you need it for', { withinMs: patienceMs })
  }
  const posts = browsers(publicUrl, amounts.atOnce)
  const links = {
    warm: await readied(people.warm),
    confirmed: await readied(people.confirmed),
    burst: await readied(people.burst),
  }
  const keyedLinks = await readied(keyed ? [keyed] : [], true)
  // They are told of their apps, by DM.
  const untilMs = Date.now() + patienceMs
  while (told < enrolled.length + 2 && Date.now() < untilMs) await sleep(100)
  const confirms = (name: keyof typeof links): Act[] =>
    links[name].map((link, i) => async () => ({
      principal: people[name][i]?.account.email?.split('@')[0] ?? '',
      ...(await posts.confirms(link)),
    }))
  const asks = ruled.map((one): Act => async () => {
    const sentAtMs = Date.now()
    const { outcome } = await one.submits()
    return {
      principal: one.account.email?.split('@')[0] ?? '',
      sentAtMs,
      status: outcome === 'cleared' ? 303 : 500,
    }
  })
  return {
    app,
    posts,
    lanes: {
      warm: [...confirms('warm'), ...asks.slice(amounts.measured)],
      confirmed: confirms('confirmed'),
      ruled: asks.slice(0, amounts.measured),
      burst: confirms('burst'),
    },
    /** As somebody sees them who has a passkey and an app, before they confirm. */
    pages: async () => {
      const [link] = keyedLinks
      const tookMs: number[] = []
      let confirmBytes = 0
      for (let i = 0; i < 200; i++) {
        const page = await posts.opens(`/confirm/${link?.ticket ?? ''}`)
        if (page.status !== 200 || !page.text.includes('data-passkey')) throw new Error('no whole page')
        tookMs.push(page.tookMs)
        confirmBytes = page.bytes
      }
      const enrolment = await posts.opens(`/confirm/enrol/${link?.enrolment ?? ''}`)
      if (!enrolment.text.includes('<svg')) throw new Error('no whole page to add a way')
      return { tookMs, confirmBytes, enrolBytes: enrolment.bytes }
    },
  }
}
