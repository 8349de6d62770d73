import { z } from 'zod'
import { createLog } from '../../src/log.ts'
import { start } from '../../src/main.ts'
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
])

answerParent(question, async (asked) => {
  if (asked.what === 'cpu') return cpuMs()
  const { botToken, appToken, slackApiUrl, mongodbUri, catalogPath, environment } = asked
  const log = createLog('warn')
  await start(
    {
      botToken,
      transport: { kind: 'socket', appToken },
      port: null,
      mongodbUri,
      catalogPath,
      slackApiUrl,
      logLevel: 'warn',
      proxies: null,
    },
    { log, environment, isPaced: false },
  )
  return 'running'
})

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
