/*
 * A stand-in for the API server of Kubernetes, as far as access is given by RBAC there. Strict where the real one is:
 * written after what kube-apiserver 1.34.4 answered, and after its source where that was not tried.
 *
 * Covered: namespaces, roles, clusterroles, rolebindings, clusterrolebindings: create, get, list (limit, continue,
 * labelSelector, fieldSelector; 410 for what expired), update, server-side apply (managers, conflicts, dry run), delete;
 * RBAC itself, with what keeps one from giving more than one holds (`bind`); SelfSubjectAccessReview,
 * SubjectAccessReview, SelfSubjectReview; `timeout`; namespaces that do not exist or are being deleted.
 *
 * Not covered, so that nothing of it is shown by a test: watches; generateName, owner references, finalizers of objects;
 * the other kinds of patch; admission by webhooks and policies; aggregated roles, `escalate`, rules for non-resource
 * URLs; several API servers, whose caches of RBAC lag by milliseconds; priority and fairness (429); audit; discovery.
 * Sets in labelSelector are refused. Whoever may write roles may write any.
 *
 *   node --import tsx server.ts --tokens tokens.csv [--compact-after-ms 300000] [--slow-ms 0] [--cert cert.pem --key key.pem]
 *
 * tokens.csv has a line `token,user,"group,group"` for each token. Listens on a free loopback port, which it prints.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { anObject } from './kept.ts'
import { Objects } from './objects.ts'
import { askedBy, timeoutOf } from './request.ts'
import { basics } from './resources.ts'
import { reviews } from './reviews.ts'
import { Refusal } from './status.ts'
import { answered } from './verbs.ts'

const { values: options } = parseArgs({
  options: {
    tokens: { type: 'string', default: '' },
    'compact-after-ms': { type: 'string', default: '300000' },
    'slow-ms': { type: 'string', default: '0' },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
})
const slowMs = Number(options['slow-ms'])
const objects = new Objects(Number(options['compact-after-ms']))
const users = new Map(
  readFileSync(options.tokens, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, token = '', name = '', groups = ''] = /^([^,]+),([^,]+),"(.*)"$/.exec(line) ?? []
      return [token, { name, groups: [...groups.split(',').filter(Boolean), 'system:authenticated'] }]
    }),
)

for (const [resource, object] of basics) objects.create(resource, anObject.parse(object), 'kube-apiserver')

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body] = await askedBy(request, { objects, users })
    .then(async (question): Promise<[number, object]> => {
      const withinMs = timeoutOf(question.query)
      const isChange = !['get', 'list'].includes(question.verb) && !reviews.has(question.resource)
      if (isChange && slowMs > 0) await sleep(Math.min(slowMs, withinMs))
      if (isChange && slowMs > withinMs)
        throw new Refusal(504, 'Timeout', 'Timeout: request did not complete within the requested timeout')
      return answered(objects, question)
    })
    .catch((error: unknown): [number, object] => {
      if (error instanceof Refusal) return [error.code, error.body()]
      return [500, new Refusal(500, 'InternalError', String(error)).body()]
    })
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response)
const server =
  options.cert === undefined || options.key === undefined
    ? createServer(listener)
    : createTlsServer({ cert: readFileSync(options.cert), key: readFileSync(options.key) }, listener)
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`listening on ${typeof address === 'object' ? (address?.port ?? '') : ''}`)
})
