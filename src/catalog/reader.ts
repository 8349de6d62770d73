import { parentPort, workerData } from 'node:worker_threads'
import { readSource, type SourceText } from './source.ts'
import type { ReadText } from './read-in-two.ts'

/** Runs in a thread: reads the texts that it was started with, and says so. */
const texts = workerData as readonly SourceText[]
parentPort?.postMessage(
  texts.map((text): ReadText => {
    const source = readSource(text)
    return Array.isArray(source) ? { problems: source } : { content: source.content }
  }),
)
