/** One call of the app to the Web API (or to a response_url, as method `response_url`). */
export interface RecordedCall {
  method: string
  at: Date
  /** `performance.now()` when the call had arrived. */
  atMs: number
  args: Record<string, unknown>
  /** The body answered; `dropped` where the reply was lost on purpose. */
  response: Record<string, unknown>
  status: number | 'dropped'
}

/** Remembers the last calls, as many as asked for; none when switched off with 0. */
export class Calls {
  readonly list: RecordedCall[] = []
  keep: number

  constructor(keep: number) {
    this.keep = keep
  }

  add(call: RecordedCall): void {
    if (this.keep === 0) return
    this.list.push(call)
    if (this.list.length > this.keep * 2) this.list.splice(0, this.list.length - this.keep)
  }
}
