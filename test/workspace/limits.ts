/** How many calls within which time; some count for each channel apart. */
export interface Limit {
  most: number
  withinMs: number
  perChannel?: boolean
}

const perMinute = (most: number): Limit => ({ most, withinMs: 60_000 })

/** Slack's rate tiers, as in facts/slack.md. chat.postMessage: one a second a channel, with a burst of three. */
const tiers: Readonly<Record<string, Limit>> = {
  'chat.postMessage': { most: 3, withinMs: 3000, perChannel: true },
  'views.open': perMinute(100),
  'views.push': perMinute(100),
  'views.update': perMinute(100),
  'views.publish': perMinute(100),
  'chat.postEphemeral': perMinute(100),
  'users.info': perMinute(100),
  'conversations.members': perMinute(100),
  'chat.update': perMinute(50),
  'chat.delete': perMinute(50),
  'conversations.open': perMinute(50),
  'conversations.info': perMinute(50),
  'users.lookupByEmail': perMinute(50),
  'apps.connections.open': perMinute(50),
  'users.list': perMinute(20),
  'conversations.list': perMinute(20),
  'usergroups.list': perMinute(20),
  'usergroups.users.list': perMinute(20),
}

/** Rate limits, off until `enforce()`. Counts calls in a sliding window, refused ones not among them. */
export class Limits {
  #limits: Readonly<Record<string, Limit>> = {}
  readonly #recent = new Map<string, number[]>()

  /** All of Slack's tiers, or some methods with limits of the test's own. */
  enforce(limits: Readonly<Record<string, Limit>> = tiers): void {
    this.#limits = limits
    this.#recent.clear()
  }

  relax(): void {
    this.enforce({})
  }

  /** Seconds to wait (whole, at least one), or undefined if the call may pass; then it is counted. */
  retryAfterSeconds(method: string, channel: unknown): number | undefined {
    const limit = this.#limits[method]
    if (!limit) return undefined
    const key = limit.perChannel && typeof channel === 'string' ? `${method} ${channel}` : method
    const now = performance.now()
    const recent = (this.#recent.get(key) ?? []).filter((at) => at > now - limit.withinMs)
    const [oldest = now] = recent
    this.#recent.set(key, recent)
    if (recent.length >= limit.most) return Math.max(1, Math.ceil((oldest + limit.withinMs - now) / 1000))
    recent.push(now)
    return undefined
  }
}
