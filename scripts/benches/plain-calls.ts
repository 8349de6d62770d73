import { MongoBackend } from '@agendajs/mongo-backend'
import { Agenda } from 'agenda'
import mongoose from 'mongoose'
import { Pool } from 'undici'
import { z } from 'zod'
import { answerParent } from './part.ts'

/**
 * What Curfew is compared with: the same calls made by one plain Agenda job for each grant; and, as the least that
 * this machine can do, by a timer that fires them all with nothing before and nothing after.
 */
const question = z.object({
  how: z.enum(['agenda', 'timer']),
  action: z.enum(['give', 'take']),
  mongodbUri: z.string(),
  url: z.string(),
  atMs: z.number(),
  principals: z.array(z.string()),
})
type Question = z.infer<typeof question>

const connections = 64

answerParent(question, async (asked) => {
  const { origin, pathname: path } = new URL(asked.url)
  const pool = new Pool(origin, { connections })
  const headers = { 'content-type': 'application/json' }
  const call = async (principal: string): Promise<void> => {
    const body = JSON.stringify({ action: asked.action, principal, target: { group: 'bench' } })
    const answer = await pool.request({ method: 'POST', path, headers, body })
    await answer.body.text()
  }
  if (asked.how === 'agenda') return scheduleJobs(asked, call)
  setTimeout(() => asked.principals.forEach((one) => void call(one)), asked.atMs - Date.now() + 1)
  return 'set'
})

/** Nothing limits how many run at once, and the poll is the one that was best here. */
async function scheduleJobs(
  { mongodbUri, atMs, principals }: Question,
  call: (who: string) => Promise<void>,
) {
  const connection = await mongoose.createConnection(mongodbUri).asPromise()
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: connection.db as never }),
    processEvery: Number(process.env['BENCH_PROCESS_EVERY_MS'] ?? 1_000),
    defaultConcurrency: principals.length,
    maxConcurrency: principals.length,
  })
  agenda.define('call', async (job: { attrs: { data: { principal: string } } }) =>
    call(job.attrs.data.principal),
  )
  await agenda.start()
  const at = new Date(atMs)
  for (let i = 0; i < principals.length; i += 50) {
    await Promise.all(
      principals.slice(i, i + 50).map((principal) => agenda.schedule(at, 'call', { principal })),
    )
  }
  return 'scheduled'
}
