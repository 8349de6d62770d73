/*
 * A stand-in for AWS IAM Identity Center, as far as people are put into groups and given permission sets there. Written
 * after AWS's API references and not after AWS: where the two differ, this follows the references. It is strict where moto
 * lets things pass.
 *
 * Covered: signatures (version 4: keys, headers, scope, date, session tokens); policies of statements that allow, with
 * actions and resources; roles, assumed by keys or by a token; of the identity store GetUserId, DescribeUser, DescribeGroup
 * and the memberships; of Identity Center the assignments, which are carried out later, conflict with each other and fail
 * with a reason, ten at once at most; pages of a hundred at most; ThrottlingException.
 *
 * Not covered, so that nothing of it is shown by a test: deny statements, conditions, boundaries and policies of an
 * organisation; how late AWS itself reads what was written; what AWS answers where an assignment that is not there is
 * deleted (here it fails later with a 404); which case AWS minds in names.
 *
 *   node --import tsx server.ts --tokens keys.csv
 *
 * keys.csv has a line `id,secret,arn` for each key, which is allowed nothing. Listens on a free loopback port, which it
 * prints. What an owner does in the console is below /standin/.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { administered, type World } from './admin.ts'
import { centerOperations } from './identity-center.ts'
import { storeOperations } from './identity-store.ts'
import { need } from './policy.ts'
import { Refusal } from './refusal.ts'
import { assume, type Owned } from './roles.ts'
import { signerOf } from './signature.ts'
import { region, State } from './state.ts'

const { values: options } = parseArgs({ options: { tokens: { type: 'string', default: '' } } })
const keys = new Map<string, Owned>(
  readFileSync(options.tokens, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', secret = '', arn = ''] = line.split(',')
      return [id, { secret, arn, statements: [], sessionToken: null, expiresAtMs: null }]
    }),
)
const state = new State()
const world: World = {
  state,
  moods: { delayMs: 120, failsWith: null },
  keys,
  roles: new Map(),
  offsetMs: 0,
  limit: null,
  counts: new Map(),
}
const services = new Map([
  ['AWSIdentityStore', { name: 'identitystore', operations: storeOperations(state) }],
  ['SWBExternalService', { name: 'sso', operations: centerOperations(state, world.moods) }],
])

interface Answer {
  readonly status: number
  readonly body: string
  readonly type: string
}

async function answered(request: IncomingMessage): Promise<Answer> {
  const body = await text(request)
  const { method = '', url: path = '/', headers } = request
  const nowMs = Date.now() + world.offsetMs
  const signed = { method, path, headers, body }
  const json = (answer: object): Answer => ({
    status: 200,
    body: JSON.stringify(answer),
    type: 'application/x-amz-json-1.1',
  })
  if (path.startsWith('/standin/'))
    return json(administered(world, path.slice('/standin/'.length), JSON.parse(body)))
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    const asked = new URLSearchParams(body)
    count(asked.get('Action') ?? '')
    const isSigned = headers.authorization !== undefined
    const signer = isSigned ? signerOf(signed, { keys, region, service: 'sts', nowMs }) : null
    return assume(asked, { roles: world.roles, keys, signer, nowMs })
  }
  const [target = '', action = ''] = String(headers['x-amz-target'] ?? '').split('.')
  const service = services.get(target)
  const operation = service?.operations[action]
  if (service === undefined || operation === undefined)
    throw new Refusal('UnknownOperationException', `${target}.${action}`)
  count(action)
  const { arn, statements } = signerOf(signed, { keys, region, service: service.name, nowMs })
  throttle(action)
  return json(operation(JSON.parse(body), (what, resources) => need({ arn, statements }, what, resources)))
}

function count(action: string): void {
  world.counts.set(action, (world.counts.get(action) ?? 0) + 1)
}

function throttle(action: string): void {
  const { limit } = world
  if (limit?.action !== action || Date.now() >= limit.untilMs) return
  limit.refusedCalls += 1
  const { retryAfterSeconds } = limit
  throw new Refusal(
    'ThrottlingException',
    'Rate exceeded',
    retryAfterSeconds === null ? {} : { RetryAfterSeconds: retryAfterSeconds },
  )
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body, type } = await answered(request).catch((error: unknown): Answer => {
    const refusal = error instanceof Refusal ? error : new Refusal('InternalFailure', String(error), {}, 500)
    return {
      status: refusal.status,
      body: JSON.stringify(refusal.body()),
      type: 'application/x-amz-json-1.1',
    }
  })
  const date = new Date(Date.now() + world.offsetMs).toUTCString()
  response.writeHead(status, { 'content-type': type, date }).end(body)
}

const server = createServer((request, response) => void answer(request, response))
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`listening on ${typeof address === 'object' ? (address?.port ?? 0) : 0}`)
})
