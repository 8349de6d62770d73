import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import type { ShownLaptop } from './protocol.ts'

/** A source of kind `webhook`, and what is signed with there. */
export interface Reports {
  /** `POST` goes there. */
  readonly url: string
  /** `whsec_…` */
  readonly secret: string
}

export interface LaptopOptions {
  readonly owner: { readonly id: string; readonly name: string; readonly email: string }
  /** The door that opens for it while it is fit. */
  readonly door: string
  readonly reports: Reports
  readonly everyMs?: number
}

const newest = '15.2'
const longestMs = 5_000
const answer = z.union([
  z.object({ accepted: z.number(), refused: z.array(z.object({ why: z.string() })) }),
  z.object({ error: z.string() }),
])

/**
 * Somebody's laptop, which says every few seconds, and after each change, how it is: signed, to where the company's own
 * would. It is off the network at first, and Curfew hears nothing of it until it is plugged in.
 */
export class Laptop {
  readonly personId: string
  readonly door: string
  readonly #options: LaptopOptions
  readonly #webhook: Webhook
  #shown: ShownLaptop
  #show: (laptop: ShownLaptop) => void = () => undefined
  #last: Promise<void> = Promise.resolve()
  #next: NodeJS.Timeout | undefined

  constructor(options: LaptopOptions) {
    this.personId = options.owner.id
    this.door = options.door
    this.#options = options
    this.#webhook = new Webhook(options.reports.secret)
    this.#shown = {
      door: options.door,
      isPluggedIn: false,
      isFirewallOn: true,
      osVersion: '15.1',
      update: newest,
      reported: null,
      problem: null,
    }
  }

  /** Shows it now, and from then on what changes. */
  shownBy(show: (laptop: ShownLaptop) => void): void {
    this.#show = show
    show(this.#shown)
  }

  /** Resolves, as the others do, once Curfew was told, or could not be. */
  async setFirewall(isOn: boolean): Promise<void> {
    this.#become({ isFirewallOn: isOn })
    await this.#reports()
  }

  async setNetwork(isPluggedIn: boolean): Promise<void> {
    this.#become({ isPluggedIn, problem: null })
    await this.#reports()
  }

  async installsUpdates(): Promise<void> {
    this.#become({ osVersion: newest, update: null })
    await this.#reports()
  }

  /** Off, for good. */
  async close(): Promise<void> {
    await this.setNetwork(false)
    await this.#last
  }

  #become(changes: Partial<ShownLaptop>): void {
    this.#shown = { ...this.#shown, ...changes }
    this.#show(this.#shown)
  }

  /** One after the other: each says what was so when it left. */
  async #reports(): Promise<void> {
    this.#last = this.#last.then(() => this.#send())
    await this.#last
    clearTimeout(this.#next)
    if (this.#shown.isPluggedIn)
      this.#next = setTimeout(() => void this.#reports(), this.#options.everyMs ?? 3_000)
  }

  async #send(): Promise<void> {
    const { isPluggedIn, isFirewallOn, osVersion } = this.#shown
    if (!isPluggedIn) return
    const { owner, reports } = this.#options
    const at = new Date()
    const id = `msg_${randomUUID()}`
    const body = JSON.stringify({
      sourceId: `${owner.name.toLowerCase()}-1`,
      at: at.toISOString(),
      name: `${owner.name.toLowerCase()}-laptop`,
      owner: owner.email,
      attributes: { os: 'macos', osVersion, diskEncrypted: true, firewall: isFirewallOn },
    })
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': this.#webhook.sign(id, at, body),
    }
    const problem = await posted(reports.url, { headers, body })
    const says = `macOS ${osVersion}, encrypted, firewall ${isFirewallOn ? 'on' : 'off'}`
    this.#become(problem === null ? { reported: { says, at: at.getTime() }, problem } : { problem })
  }
}

/** Null: it was taken; else why not. */
async function posted(
  url: string,
  { headers, body }: { headers: Readonly<Record<string, string>>; body: string },
): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(longestMs)
    const response = await fetch(url, { method: 'POST', headers, body, signal })
    const said = answer.parse(await response.json())
    if ('error' in said) return `Curfew answered ${response.status}: ${said.error}`
    return said.refused[0]?.why ?? null
  } catch (error) {
    return `Curfew cannot be reached: ${error instanceof Error ? error.message : String(error)}`
  }
}
