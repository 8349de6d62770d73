import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

export interface PageFile {
  body: Buffer
  type: string
  /** Its name holds a hash of its content: it may be kept for good. */
  isHashed: boolean
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.map': 'application/json',
}

/** The built page by URL path, read once: no request can name a file that is not in it. */
export async function readPage(dir: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && types[extname(entry.name)] !== undefined)
      .map(async ({ parentPath, name }): Promise<[string, PageFile]> => {
        const path = join(parentPath, name)
        const urlPath = `/${relative(dir, path).split(sep).join('/')}`
        const type = types[extname(name)] ?? 'application/octet-stream'
        return [urlPath, { body: await readFile(path), type, isHashed: urlPath.startsWith('/assets/') }]
      }),
  )
  const page = new Map(files)
  const index = page.get('/index.html')
  if (!index) throw new Error(`no index.html in ${dir}: build the page first`)
  return page.set('/', index)
}
