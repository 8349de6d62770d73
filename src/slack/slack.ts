import { App, HTTPReceiver, LogLevel } from '@slack/bolt'
import type { WebClient } from '@slack/web-api'
import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Proxies } from '../domain/connector.ts'
import type { GrantRecords } from '../domain/ports/grant-records.ts'
import type { FactorNews } from '../domain/confirming/factor-news.ts'
import type { PersonRef } from '../domain/person.ts'
import type { Log } from '../domain/ports/log.ts'
import { unobserved, type Observe } from '../domain/ports/observe.ts'
import type { PeopleStore } from '../domain/ports/people.ts'
import type { SurfaceStore } from '../domain/ports/surfaces.ts'
import type { World } from '../operations/world.ts'
import { listenToBreakGlass } from './asking/break-glass-modal.ts'
import { listenToCards } from './deciding/card.ts'
import { listenToChange } from './deciding/change-modal.ts'
import { slackClients } from './wire/clients.ts'
import { listenToCloseReview } from './looking-after/close-review-modal.ts'
import { listenToCommand } from './command.ts'
import { listenToDeny } from './deciding/deny-modal.ts'
import { slackDirectory, type SlackDirectory } from './directory/directory.ts'
import { digests } from './looking-after/digest.ts'
import { listenToDms } from './holding/holder-buttons.ts'
import { Reach } from './directory/reach.ts'
import { listenToPeople } from './directory/hears-of-people.ts'
import { listenToHome } from './home/home.ts'
import { listenToLookUp } from './home/look-up.ts'
import { listenToMore } from './holding/more-time.ts'
import { listenToShow } from './holding/hand-over.ts'
import { listenToLines } from './deciding/lines-card.ts'
import type { Parts } from './parts.ts'
import { picturesOf } from './pictures.ts'
import { listenToPreApprovals } from './deciding/pre-approvals.ts'
import { dispatcherThrough, fetchBy } from './wire/proxied.ts'
import { Publisher } from './publish/publisher.ts'
import { listenToRequest } from './asking/request-modal.ts'
import { said } from './replies/answer-click.ts'
import { newsWords } from './holding/confirm-news.ts'
import { listenToSessions } from './holding/sessions.ts'
import { listenToMustConfirm } from './replies/must-confirm.ts'
import { listenToSeries } from './holding/series.ts'
import { slackLogger } from './wire/library-log.ts'
import { whatCame } from './wire/what-came.ts'
import { isWrongToken, refusal } from './wire/wrong-token.ts'
import { eachKind } from './looking-after/each-kind.ts'
import { pictureAlerts } from './looking-after/alerts.ts'
import { tellAdmins } from './looking-after/tell-admins.ts'
import { listenToOutages, pictureOutages } from './looking-after/outages.ts'
import { listenToDifferences, pictureDifferences } from './looking-after/differences.ts'
import { listenToDevices, pictureDevices } from './looking-after/devices.ts'
import { listenToIdentities, pictureIdentities } from './looking-after/identities.ts'
import { listenToLosses, pictureLosses } from './looking-after/standing-loss.ts'
import { Sockets } from './wire/sockets.ts'

export type Transport = { kind: 'socket'; appToken: string } | { kind: 'http'; signingSecret: string }

export interface Slack {
  readonly directory: SlackDirectory
  /** Serves Slack's requests in HTTP mode; null in Socket Mode. */
  readonly requestListener: RequestListener | null
  isConnected(): boolean
  /** Does Slack answer what it is asked of people and groups? Not before `start`. */
  answers(): boolean
  /** Begins to listen and to show; the world must be whole by now. */
  start(world: World, beside: Pick<Parts, 'catalogFault' | 'held' | 'publicUrl' | 'whoIs'>): Promise<void>
  /** Tells these admins, or every admin of the catalog, by DM and once a day for the same words. */
  tellAdmins(
    world: Pick<World, 'catalog' | 'clock'>,
    words: string,
    admins: readonly string[] | null,
  ): Promise<void>
  /** Tells somebody what happened to their ways of confirming. */
  tellOfConfirming(person: PersonRef, news: FactorNews): Promise<void>
  /** Sends the message of the day to each admin for whom it is time by `now`; returns how many. */
  sendDigests(world: World, now: Date): Promise<number>
  /** Stops hearing people; what is under way is finished by `stop`. */
  stopListening(): Promise<void>
  stop(): Promise<void>
}

/**
 * Slack as one workspace's app; nothing is asked of it before `start`, which throws `SlackRefused` when a token is not
 * accepted and waits while Slack cannot be reached.
 * Every request is signed (HTTP) or comes over our own authenticated socket.
 */
