import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Workspace } from '../workspace.ts'
import { CatalogFile, type CheckCatalog } from './catalog-file.ts'
import type { Company } from './company.ts'
import { type Door, Doors } from './doors.ts'
import { isOurs, mayConnect, safeHeaders } from './guards.ts'
import type { Laptop } from './laptop.ts'
import { LivePages } from './live-pages.ts'
import type { Phones } from './phones.ts'
import { type PageFile, readPage } from './page-files.ts'

export interface PracticeOptions {
  workspace: Workspace
  doors: readonly Door[]
  catalogPath: string
  /** The built page: what `buildPage()` returns. */
  pageDir: string
  /** Any free one, if not given. */
  port?: number
  /** What is said of a catalog's text after it was saved. */
  checkCatalog?: CheckCatalog
  /** Without it the page shows none. */
  company?: Company
  /** What people confirm with; without them the page shows none. */
  phones?: Phones
  /** What one of them works on; without it the page shows none. */
  laptop?: Laptop
}

export interface Practice {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  url: string
  close(): Promise<void>
}

/** The practice page on loopback: its files, and one WebSocket a page. */
export async function servePractice(options: PracticeOptions): Promise<Practice> {
  const {
    workspace,
    doors,
    catalogPath,
    pageDir,
    port = 0,
    checkCatalog,
    company = null,
    phones = null,
    laptop = null,
  } = options
  const files = await readPage(pageDir)
  const server = createServer((request, reply) => answer(files, request, reply))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const { port: listensOn } = server.address() as AddressInfo
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 512 * 1024 })
  const pages = new LivePages(workspace, (shown) => {
    company?.shownBy(shown)
    phones?.shownBy(workspace.people, (personId, phone) => shown('phone', personId, phone))
    laptop?.shownBy((shownLaptop) => shown('laptop', laptop.personId, shownLaptop))
    return {
      workspace,
      doors: new Doors(doors, (door) => shown('door', door.id, door)),
      catalog: new CatalogFile(catalogPath, (catalog) => shown('catalog', 'it', catalog), checkCatalog),
      company,
      phones,
      laptop,
    }
  })
  server.on('upgrade', (request, stream, head) => {
    if (request.url !== '/live' || !mayConnect(request.headers, listensOn)) {
      stream.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => pages.add(socket))
  })
  return {
    url: `http://127.0.0.1:${listensOn}`,
    close: async () => {
      pages.close()
      sockets.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function answer(files: ReadonlyMap<string, PageFile>, request: IncomingMessage, reply: ServerResponse): void {
  const port = request.socket.localPort ?? 0
  const headers = safeHeaders(port)
  const refuse = (status: number, words: string) =>
    reply.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(words)
  if (!isOurs(request.headers, port)) {
    refuse(403, 'This page answers to its own address only.')
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(405, 'Only GET.')
    return
  }
  const file = files.get((request.url ?? '/').split('?')[0] ?? '/')
  if (!file) {
    refuse(404, 'There is no such page.')
    return
  }
  const keep = file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache'
  reply.writeHead(200, { ...headers, 'content-type': file.type, 'cache-control': keep })
  reply.end(request.method === 'HEAD' ? undefined : file.body)
}
