import { setTimeout as sleep } from 'node:timers/promises'

const stepMs = 30_000
/** By then whatever is done with a code is done, on a busy machine too. */
const enoughMs = 6_000

/** Waits until the codes of now go on to be those of now for some seconds: one of the step before counts that long too. */
export async function earlyInAStep(now = new Date()): Promise<void> {
  const leftMs = stepMs - (now.getTime() % stepMs)
  if (leftMs < enoughMs) await sleep(leftMs + 50)
}