export function openSlack(options: {
  botToken: string
  transport: Transport
  slackApiUrl: string
  proxies: Proxies | null
  people: PeopleStore
  /** What else knows of people, beside Slack. */
  joined?: (directory: SlackDirectory) => SlackDirectory
  surfaces: SurfaceStore
  records: GrantRecords
  log: Log
  observe?: Observe
  /** False: messages are sent as fast as they come, whatever Slack would allow. */
  isPaced?: boolean
}): Slack {
  const {
    botToken,
    transport,
    slackApiUrl,
    proxies,
    people,
    joined = (directory) => directory,
    surfaces,
    records,
    log,
    observe = unobserved,
    isPaced = true,
  } = options
  const dispatcher = dispatcherThrough(proxies)
  const clients = slackClients({ botToken, slackApiUrl, dispatcher, log, observe })
  let ourselves: Ourselves | null = null
  const reach = new Reach(clients.interactive)
  const directory = joined(
    slackDirectory({
      client: clients.interactive,
      lister: clients.background,
      reach,
      teamId: () => ourselves?.teamId ?? null,
      people,
      log,
    }),
  )
  const sockets =
    transport.kind === 'socket'
      ? new Sockets({ appToken: transport.appToken, slackApiUrl, dispatcher, log })
      : null
  const http =
    transport.kind === 'http'
      ? new HTTPReceiver({
          signingSecret: transport.signingSecret,
          logger: slackLogger(log),
          bodyLimit: '256kb',
        })
      : null
  const receiver = sockets?.first ?? http
  if (!receiver) throw new Error('no transport')
  const app = new App({
    receiver,
    // Which workspace and bot this is was asked at the start: no listener waits for it again.
    authorize: () => Promise.resolve({ botToken, ...ourselves }),
    clientOptions: { slackApiUrl, retryConfig: { retries: 0 }, ...fetchBy(dispatcher) },
    logger: slackLogger(log),
    logLevel: LogLevel.INFO,
    deferInitialization: true,
    tokenVerificationEnabled: false,
  })
  const day = digests({ client: clients.background, directory, surfaces, records, log })
  let publisher: Publisher | null = null
  let isStopping = false
  const inFlight = new Set<Promise<unknown>>()

  return {
    directory,
    requestListener:
      http &&
      ((request, response) => {
        if (ourselves !== null && !isStopping) http.requestListener(request, response)
        else response.writeHead(503).end()
      }),
    answers: () => ourselves !== null && reach.answers(),
    isConnected: () => ourselves !== null && (sockets?.isConnected ?? true),
    start: async (world, { catalogFault, held, publicUrl, whoIs }) => {
      const lookAgain = (grantId: string) => publisher?.look(grantId)
      const parts: Parts = {
        app,
        world,
        clients,
        directory,
        whoIs,
        surfaces,
        records,
        log,
        catalogFault,
        held,
        publicUrl,
        lookAgain,
      }
      await app.init()
      app.use(async ({ next, body }) => {
        // Not acknowledged: Slack delivers it again, to whoever still runs.
        if (isStopping) return
        const handling = world.trace(whatCame(body), () => next())
        inFlight.add(handling)
        await handling.finally(() => inFlight.delete(handling))
      })
      app.error(async (error) => {
        log.error('a listener failed', { error })
        return Promise.resolve()
      })
      for (const listen of [
        listenToCommand,
        listenToRequest,
        listenToCards,
        listenToLines,
        listenToChange,
        listenToDeny,
        listenToDms,
        listenToMore,
        listenToShow,
        listenToSessions,
        listenToMustConfirm,
        listenToSeries,
        listenToBreakGlass,
        listenToCloseReview,
        listenToLosses,
        listenToDifferences,
        listenToIdentities,
        listenToDevices,
        listenToOutages,
        listenToPeople,
        listenToPreApprovals,
        listenToHome,
        listenToLookUp,
      ]) {
        listen(parts)
      }
      ourselves = await whoAmI(clients.background, log, () => isStopping)
      publisher = new Publisher(parts, {
        isPaced,
        pictures: {
          of: (grant, many, rows) => picturesOf(parts, grant, many, rows),
          alerts: () =>
            eachKind(parts, [
              pictureAlerts,
              pictureLosses,
              pictureDifferences,
              pictureIdentities,
              pictureDevices,
              pictureOutages,
            ]),
        },
      })
      publisher.start()
      await sockets?.start(app)
    },
    tellAdmins: (world, words, admins) =>
      tellAdmins({ client: clients.background, directory, surfaces, log }, world, words, admins),
    tellOfConfirming: async ({ slack: { userId } }, news) => {
      await clients.background.chat.postMessage({ channel: userId, ...said(newsWords(news)) })
    },
    sendDigests: (world, now) => day.send(world, now),
    stopListening: async () => {
      isStopping = true
      await sockets?.stop()
      await Promise.allSettled(inFlight)
    },
    stop: async () => {
      await publisher?.stop()
    },
  }
}

interface Ourselves {
  readonly teamId: string
  readonly botId: string
  readonly botUserId: string
}

/** Which workspace and bot the token is for. Waits while Slack cannot be reached; refused is refused. */
async function whoAmI(client: WebClient, log: Log, isStopping: () => boolean): Promise<Ourselves> {
  for (;;) {
    try {
      const { team_id: teamId = '', user_id: botUserId = '', bot_id: botId = '' } = await client.auth.test()
      return { teamId, botId, botUserId }
    } catch (error) {
      if (isWrongToken(error) || isStopping()) throw refusal('SLACK_BOT_TOKEN', error)
      log.warn('waiting for Slack', { error })
      await sleep(1_000)
    }
  }
}
