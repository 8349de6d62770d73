import { z } from 'zod'
import { createLog } from '../../src/log.ts'
import { start, type Running } from '../../src/main.ts'
import { lookAgain } from './device-looks.ts'
import { answerParent } from './part.ts'

/** Curfew as it is composed for production, but for Slack's pace: what is measured is the work and not the waiting. */
const question = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('start'),
    botToken: z.string(),
    appToken: z.string(),
    slackApiUrl: z.string(),
    mongodbUri: z.string(),
    catalogPath: z.string(),
    environment: z.record(z.string(), z.string()),
  }),
  z.object({ what: z.literal('cpu') }),
  z.object({ what: z.literal('digest'), atMs: z.number() }),
  z.object({ what: z.literal('looks'), times: z.number() }),
])

let running: Running | null = null

answerParent(question, async (asked) => {
  if (asked.what === 'cpu') return cpuMs()
  if (asked.what === 'digest') return running?.sendDigests(new Date(asked.atMs))
  if (asked.what === 'looks') return running && lookAgain(running.world, asked.times)
  const { botToken, appToken, slackApiUrl, mongodbUri, catalogPath, environment } = asked
  const log = createLog('warn')
  running = await start(
    {
      botToken,
      transport: { kind: 'socket', appToken },
      port: null,
      mongodbUri,
      catalogPath,
      slackApiUrl,
      logLevel: 'warn',
      proxies: null,
      keys: null,
      auditKeys: null,
      auditCheckpoints: null,
      auditKeepMs: null,
      auditForward: null,
      aws: null,
      publicUrl: null,
      metrics: null,
      clientOf: null,
    },
    { log, environment, isPaced: false },
  )
  return 'running'
})

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
