import { z } from 'zod'
import type { Catalog } from '../../src/domain/catalog.ts'
import { ConnectorError, type ConnectorKind } from '../../src/domain/connector.ts'
import { parseCatalog, type CatalogOptions } from '../../src/catalog/parse.ts'
import { writeProblem } from '../../src/catalog/problem.ts'

const settings = z
  .object({
    url: z.string().startsWith('demo://', 'must start with demo://'),
    password: z.string().optional(),
    port: z.coerce.number().int('must be a whole number').optional(),
    user: z
      .string()
      .refine((name) => !name.includes(' '), { error: ({ input }) => `"${String(input)}" holds a space` })
      .optional(),
    headers: z.record(z.string(), z.string()).optional(),
  })
  .refine(({ url }) => !url.includes('*'), 'may not hold *')

const target = z.strictObject({ database: z.string(), role: z.enum(['read', 'readWrite']) })

/** A system whose settings complain in every way that zod knows, and once by throwing its secret. */
export const demo: ConnectorKind<z.output<typeof settings>> = {
  kind: 'demo',
  settings: settings.refine(({ password }) => {
    if (password?.startsWith('throw')) throw new Error(`cannot use ${password}`)
    return true
  }),
  target,
  canonical: (given) => {
    const { database, role } = target.parse(given)
    return `${database}/${role}`
  },
  connect: ({ url }) => {
    const fail = async (): Promise<never> => {
      throw new ConnectorError('nobody is called here', { retryable: false, happened: 'no' })
    }
    return {
      give: fail,
      take: fail,
      has: fail,
      list: fail,
      check: fail,
      canonical: () => '',
      where: `demo ${url}`,
      hasLagMs: 0,
      lateMs: 0,
      close: async () => undefined,
    }
  },
}

export const options: CatalogOptions = {
  env: { DEMO_URL: 'demo://here', CATALOG_VARIABLES: 'DEMO_*' },
  kinds: new Map([['demo', demo]]),
}

export const GOOD = `version: 1
defaults:
  channel: C0123ACCESS
  admins: [ada@acme.example]
  approvers: { people: [ada@acme.example, sam@acme.example] }
systems:
  cluster:
    connector: demo
    url: \${DEMO_URL}
    principal: email.split("@")[0]
resources:
  orders-db:
    name: Orders database
    system: cluster
    entitlements:
      read:
        name: Read orders
        target: { database: orders, role: read }
        who: '"@engineering" in groups'
`

export function read(text: string, more: Partial<CatalogOptions> = {}): Catalog {
  const reading = parseCatalog([{ file: 'catalog.yml', text }], { ...options, ...more })
  if (!reading.ok) throw new Error(reading.problems.map(writeProblem).join('\n'))
  return reading.catalog
}

/** Every complaint, as people read it. */
export function complaints(
  text: string | Record<string, string>,
  more: Partial<CatalogOptions> = {},
): string[] {
  const files = typeof text === 'string' ? { 'catalog.yml': text } : text
  const texts = Object.entries(files).map(([file, content]) => ({ file, text: content }))
  const reading = parseCatalog(texts, { ...options, ...more })
  return reading.ok ? [] : reading.problems.map(writeProblem)
}

/** The good catalog with one piece of it written differently. */
export function changed(piece: string, by: string): string {
  if (!GOOD.includes(piece)) throw new Error(`the good catalog does not hold ${piece}`)
  return GOOD.replace(piece, () => by)
}

/** The one entitlement of the good catalog, with more lines in it. */
export const withKeys = (...lines: string[]) => GOOD + lines.map((line) => `        ${line}\n`).join('')

export const theEntitlement = (text: string) => {
  const found = read(text).resources.get('orders-db')?.entitlements.get('read')
  if (!found) throw new Error('there is no read on orders-db')
  return found
}

/** A good catalog of so many resources, each as large as small ones are. */
export function manyResources(count: number): string {
  const [head] = GOOD.split('  orders-db:')
  const resource = (at: number) =>
    `  r${at}: { name: R${at}, system: cluster, who: '"@engineering" in groups', ` +
    `entitlements: { read: { name: Read, target: { database: d${at}, role: read } } } }\n`
  return `${head}${Array.from({ length: count }, (_, at) => resource(at)).join('')}`
}
