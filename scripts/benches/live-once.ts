import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'mongoose'
import type { Lane } from './lives.ts'

const settlesWithinMs = 60_000

/** The life that all old ones are made after, by somebody who lives no other. */
export async function liveOnce(lane: Lane, connection: Connection, i: number): Promise<void> {
  const somebody = lane.people.at(-1)
  if (somebody === undefined) throw new Error('nobody to live')
  await lane.live(somebody, i)
  const untilMs = performance.now() + settlesWithinMs
  const isSettled = async () =>
    (await connection.collection('grants').countDocuments({ status: 'ended', unshown: false })) === 1 &&
    (await connection.collection('holds').countDocuments({ watch: null, dueAt: null })) === 1
  while (!(await isSettled())) {
    if (performance.now() > untilMs) throw new Error('the first life does not settle')
    await sleep(100)
  }
}
