import { SocketModeReceiver, type App } from '@slack/bolt'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { Log } from '../../domain/ports/log.ts'
import { slackLogger } from './library-log.ts'
import { isWrongToken, refusal } from './wrong-token.ts'

/** Two, so that one refreshing or failing never leaves nobody listening. Slack allows ten in all. */
const connections = 2
const helloWithinMs = 10_000

/**
 * Socket Mode over several connections, each opened again by ourselves when it ends. The library's own reconnecting
 * turns a refused one into an unhandled rejection, and waits 5 s after every refresh.
 */
export class Sockets {
  readonly #receivers: SocketModeReceiver[]
  readonly #log: Log
  readonly #connected = new Set<SocketModeReceiver>()
  readonly #starting = new Map<SocketModeReceiver, Promise<void>>()
  #isStopping = false

  constructor({
    appToken,
    slackApiUrl,
    dispatcher,
    log,
  }: {
    appToken: string
    slackApiUrl: string
    /** How Slack is reached; null: straight. */
    dispatcher: Dispatcher | null
    log: Log
  }) {
    this.#log = log
    this.#receivers = Array.from(
      { length: connections },
      () =>
        new SocketModeReceiver({
          appToken,
          ...(dispatcher && { dispatcher }),
          autoReconnectEnabled: false,
          logger: slackLogger(log),
          installerOptions: { clientOptions: { slackApiUrl, retryConfig: { retries: 0 }, timeout: 5_000 } },
        }),
    )
  }

  get isConnected(): boolean {
    return this.#connected.size > 0
  }

  /** What the Bolt app is built with; the others are bound to the same app by `start`. */
  get first(): SocketModeReceiver {
    const [first] = this.#receivers
    if (!first) throw new Error('no receiver')
    return first
  }

  /** Resolves once the first connection stands, or is being tried again; throws `SlackRefused` if Slack does not want it. */
  async start(app: App): Promise<void> {
    const [first, ...others] = this.#receivers
    for (const receiver of others) receiver.init(app)
    for (const receiver of this.#receivers) {
      receiver.client.on('disconnected', () => {
        this.#connected.delete(receiver)
        if (!this.#isStopping) void this.#reconnect(receiver)
      })
    }
    try {
      if (first) await this.#connect(first)
    } catch (error) {
      if (isWrongToken(error)) throw refusal('SLACK_APP_TOKEN', error)
      if (first) void this.#reconnect(first)
    }
    for (const receiver of others) void this.#reconnect(receiver)
  }

  /** Resolves when no connection stands, one that was just being opened included, or after 2 s. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.race([
      Promise.all(this.#receivers.map((receiver) => this.#disconnect(receiver))),
      sleep(2_000, undefined, { ref: false }),
    ])
  }

  async #disconnect(receiver: SocketModeReceiver): Promise<void> {
    await receiver.client.disconnect().catch(() => undefined)
    // To disconnect ends no start that is under way: it would connect after all, and nobody would answer there.
    await this.#starting.get(receiver)
    await receiver.client.disconnect().catch(() => undefined)
  }

  async #connect(receiver: SocketModeReceiver): Promise<void> {
    const silence = sleep(helloWithinMs, 'silence' as const, { ref: false })
    const started = receiver.client.start()
    this.#starting.set(
      receiver,
      started.then(
        () => undefined,
        () => undefined,
      ),
    )
    if ((await Promise.race([started, silence])) === 'silence') {
      void receiver.client.disconnect().catch(() => undefined)
      throw new Error(`Slack did not say hello within ${helloWithinMs} ms`)
    }
    this.#connected.add(receiver)
  }

  readonly #reconnecting = new Set<SocketModeReceiver>()

  async #reconnect(receiver: SocketModeReceiver): Promise<void> {
    if (this.#reconnecting.has(receiver)) return
    this.#reconnecting.add(receiver)
    for (let tries = 0; ; tries++) {
      // Replicas that start at the same instant would be refused (409): never quite the same moment.
      await sleep(Math.random() * Math.min(15_000, 200 * 2 ** tries), undefined, { ref: false })
      if (this.#isStopping) break
      try {
        await this.#connect(receiver)
        break
      } catch (error) {
        this.#log.warn('cannot connect to Slack, trying again', { tries: tries + 1, error })
      }
    }
    this.#reconnecting.delete(receiver)
  }
}
