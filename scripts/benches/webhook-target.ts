import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { answerParent } from './part.ts'

/**
 * A system behind Curfew's webhook, as small as it can be: it keeps who holds, answers at once and notes when each
 * give and take arrived. It checks no signature, so that it is never what is waited for.
 */
const question = z.discriminatedUnion('what', [
  z.object({ what: z.literal('listen') }),
  z.object({ what: z.literal('hold'), principals: z.array(z.string()) }),
  z.object({ what: z.literal('calls') }),
])
const body = z.object({ action: z.string(), principal: z.string().optional() })

let holders = new Set<string>()
let calls: { action: string; principal: string; atMs: number }[] = []

const server = createServer((request, response) => {
  const atMs = Date.now()
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => (text += chunk))
  request.on('end', () => {
    const { action, principal = '' } = body.parse(JSON.parse(text))
    let answer = '{}'
    switch (action) {
      case 'take':
        calls.push({ action, principal, atMs })
        holders.delete(principal)
        break
      case 'has':
        answer = JSON.stringify({ holds: holders.has(principal) })
        break
      case 'list':
        answer = JSON.stringify({ principals: [...holders] })
        break
      case 'give':
        calls.push({ action, principal, atMs })
        holders.add(principal)
    }
    response.setHeader('content-type', 'application/json')
    response.end(answer)
  })
})

answerParent(question, async (asked) => {
  switch (asked.what) {
    case 'listen': {
      await new Promise<void>((resolve) =>
        server.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 }, resolve),
      )
      return (server.address() as AddressInfo).port
    }
    case 'hold':
      holders = new Set(asked.principals)
      calls = []
      return null
    case 'calls':
      return { calls, held: holders.size }
  }
})
