import { z } from 'zod'
import { at, isAsWanted } from './matchers.ts'

const request = z.object({
  method: z.string(),
  path: z.string(),
  q: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  headers: z.record(z.string(), z.string().nullable()).optional(),
  body: z.unknown().optional(),
  raw: z.string().optional(),
  big: z.number().optional(),
  token2: z.boolean().optional(),
  as: z.string().optional(),
})
const statuses = z.array(z.union([z.number(), z.enum(['2xx', '4xx'])]))
const step = request.extend({ status: statuses.optional(), repeat: z.number().optional() })
const wanted = z.record(z.string(), z.unknown())
const after = z.object({
  get: z.string().optional(),
  req: request.optional(),
  q: request.shape.q,
  status: statuses.optional(),
  expect: wanted.optional(),
  headers: wanted.optional(),
  token2: z.boolean().optional(),
  walk: z.string().optional(),
  count: z.number().optional(),
  insert: step.optional(),
  ids: z.array(z.unknown()).optional(),
})
const outcome = z.object({
  status: statuses,
  body: wanted.optional(),
  headers: wanted.optional(),
  count: z.record(z.string(), z.number()).optional(),
  after: z.array(after).optional(),
})

/** One of `cases.json`: what is there before, what is sent, what is answered and what is there then. */
export const scimCase = z.object({
  id: z.string(),
  kind: z.string(),
  level: z.enum(['must', 'choice', 'should']).default('must'),
  title: z.string(),
  given: z.array(step).default([]),
  send: z.union([request, z.object({ parallel: z.array(request) })]),
  expect: z.union([outcome, z.object({ either: z.array(outcome) })]),
})

type Request = z.output<typeof request>
type Outcome = z.output<typeof outcome>
type Known = Readonly<Record<string, unknown>>

export interface Server {
  readonly url: string
  readonly token: string
  /** Of another source. */
  readonly token2: string
}

interface Answer {
  readonly status: number
  readonly json: unknown
  readonly headers: Headers
  readonly sent: string
}

/** What was not as the case wants it; nothing where all was. */
export async function runCase(
  server: Server,
  one: z.output<typeof scimCase>,
  run: string,
): Promise<string[]> {
  const known: Record<string, unknown> = {
    run,
    RUN: run.toUpperCase(),
    token: server.token,
    base: server.url,
  }
  for (const { repeat, status, ...asked } of one.given) {
    const made: unknown[] = []
    for (let n = 0; n < (repeat ?? 1); n++) {
      const answer = await call(server, asked, { ...known, n })
      if (!isAmong(answer.status, status ?? ['2xx'])) return [`before it: ${said(answer)}`]
      made.push(asKnown(answer))
    }
    if (asked.as !== undefined) known[asked.as] = repeat === undefined ? made[0] : made
  }
  const sends = 'parallel' in one.send ? one.send.parallel : [one.send]
  const answers = await Promise.all(sends.map((asked) => call(server, asked, known)))
  const [first] = answers
  if ('as' in one.send && one.send.as !== undefined && first) known[one.send.as] = asKnown(first)
  if (!('either' in one.expect)) return differences(server, one.expect, answers, known)
  const all: string[] = []
  for (const each of one.expect.either) {
    const found = await differences(server, each, answers, known)
    if (found.length === 0) return []
    all.push(found.join('; '))
  }
  return all
}

async function differences(server: Server, expect: Outcome, answers: readonly Answer[], known: Known) {
  const found = answers.flatMap((answer) =>
    isAmong(answer.status, expect.status)
      ? [
          ...(answer.status === 204 ? [] : ofBody(answer, expect.body, known)),
          ...ofHeaders(answer, expect.headers, known),
        ]
      : [`${said(answer)}, wanted ${expect.status.join(' or ')}`],
  )
  for (const [status, n] of Object.entries(expect.count ?? {})) {
    const got = answers.filter((answer) => answer.status === Number(status)).length
    if (got !== n) found.push(`${got} answers ${status}, wanted ${n}`)
  }
  for (const one of expect.after ?? []) found.push(...(await differencesAfter(server, one, known)))
  return found
}

async function differencesAfter(
  server: Server,
  one: z.output<typeof after>,
  known: Known,
): Promise<string[]> {
  if (one.walk !== undefined) return walk(server, one, known)
  const asked = one.req ?? {
    method: 'GET',
    path: one.get ?? '',
    q: one.q,
    token2: one.token2,
    body: undefined,
  }
  const answer = await call(server, asked, known)
  if (!isAmong(answer.status, one.status ?? [200])) return [`then ${said(answer)}`]
  return [...ofBody(answer, one.expect, known), ...ofHeaders(answer, one.headers, known)].map(
    (text) => `then ${text}`,
  )
}

const page = z.object({
  totalResults: z.number(),
  Resources: z.array(z.object({ id: z.string() })).default([]),
})

