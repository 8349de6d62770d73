import type { Act, Answered, FromPage, Kind, Shown, ShownMessage, ToPage } from '../../practice/protocol.ts'

/** The connection to the practice server: what is known, and acts that resolve with their answer. */
export class Live {
  readonly #entries: { [K in Kind]: Map<string, Shown[K]> } = {
    workspace: new Map(),
    person: new Map(),
    channel: new Map(),
    group: new Map(),
    message: new Map(),
    stack: new Map(),
    home: new Map(),
    unread: new Map(),
    door: new Map(),
    catalog: new Map(),
    company: new Map(),
    employee: new Map(),
    exchange: new Map(),
    phone: new Map(),
    laptop: new Map(),
  }
  readonly #waiting = new Map<
    number,
    { resolve: (answer: Answered) => void; reject: (error: Error) => void }
  >()
  readonly #watchers = new Set<() => void>()
  readonly #listeners = new Set<(message: ShownMessage) => void>()
  readonly #toasted = new Set<(personId: string, text: string) => void>()
  #socket: WebSocket | undefined
  #run: string | undefined
  #seq = 0
  #count = 0
  #retries = 0
  isConnected = false
  hasAll = false

  constructor() {
    this.#connect()
    addEventListener('online', () => this.#connect())
  }

  get<K extends Kind>(kind: K, key: string): Shown[K] | undefined {
    return this.#entries[kind].get(key)
  }

  all<K extends Kind>(kind: K): Shown[K][] {
    return [...this.#entries[kind].values()]
  }

  /** Called after every change; returns how to stop. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  /** Called with messages that came while somebody looked, not with those there from the start, nor with edits. */
  onMessage(listener: (message: ShownMessage) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onToast(listener: (personId: string, text: string) => void): () => void {
    this.#toasted.add(listener)
    return () => this.#toasted.delete(listener)
  }

  /** Rejects with words for the person if it cannot be done, or the connection is gone. */
  act(as: string, act: Act): Promise<Answered> {
    if (this.#socket?.readyState !== WebSocket.OPEN)
      return Promise.reject(new Error('The practice server is not connected just now.'))
    this.#count += 1
    const id = this.#count
    this.#send({ type: 'act', id, as, act })
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #connect(): void {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return
    const socket = new WebSocket(`ws://${location.host}/live`)
    this.#socket = socket
    socket.onopen = () => {
      this.#retries = 0
      this.#send({ type: 'hello', ...(this.#run !== undefined && { run: this.#run, since: this.#seq }) })
    }
    socket.onmessage = ({ data }) => this.#heard(JSON.parse(String(data)) as ToPage)
    socket.onclose = () => {
      this.isConnected = false
      for (const { reject } of this.#waiting.values()) reject(new Error('The connection was lost meanwhile.'))
      this.#waiting.clear()
      this.#tell()
      this.#retries += 1
      setTimeout(() => this.#connect(), Math.min(250 * 2 ** this.#retries, 3000))
    }
  }

  #send(message: FromPage): void {
    this.#socket?.send(JSON.stringify(message))
  }

  #heard(message: ToPage): void {
    switch (message.type) {
      case 'toast':
        for (const listener of this.#toasted) listener(message.personId, message.text)
        return
      case 'answer': {
        const waiting = this.#waiting.get(message.id)
        this.#waiting.delete(message.id)
        if (message.ok) waiting?.resolve(message.answer)
        else waiting?.reject(new Error(message.why))
        return
      }
      case 'entries':
        this.#learn(message)
    }
  }

  #learn({ run, seq, isWhole, entries }: Extract<ToPage, { type: 'entries' }>): void {
    const fresh: ShownMessage[] = []
    if (isWhole) for (const known of Object.values(this.#entries)) known.clear()
    for (const { kind, key, value } of entries) {
      const known = this.#entries[kind] as Map<string, unknown>
      if (kind === 'message' && value && !isWhole && !known.has(key)) fresh.push(value)
      if (value === null) known.delete(key)
      else known.set(key, value)
    }
    this.#run = run
    this.#seq = seq
    this.isConnected = true
    this.hasAll = true
    this.#tell()
    for (const message of fresh) for (const listener of this.#listeners) listener(message)
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher()
  }
}
