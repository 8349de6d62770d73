interface Run<Asked> {
  done: Promise<void>
  next: { asked: Asked; readonly done: Promise<void> } | null
  readonly sayAskedAgain: () => void
}

/**
 * For each key one run at a time. What is asked for while one runs is answered by one more after it, however often it
 * was asked for: by what was asked last, unless `merge` makes one of two.
 */
export class OnceMore<Asked> {
  readonly #run: (key: string, asked: Asked, askedAgain: Promise<void>) => Promise<void>
  readonly #merge: (earlier: Asked, later: Asked) => Asked
  readonly #runs = new Map<string, Run<Asked>>()
  #isStopped = false

  /** `askedAgain` resolves once another is to follow this run. */
  constructor(
    run: (key: string, asked: Asked, askedAgain: Promise<void>) => Promise<void>,
    { merge = (_earlier, later) => later }: { merge?: (earlier: Asked, later: Asked) => Asked } = {},
  ) {
    this.#run = run
    this.#merge = merge
  }

  /** Resolves, or rejects, as the run that began after it was asked for. */
  ask(key: string, asked: Asked): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    const running = this.#runs.get(key)
    if (!running) return this.#begin(key, asked)
    if (running.next) {
      running.next.asked = this.#merge(running.next.asked, asked)
      return running.next.done
    }
    const begin = () => (this.#isStopped || !running.next ? undefined : this.#begin(key, running.next.asked))
    running.next = { asked, done: running.done.then(begin, begin) }
    running.sayAskedAgain()
    return running.next.done
  }

  isRunning(key: string): boolean {
    return this.#runs.has(key)
  }

  /** What is asked for once this run has ended; null where nothing is. */
  next(key: string): { readonly asked: Asked } | null {
    return this.#runs.get(key)?.next ?? null
  }

  /** Begins no other; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.allSettled([...this.#runs.values()].map(({ done }) => done))
  }

  #begin(key: string, asked: Asked): Promise<void> {
    let sayAskedAgain = (): void => undefined
    const askedAgain = new Promise<void>((resolve) => (sayAskedAgain = resolve))
    const run: Run<Asked> = { done: Promise.resolve(), next: null, sayAskedAgain }
    // One that follows takes this one's place: in between nobody finds the key free.
    this.#runs.set(key, run)
    run.done = this.#run(key, asked, askedAgain).finally(() => {
      if (run.next === null) this.#runs.delete(key)
    })
    return run.done
  }
}
