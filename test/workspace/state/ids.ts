/** Ids and timestamps that look like Slack's: unique within one workspace, timestamps strictly rising. */
export class Ids {
  #count = 0
  #lastMicros = 0

  /** `U00000001`-like: prefix, then nine characters. */
  next(prefix: string): string {
    this.#count += 1
    return prefix + this.#count.toString(36).toUpperCase().padStart(9, '0')
  }

  /** A message timestamp, which is also its id within a channel: seconds with six decimals. */
  ts(): string {
    this.#lastMicros = Math.max(Date.now() * 1000, this.#lastMicros + 1)
    const digits = String(this.#lastMicros)
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`
  }

  /** A short random-looking name for block ids, action ids and secrets. */
  token(length = 5): string {
    let name = ''
    while (name.length < length) name += Math.random().toString(36).slice(2)
    return name.slice(0, length)
  }
}
