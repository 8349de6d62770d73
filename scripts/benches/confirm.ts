import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { whoConfirm } from './confirm-people.ts'
import { startPart, type Part } from './part.ts'
import { atMost, rounded, spread, type Report } from './report.ts'
import { databaseOf, runBench } from './run-bench.ts'

const perSecond = 50
const blockSeconds = 2
const atOnce = 500
const burstSeconds = 10
const patienceMs = 30_000
const pageBytes = 30_000

interface Took {
  readonly tookMs: readonly number[]
  readonly again: number
}

const callsSchema = z.object({
  calls: z.array(z.object({ action: z.string(), principal: z.string(), atMs: z.number() })),
})

await runBench(async (bench): Promise<Report> => {
  const mongod = await startMongod({ replicaSet: true })
  bench.atEnd(() => mongod.stop())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
  const amount = perSecond * Math.ceil(bench.seconds / 2)
  const curfew = await whoConfirm(bench, {
    url,
    mongodbUri: databaseOf(mongod.uri, 'confirm_bench'),
    amounts: { warm: perSecond, measured: amount, atOnce },
  })
  const { app, posts, lanes } = curfew
  // The code is warm.
  await paced(lanes.warm, perSecond, (one) => one())

  const cpuMs = { confirmed: 0, ruled: 0 }
  const sent = { confirmed: new Map<string, number>(), ruled: new Map<string, number>() }
  const block = perSecond * blockSeconds
  for (let from = 0, round = 0; from < amount; from += block, round++) {
    const order = ['confirmed', 'ruled'] as const
    for (const name of round % 2 === 0 ? order : order.toReversed()) {
      const before = await cpuOf(app)
      const some = lanes[name].slice(from, from + block)
      await paced(some, perSecond, async (one) => {
        const { principal, sentAtMs } = await one()
        sent[name].set(principal, sentAtMs)
      })
      await sleep(1_000)
      cpuMs[name] += (await cpuOf(app)) - before
    }
  }
  const confirmed = await tookOf(target, sent.confirmed)
  const ruled = await tookOf(target, sent.ruled)

  const burstAtMs = Date.now()
  const burst = await Promise.all(lanes.burst.map((one) => one()))
  const answeredMs = Date.now() - burstAtMs
  const given = await tookOf(target, new Map(burst.map(({ principal }) => [principal, burstAtMs])))
  const failed = burst.filter(({ status }) => status !== 303).length
  const pages = await curfew.pages()
  const row = (name: string, { tookMs, again }: Took, more: Record<string, number> = {}) => ({
    name,
    n: tookMs.length,
    ...spread(tookMs),
    again,
    ...more,
  })
  await posts.close()
  return {
    bench: 'confirm',
    what: 'six digits leaving a browser → the call that gives the access arriving',
    rows: [
      row('confirmed by a code', confirmed, { cpuMsEach: rounded(cpuMs.confirmed / amount) }),
      row('asked for, approved by rule', ruled, { cpuMsEach: rounded(cpuMs.ruled / amount) }),
      row(`${atOnce} confirmed at once`, given, { answeredMs }),
      { name: 'a page is opened', n: pages.tookMs.length, ...spread(pages.tookMs) },
    ],
    goals: [
      atMost(`curfew, p99 at ${perSecond} a second (ms)`, 300, spread(confirmed.tookMs).p99Ms),
      atMost(
        'curfew, p99 beside 2 × what is approved by rule (ms)',
        2 * spread(ruled.tookMs).p99Ms,
        spread(confirmed.tookMs).p99Ms,
      ),
      atMost(`the last of ${atOnce} at once (ms)`, burstSeconds * 1_000, spread(given.tookMs).maxMs),
      atMost('confirmed and never given', 0, amount - confirmed.tookMs.length + atOnce - given.tookMs.length),
      atMost('given twice', 0, confirmed.again + given.again),
      atMost('answered with anything but "done"', 0, failed),
      atMost('the page to confirm, with its scripts (bytes)', pageBytes, pages.confirmBytes),
      atMost('the page to add a way, with its picture (bytes)', pageBytes, pages.enrolBytes),
    ],
    notes: [
      `${amount} people confirm and as many others ask, in blocks of ${blockSeconds} s in turn at ${perSecond} a second, whether or not answers come; each once, as a code is good once`,
      'confirmed: a form sent over HTTP; approved by rule: the form in Slack, sent over Socket Mode; both for the same rules about who, on the same system',
      'cpuMsEach: CPU time of the process until a second after, for each; again: second calls for the same',
    ],
  }
})

/** Waits for the call of each; of whoever has none within the patience there is no time. */
async function tookOf(target: Part, sent: ReadonlyMap<string, number>): Promise<Took> {
  const untilMs = Date.now() + patienceMs
  for (;;) {
    const { calls } = callsSchema.parse(await target.ask({ what: 'calls' }))
    const ours = calls.filter(({ action, principal }) => action === 'give' && sent.has(principal))
    const first = new Map<string, number>()
    for (const { principal, atMs } of ours)
      if (!first.has(principal)) first.set(principal, atMs - (sent.get(principal) ?? 0))
    if (first.size === sent.size || Date.now() > untilMs)
      return { tookMs: [...first.values()], again: ours.length - first.size }
    await sleep(50)
  }
}

async function cpuOf(app: Part): Promise<number> {
  return z.number().parse(await app.ask({ what: 'cpu' }))
}

/** At an even pace, whether or not answers come. */
async function paced<T>(
  all: readonly T[],
  aSecond: number,
  work: (one: T) => Promise<unknown>,
): Promise<void> {
  const startMs = performance.now()
  const begun: Promise<unknown>[] = []
  for (const [i, one] of all.entries()) {
    const waitMs = startMs + (i * 1_000) / aSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    begun.push(work(one))
  }
  await Promise.all(begun)
}
