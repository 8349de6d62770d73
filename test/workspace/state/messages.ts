import type { PlacedBlock } from '../blocks/controls.ts'

/** A message as it stood at one moment; an edit makes a new one. `ts` is its id in its channel. */
export interface Message {
  readonly ts: string
  readonly channel: string
  /** Who wrote it; the app's bot user for what the app posts. */
  readonly user: string
  readonly isFromApp: boolean
  readonly text: string
  readonly blocks: readonly PlacedBlock[]
  /** Every word a person sees: of the blocks if there are any, else of the text. */
  readonly plain: string
  /** Labels of its buttons, in reading order. */
  readonly buttons: readonly string[]
  readonly threadTs?: string
  /** Set when only this person sees it. */
  readonly onlyFor?: string
  /** The last edit's timestamp. */
  readonly edited?: string
  readonly isDeleted: boolean
  readonly metadata?: unknown
  readonly postedAt: Date
}

/** Messages by channel, in the order they were posted; ephemeral ones beside them. */
export class Messages {
  readonly #byChannel = new Map<string, Map<string, Message>>()

  put(message: Message): void {
    const channel = this.#byChannel.get(message.channel) ?? new Map<string, Message>()
    this.#byChannel.set(message.channel, channel)
    channel.set(message.ts, message)
  }

  remove({ channel, ts }: { channel: string; ts: string }): void {
    this.#byChannel.get(channel)?.delete(ts)
  }

  /** The message as it is now, unless deleted. */
  get(channel: string, ts: string): Message | undefined {
    return this.#byChannel.get(channel)?.get(ts)
  }

  /** What everyone there sees, replies included. */
  in(channel: string): Message[] {
    return this.all(channel).filter((message) => message.onlyFor === undefined)
  }

  /** What the person sees there, their ephemeral messages included. */
  seenBy(personId: string, channel: string): Message[] {
    return this.all(channel).filter((m) => m.onlyFor === undefined || m.onlyFor === personId)
  }

  repliesTo(channel: string, threadTs: string): Message[] {
    return this.in(channel).filter((message) => message.threadTs === threadTs)
  }

  /** A thread lives on after its first message was deleted, as long as somebody had replied. */
  hasThread(channel: string, ts: string): boolean {
    return this.get(channel, ts) !== undefined || this.repliesTo(channel, ts).length > 0
  }

  /** Everyone's ephemeral messages among them. */
  all(channel: string): Message[] {
    return [...(this.#byChannel.get(channel)?.values() ?? [])]
  }
}
