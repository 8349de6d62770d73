import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import type { Change } from '../state/changes.ts'
import type { Workspace } from '../workspace.ts'
import { perform, type Playing } from './acts.ts'
import { draw, drawAll } from './picture.ts'
import { fromPage, type Kind, type Shown, type ToPage } from './protocol.ts'
import { ShownEntries } from './shown-entries.ts'

const lookEveryMs = 1000

/** Every open page: tells each what changed, and does what people do on it. */
export class LivePages {
  readonly #run = randomUUID()
  readonly #shown = new ShownEntries()
  readonly #workspace: Workspace
  readonly #playing: Playing
  /** Pages that have said hello, and how far each has been told. */
  readonly #toldTo = new Map<WebSocket, number>()
  readonly #sockets = new Set<WebSocket>()
  readonly #onChange = (change: Change) => this.#changed(change)
  #isFlushing = false
  #looking: NodeJS.Timeout | undefined

  constructor(
    workspace: Workspace,
    play: (put: <K extends Kind>(kind: K, key: string, value: Shown[K] | null) => void) => Playing,
  ) {
    this.#workspace = workspace
    this.#playing = play((kind, key, value) => {
      if (this.#shown.put(kind, key, value)) this.#flushSoon()
    })
    drawAll(workspace, this.#shown)
    workspace.changes.on('change', this.#onChange)
  }

  add(socket: WebSocket): void {
    this.#sockets.add(socket)
    if (this.#sockets.size === 1) void this.#look()
    socket.on('message', (data: Buffer) => void this.#heard(socket, data))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#toldTo.delete(socket)
      if (this.#sockets.size === 0) clearTimeout(this.#looking)
    })
  }

  close(): void {
    clearTimeout(this.#looking)
    this.#workspace.changes.off('change', this.#onChange)
    for (const socket of this.#sockets) socket.terminate()
    this.#sockets.clear()
  }

  /** About once a second while somebody looks: the systems, the catalog's file, and the phones' digits. */
  async #look(): Promise<void> {
    clearTimeout(this.#looking)
    this.#playing.phones?.look()
    await Promise.all([this.#playing.doors.look(), this.#playing.catalog.look()])
    if (this.#sockets.size > 0) this.#looking = setTimeout(() => void this.#look(), lookEveryMs)
  }

  async #heard(socket: WebSocket, data: Buffer): Promise<void> {
    const parsed = fromPage.safeParse(read(data))
    if (!parsed.success) {
      socket.close(1008, 'not understood')
      return
    }
    const message = parsed.data
    if (message.type === 'hello') {
      const isKnown = message.run === this.#run && message.since !== undefined
      this.#toldTo.set(socket, this.#shown.seq)
      const entries = isKnown ? this.#shown.since(message.since ?? 0) : this.#shown.all()
      tell(socket, { type: 'entries', run: this.#run, seq: this.#shown.seq, isWhole: !isKnown, entries })
      return
    }
    const { id, as, act } = message
    try {
      const answer = await perform(this.#playing, as, act)
      this.#flush()
      tell(socket, { type: 'answer', id, ok: true, answer })
    } catch (error) {
      this.#flush()
      tell(socket, {
        type: 'answer',
        id,
        ok: false,
        why: error instanceof Error ? error.message : String(error),
      })
    }
  }

  #changed(change: Change): void {
    draw(this.#workspace, this.#shown, change)
    if (change.what === 'toast')
      for (const socket of this.#toldTo.keys())
        tell(socket, { type: 'toast', personId: change.personId, text: change.text })
    this.#flushSoon()
  }

  /** What changes in one go is told in one go. */
  #flushSoon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushing = false
    const { seq } = this.#shown
    for (const [socket, told] of this.#toldTo) {
      if (told === seq) continue
      this.#toldTo.set(socket, seq)
      tell(socket, { type: 'entries', run: this.#run, seq, isWhole: false, entries: this.#shown.since(told) })
    }
  }
}

function tell(socket: WebSocket, message: ToPage): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
}

function read(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString()) as unknown
  } catch {
    return undefined
  }
}
