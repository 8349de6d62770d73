import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPracticeApp } from '../support/practice-app.ts'
import { startWorkspace } from '../workspace.ts'
import { buildPage } from './build-page.ts'
import { Company } from './company.ts'
import type { Door } from './doors.ts'
import type { Send } from './okta.ts'
import { servePractice } from './serve-practice.ts'

/** The page with everything around it made up: for working on the page alone. The real parts are the demo's. */
export async function rehearse({ port = 0 } = {}) {
  const pageDir = await buildPage()
  const workspace = await startWorkspace({ command: '/request-access', shortcuts: ['request_access'] })
  const ada = workspace.addPerson({ name: 'Ada', title: 'Database admin', tz: 'Europe/London' })
  const sam = workspace.addPerson({ name: 'Sam', title: 'Database admin', tz: 'America/New_York' })
  const riley = workspace.addPerson({
    name: 'Riley',
    title: 'Contractor',
    guest: 'multi',
    tz: 'Europe/Berlin',
  })
  const kim = workspace.addPerson({ name: 'Kim', title: 'Manager' })
  const mallory = workspace.addPerson({ name: 'Mallory', title: 'Stranger', team: 'T00000ELSE' })
  const access = workspace.addChannel({ name: 'access', members: [ada, sam, kim, mallory], app: true })
  const orders = workspace.addChannel({ name: 'orders', members: [ada, sam, kim, riley] })
  workspace.addGroup({ handle: 'dba', name: 'Database admins', members: [ada, sam] })
  kim.says('Orders are stuck in _paid_ since the morning. Riley is on it.', { in: orders })
  const app = await startPracticeApp(workspace, access)
  const dir = await mkdtemp(join(tmpdir(), 'rehearsal-'))
  const catalogPath = join(dir, 'catalog.yaml')
  await writeFile(catalogPath, 'resources:\n  orders-db:\n    entitlements:\n      read: {}\n')
  const doors = [madeUpDoor('orders-db', 'Orders database'), madeUpDoor('billing-db', 'Billing database')]
  const scim = madeUpScim()
  const company = new Company('okta', scim.send)
  for (const [person, group] of [
    [riley, 'contractors'],
    [ada, 'dba'],
  ] as const) {
    const { name } = person
    await company.hires({ id: name.toLowerCase(), name, email: person.account.email ?? '', group })
  }
  const practice = await servePractice({ workspace, doors, catalogPath, pageDir, port, company })
  return {
    url: practice.url,
    workspace,
    doors,
    access,
    orders,
    ada,
    sam,
    riley,
    kim,
    mallory,
    catalogPath,
    scim,
    close: async () => {
      await practice.close()
      await app.stop()
      await workspace.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Opens and shuts by hand: `isHeldBy` is whoever holds it. */
function madeUpDoor(id: string, name: string): Door & { isHeldBy: Set<string> } {
  const isHeldBy = new Set<string>()
  return {
    id,
    name,
    isHeldBy,
    holders: async () => [...isHeldBy],
    tryAs: async (personId) =>
      isHeldBy.has(personId)
        ? { ok: true, says: '3 orders' }
        : { ok: false, says: 'not authorized on orders' },
  }
}

/** Takes whatever it is sent and keeps nothing, or answers with `refusal`; while it is `isAway`, nothing. */
function madeUpScim(): { send: Send; refusal: { status: number; detail: string } | null; isAway: boolean } {
  let made = 0
  const scim: ReturnType<typeof madeUpScim> = {
    refusal: null,
    isAway: false,
    send: async (method) => {
      if (scim.isAway) throw new Error('fetch failed')
      if (scim.refusal) return { status: scim.refusal.status, body: { detail: scim.refusal.detail } }
      if (method === 'POST') return { status: 201, body: { id: `made-up-${(made += 1)}` } }
      return { status: 200, body: {} }
    },
  }
  return scim
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url, close } = await rehearse({ port: Number(process.env.PORT ?? 0) })
  process.stdout.write(`${url}\n`)
  process.once('SIGINT', () => void close().then(() => process.exit(0)))
}
