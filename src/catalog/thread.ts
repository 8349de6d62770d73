import { setImmediate as nextTurn } from 'node:timers/promises'
import { deserialize } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Catalog, Condition } from '../domain/catalog.ts'
import type { JudgeReply, Question, Slices } from './judge.ts'
import { lazyCondition } from './lazy-condition.ts'
import type { CatalogOptions } from './parse.ts'
import { goodDeviceCondition } from './device-condition.ts'
import { fullDevices, fullResource, type PlainCondition } from './plain.ts'
import type { SourceText } from './source.ts'
import { makeSystem } from './system.ts'

export type Judged =
  | { readonly ok: true; readonly catalog: Catalog }
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * Reads and judges these texts in a thread of its own, so that nothing waits for it here: of 5,000 resources this
 * thread makes a few at a time. `entry` is a file that calls `answerQuestion`. The thread is gone when this resolves,
 * and when the signal aborts. Throws if the thread fails.
 */
export async function judgeInThread(
  entry: URL,
  texts: readonly SourceText[],
  {
    env,
    kinds,
    strangers = new Map(),
    signal,
  }: Pick<CatalogOptions, 'env' | 'kinds'> & { strangers?: Question['strangers']; signal: AbortSignal },
): Promise<Judged> {
  const question: Question = { texts, env: { ...env }, strangers }
  const worker = startThread(entry, question)
  try {
    const answer = await answerOf<JudgeReply>(worker, signal)
    return answer.ok ? { ok: true, catalog: await assemble(answer, kinds) } : answer
  } finally {
    await worker.terminate()
  }
}

/** Node cannot start a thread from TypeScript, nor take a loader for it by `--import`: the loader goes first, inside. */
export function startThread(entry: URL, question: unknown): Worker {
  const loader = new URL('../../node_modules/tsx/dist/esm/api/index.mjs', import.meta.url)
  const loading = `import { register } from '${loader.href}'; register(); await import('${entry.href}')`
  const file = entry.pathname.endsWith('.ts')
    ? new URL(`data:text/javascript,${encodeURIComponent(loading)}`)
    : entry
  const worker = new Worker(file, { name: 'catalog', workerData: question, execArgv: [] })
  worker.unref()
  return worker
}

/** What it says first. Throws if it fails, ends before, or the signal aborts. */
export const answerOf = <Answer>(worker: Worker, signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error('closed while it was read'))
    signal.addEventListener('abort', giveUp, { once: true })
    worker.once('message', (answer: Answer) => resolve(answer))
    worker.once('error', reject)
    worker.once('exit', (code) => {
      signal.removeEventListener('abort', giveUp)
      reject(new Error(`its thread ended with ${code}`))
    })
    if (signal.aborted) giveUp()
  })

async function assemble(
  {
    systems,
    resources,
    managers,
    people,
    devices,
    proof,
    openId,
    asksWhenConfirmed,
    fingerprint,
    loadedAt,
  }: Extract<JudgeReply, { ok: true }>,
  kinds: CatalogOptions['kinds'],
): Promise<Catalog> {
  const conditions = new Map<string, Condition>()
  const conditionOf = (plain: PlainCondition): Condition => {
    const condition = conditions.get(plain.source) ?? lazyCondition(plain)
    conditions.set(plain.source, condition)
    return condition
  }
  return {
    systems: await collect(systems, (plain) => [plain.id, makeSystem(plain, kinds)]),
    resources: await collect(resources, (plain) => [
      plain.id,
      fullResource(plain, conditionOf, goodDeviceCondition),
    ]),
    managers: await collect(managers, ([person, manager]) => [person, manager]),
    people,
    devices: fullDevices(devices, goodDeviceCondition),
    proof,
    openId,
    asksWhenConfirmed,
    fingerprint,
    loadedAt,
  }
}

/** A slice a turn: whoever waits for the event loop waits for no more than one. */
async function collect<Plain, Value>(
  slices: Slices<Plain>,
  make: (plain: Plain) => [string, Value],
): Promise<ReadonlyMap<string, Value>> {
  const made = new Map<string, Value>()
  for (const slice of slices) {
    await nextTurn()
    for (const plain of deserialize(slice) as Plain[]) made.set(...make(plain))
  }
  return made
}
