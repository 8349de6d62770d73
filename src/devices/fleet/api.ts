import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { httpClient, type HttpAnswer } from '../../connectors/http/client.ts'
import { parsedJson, refusedBy } from '../../connectors/http/failure.ts'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import type { FleetSettings } from '../../domain/devices/source-kinds.ts'
import { fleetHost, type FleetHost } from './host.ts'
import { FleetTrouble, retryAfterMs } from './trouble.ts'

const system = 'Fleet'
/** A hundred hosts with all texts of their policies are a few megabytes. */
const mostAnswerBytes = 32_000_000
/** What asks to wait longer than this ends the look. */
const mostWaitMs = 60_000
const tries = { passing: 3, throttled: 6 }

export interface HostPage {
  /** How many there were on it: with none, those before were all. */
  readonly count: number
  /** Those that can be read. */
  readonly hosts: readonly FleetHost[]
  /** What the page holds, where nothing on it can be read; null: something can, or it is empty. */
  readonly unread: string | null
}

/** Reads, and nothing else. Throws `FleetTrouble`s alone, which hold no secret; what may pass is tried a few times first. */
export interface FleetApi {
  /** By id, the lowest first; pages begin at 0. */
  page(at: { page: number; perPage: number }, signal: AbortSignal): Promise<HostPage>
  /** Null: there is none, or none that this token may see. Its owner is not said. */
  host(id: number, signal: AbortSignal): Promise<FleetHost | null>
  close(): Promise<void>
}

const pageBody = z.object({ hosts: z.array(z.unknown()).nullable() })
const hostBody = z.object({ host: fleetHost })
const errorBody = z.object({
  message: z.string(),
  errors: z.array(z.object({ reason: z.string() })).catch([]),
})

export function fleetApi(
  { url, token, ca }: Pick<FleetSettings, 'url' | 'token' | 'ca'>,
  {
    surroundings,
    pauseMs,
  }: { surroundings: Pick<Surroundings, 'timeoutMs' | 'proxies' | 'now'>; pauseMs: number },
): FleetApi {
  const { origin, pathname } = new URL(url)
  const base = `${pathname.replace(/\/+$/, '')}/api/v1/fleet`
  const http = httpClient(origin, { system, secrets: [token], ca, mostBytes: mostAnswerBytes, surroundings })
  const headers = () => ({ authorization: `Bearer ${token}`, accept: 'application/json' })

  async function once(path: string, doing: string, signal: AbortSignal): Promise<HttpAnswer> {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(surroundings.timeoutMs)])
    const answer = await http.send({ doing, method: 'GET', path: base + path, headers, signal: inTime })
    const { status } = answer
    if (status === 200 || status === 404) return answer
    const { message, retryable } = refusedBy({ system, doing, credentials: 'token' }, status, {
      why: http.clean(reasonIn(answer)),
    })
    if (status === 401 || status === 403) throw new FleetTrouble('rejected', message)
    if (status === 429) {
      const waitMs = retryAfterMs(answer.header('retry-after'), surroundings.now())
      throw new FleetTrouble('throttled', message, { waitMs })
    }
    throw new FleetTrouble('failed', message, { isPassing: retryable })
  }

  /** Undefined: it is not there. */
  async function read<T>(
    path: string,
    { doing, schema, signal }: { doing: string; schema: z.ZodType<T>; signal: AbortSignal },
  ): Promise<T | undefined> {
    for (let tried = 1; ; tried++) {
      try {
        const answer = await once(path, doing, signal)
        return answer.status === 404 ? undefined : http.read(schema, answer, doing)
      } catch (error) {
        const trouble = asTrouble(error)
        const waitMs = signal.aborted ? null : waitAfter(trouble, tried)
        if (waitMs === null) throw trouble
        await pause(waitMs, undefined, { signal }).catch(() => {
          throw trouble
        })
      }
    }
  }

  function waitAfter({ kind, waitMs, isPassing }: FleetTrouble, tried: number): number | null {
    if (kind === 'throttled') return tried < tries.throttled && waitMs <= mostWaitMs ? waitMs : null
    return isPassing && tried < tries.passing ? pauseMs * 4 ** (tried - 1) : null
  }

  return {
    async page({ page, perPage }, signal) {
      const path = `/hosts?page=${page}&per_page=${perPage}&order_key=id&order_direction=asc&populate_policies=true&device_mapping=true`
      const body = await read(path, { doing: 'list its hosts', schema: pageBody, signal })
      if (body === undefined)
        throw new FleetTrouble(
          'failed',
          `${system} could not list its hosts: nothing is at this address (404)`,
        )
      const hosts = (body.hosts ?? []).flatMap((one) => {
        const host = fleetHost.safeParse(one)
        return host.success ? [host.data] : []
      })
      const listed = body.hosts ?? []
      const unread = listed.length > 0 && hosts.length === 0 ? JSON.stringify(listed) : null
      return { count: listed.length, hosts, unread }
    },
    async host(id, signal) {
      const path = `/hosts/${id}?exclude_software=true`
      return (await read(path, { doing: 'show a host', schema: hostBody, signal }))?.host ?? null
    },
    close: () => http.close(),
  }
}

function asTrouble(error: unknown): FleetTrouble {
  if (error instanceof FleetTrouble) return error
  if (!(error instanceof ConnectorError)) throw error
  const isTooLarge = coded.safeParse(error.cause).data?.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'
  return new FleetTrouble(isTooLarge ? 'too-large' : 'failed', error.message, {
    isPassing: error.retryable && !isTooLarge,
    cause: error,
  })
}

const coded = z.object({ code: z.string() })

/** `{ message, errors: [{ name, reason }] }`; nothing of a page that some proxy answered. */
function reasonIn({ text }: HttpAnswer): string {
  const body = errorBody.safeParse(parsedJson(text))
  if (!body.success) return ''
  const [first] = body.data.errors
  return first === undefined ? body.data.message : `${body.data.message}: ${first.reason}`
}
