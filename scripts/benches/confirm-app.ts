import { Secret, TOTP } from 'otpauth'
import { z } from 'zod'
import { createLog } from '../../src/log.ts'
import { start, type Running } from '../../src/main.ts'
import { askToConfirm } from '../../src/operations/confirm/confirm.ts'
import type { World } from '../../src/operations/world.ts'
import { anAuthenticator } from '../../test/support/authenticator.ts'
import { answerParent } from './part.ts'

/** Curfew as it is composed for production, but for Slack's pace; it says what people have to confirm with. */
const question = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('start'),
    botToken: z.string(),
    appToken: z.string(),
    slackApiUrl: z.string(),
    mongodbUri: z.string(),
    catalogPath: z.string(),
    port: z.number(),
    publicUrl: z.string(),
    key: z.string(),
    environment: z.record(z.string(), z.string()),
  }),
  z.object({ what: z.literal('ready'), people: z.array(person()), withPasskey: z.boolean() }),
  z.object({ what: z.literal('cpu') }),
])

const creation = z.object({
  rp: z.object({ id: z.string() }),
  user: z.object({ id: z.string() }),
  challenge: z.string(),
})
const stepMs = 30_000
const log = createLog('warn')
let running: Running | null = null
let origin = ''

answerParent(question, async (asked) => {
  if (asked.what === 'cpu') return cpuMs()
  if (asked.what === 'ready') {
    if (running === null) throw new Error('it does not run')
    const found = []
    for (const one of asked.people) found.push(await readied(running.world, one, asked.withPasskey))
    return found
  }
  const { botToken, appToken, slackApiUrl, mongodbUri, catalogPath, port, publicUrl, key, environment } =
    asked
  origin = publicUrl
  running = await start(
    {
      botToken,
      transport: { kind: 'socket', appToken },
      port,
      mongodbUri,
      catalogPath,
      slackApiUrl,
      logLevel: 'warn',
      proxies: null,
      keys: [{ id: 'bench', base64: key }],
      auditKeys: null,
      auditCheckpoints: null,
      auditKeepMs: null,
      auditForward: null,
      aws: null,
      publicUrl,
      metrics: null,
      clientOf: () => '127.0.0.1',
    },
    { log, environment, isPaced: false },
  )
  return 'running'
})

/** An app on their phone, and a link to confirm by: what the form in Slack and a page do, without the clicks. */
async function readied(
  world: World,
  { userId, teamId, name, email }: z.infer<ReturnType<typeof person>>,
  withPasskey: boolean,
) {
  const by = await world.people.seen({ userId, teamId }, { name, email })
  const { enrolling } = world.confirming
  const offer = enrolling.codeOffer(by, `enrolment of ${userId}`)
  if (offer === null) throw new Error('there are no codes')
  const secret = offer.secret.replaceAll(' ', '')
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() - stepMs })
  const added = await enrolling.addCode(by, `enrolment of ${userId}`, code)
  if ('no' in added) throw new Error(`no app was added: ${added.no}`)
  if (withPasskey) {
    const options = creation.parse(await enrolling.passkeyOffer(by, userId))
    const body = JSON.stringify(anAuthenticator(origin).creates(options))
    const key = await enrolling.addPasskey(by, { ticket: userId, body, label: 'Phone' })
    if ('no' in key) throw new Error(`no passkey was added: ${key.no}`)
  }
  const what = { kind: 'open-session' as const, resource: 'service', entitlement: 'daily' }
  const asked = await askToConfirm(world, { by, what })
  if ('refused' in asked) throw new Error(`no link: ${asked.refused} ${asked.reasons.join()}`)
  // Of who showed who they are: the page with all that can be added.
  const enrolment = await world.tickets.make({ act: 'enrol', by, isProven: true }, 15 * 60_000)
  return { secret, ticket: asked.ticket, enrolment }
}

function person() {
  return z.object({ userId: z.string(), teamId: z.string(), name: z.string(), email: z.string() })
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
