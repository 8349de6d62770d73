import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { Log } from '../domain/ports/log.ts'

type Spans = Parameters<SpanExporter['export']>[0]
type Done = Parameters<SpanExporter['export']>[1]

/** Says once that spans do not get through, and once that they do again. */
export class SaysOnce implements SpanExporter {
  readonly #to: SpanExporter
  readonly #log: Log
  #isDown = false

  constructor(to: SpanExporter, log: Log) {
    this.#to = to
    this.#log = log
  }

  export(spans: Spans, done: Done): void {
    this.#to.export(spans, (result) => {
      const isDown = result.error !== undefined
      if (isDown && !this.#isDown)
        this.#log.warn('traces cannot be sent; they are thrown away until they can', { error: result.error })
      if (!isDown && this.#isDown) this.#log.info('traces are sent again')
      this.#isDown = isDown
      done(result)
    })
  }

  forceFlush(): Promise<void> {
    return this.#to.forceFlush?.() ?? Promise.resolve()
  }

  shutdown(): Promise<void> {
    return this.#to.shutdown()
  }
}