async function walk(server: Server, one: z.output<typeof after>, known: Known): Promise<string[]> {
  const { count = 1 } = one
  const seen: string[] = []
  for (let startIndex = 1, total = Infinity; startIndex <= total && startIndex < 500; startIndex += count) {
    const q = { ...one.q, startIndex, count }
    const answer = await call(server, { method: 'GET', path: one.walk ?? '', q, body: undefined }, known)
    const { totalResults, Resources } = page.parse(answer.json)
    seen.push(...Resources.map(({ id }) => id))
    total = totalResults
    if (startIndex === 1 && one.insert) await call(server, one.insert, known)
  }
  const missing = (one.ids ?? []).map((id) => filled(id, known)).filter((id) => !seen.includes(String(id)))
  const isTwice = new Set(seen).size < seen.length
  return [
    ...(missing.length > 0 ? [`${missing.length} never came`] : []),
    ...(isTwice ? ['some came twice'] : []),
  ]
}

async function call(server: Server, asked: Request, known: Known): Promise<Answer> {
  const headers = new Headers({
    authorization: `Bearer ${asked.token2 === true ? server.token2 : server.token}`,
    accept: 'application/scim+json',
  })
  const body = bodyOf(asked, known)
  if (body !== undefined) headers.set('content-type', 'application/scim+json')
  for (const [name, value] of Object.entries(asked.headers ?? {})) {
    if (value === null) headers.delete(name)
    else headers.set(name, String(filled(value, known)))
  }
  const query = Object.entries(asked.q ?? {}).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(filled(String(value), known)))}`,
  )
  const path = [String(filled(asked.path, known)), ...(query.length > 0 ? [query.join('&')] : [])].join('?')
  const response = await fetch(server.url + path, {
    method: asked.method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const sent = `${asked.method} ${path.slice(0, 80)}`
  return {
    status: response.status,
    json: text === '' ? undefined : JSON.parse(text),
    headers: response.headers,
    sent,
  }
}

function bodyOf({ raw, big, body }: Request, known: Known): string | undefined {
  if (raw !== undefined) return String(filled(raw, known))
  if (big !== undefined)
    return JSON.stringify({ userName: `big-${String(known['run'])}`, nickName: 'x'.repeat(big) })
  if (body === undefined) return undefined
  return JSON.stringify(filled(body, known)).replaceAll('"$own__proto__"', '"__proto__"')
}

/** With what is known by now in the place of `{{…}}`, and lists written out. */
function filled(value: unknown, known: Known): unknown {
  if (typeof value === 'string') {
    const [, whole] = /^\{\{([^{}]+)\}\}$/.exec(value) ?? []
    if (whole !== undefined) return dug(known, whole) ?? ''
    return value.replace(/\{\{([^{}]+)\}\}/g, (_, path: string) => asText(dug(known, path)))
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, known))
  if (typeof value !== 'object' || value === null) return value
  if ('$ids' in value) return listOf(known[String(value.$ids)]).map((one) => ({ value: dug(one, 'id') }))
  if ('$each' in value && 'as' in value)
    return listOf(known[String(value.$each)]).map((it) => filled(value.as, { ...known, it }))
  if ('$str' in value && 'n' in value) return String(value.$str).repeat(Number(value.n))
  if ('$times' in value && 'as' in value)
    return Array.from({ length: Number(value.$times) }, (_, n) => filled(value.as, { ...known, n }))
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key === '$own__proto__' ? key : String(filled(key, known)),
      filled(one, known),
    ]),
  )
}

const asText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const dug = (of: unknown, path: string): unknown => at(of, `/${path.replaceAll('.', '/')}`)

const asKnown = ({ json, headers }: Answer): unknown => ({
  ...(typeof json === 'object' && json !== null ? json : null),
  $h: Object.fromEntries(headers),
})

const isAmong = (status: number, list: z.output<typeof statuses>): boolean =>
  list.some((one) => {
    if (one === '2xx') return status >= 200 && status < 300
    if (one === '4xx') return status >= 400 && status < 500 && status !== 401 && status !== 429
    return one === status
  })

const ofBody = ({ json, sent }: Answer, body: Known | undefined, known: Known): string[] =>
  Object.entries(body ?? {}).flatMap(([pointer, want]) => {
    const place = String(filled(pointer, known))
    const got = at(json, place)
    return isAsWanted(got, filled(want, known))
      ? []
      : [`${sent}: ${place} is ${short(got)}, wanted ${short(want)}`]
  })

const ofHeaders = ({ headers, sent }: Answer, wantedOnes: Known | undefined, known: Known): string[] =>
  Object.entries(wantedOnes ?? {}).flatMap(([name, want]) => {
    const got = headers.get(name) ?? undefined
    return isAsWanted(got, filled(want, known))
      ? []
      : [`${sent}: header ${name} is ${short(got)}, wanted ${short(want)}`]
  })

const short = (value: unknown): string =>
  (value === undefined ? 'nothing' : JSON.stringify(value)).slice(0, 200)
const said = ({ sent, status, json }: Answer): string => `${sent} was answered ${status} ${short(json)}`
