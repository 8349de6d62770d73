import { checkCatalog } from '../src/catalog/check.ts'
import { connectorKinds } from '../src/connectors/registry.ts'
import { buildPage } from '../test/workspace/practice/build-page.ts'
import { servePractice } from '../test/workspace/practice/serve-practice.ts'
import { demoDoors } from './demo-doors.ts'
import { startDemo, type DemoParts } from './demo-parts.ts'
import { storyTimes } from './story-session.ts'
import { playStory } from './story.ts'

const isStory = process.argv.includes('--story')
const wantedPort = Number(process.env['PORT'] ?? 4_700)
const endings: (() => Promise<unknown>)[] = []
let isEnding = false

async function end(code: number): Promise<never> {
  if (!isEnding) {
    isEnding = true
    for (const stop of endings) await stop().catch((error: unknown) => console.error(error))
    process.exit(code)
  }
  return new Promise(() => undefined)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(isStory ? 130 : 0))

/** Serves the page on its usual port, or on a free one where that is taken. */
async function openPractice(parts: DemoParts): Promise<void> {
  const { workspace, catalogPath, cast, company, phones, laptop } = parts
  cast.kim.says('Orders are stuck in _paid_ since this morning. Riley is on it.', { in: cast.orders })
  const pageDir = await buildPage()
  const options = {
    workspace,
    catalogPath,
    pageDir,
    doors: demoDoors(parts),
    company,
    phones,
    laptop,
    checkCatalog: async () => (await checkCatalog(catalogPath, parts.variables, connectorKinds)).problems,
  }
  const practice = await servePractice({ ...options, port: wantedPort }).catch((error: unknown) => {
    console.log(`Port ${wantedPort} is taken: ${error instanceof Error ? error.message : String(error)}`)
    return servePractice(options)
  })
  endings.unshift(() => practice.close())
  console.log(`\n  Open ${practice.url}   (Ctrl-C ends it and cleans up)\n`)
}

try {
  const parts = await startDemo((words) => console.log(words), isStory ? storyTimes : {})
  endings.push(() => parts.stop())
  if (isStory) {
    await playStory(parts)
    await end(0)
  } else {
    await openPractice(parts)
  }
} catch (error) {
  console.error(error)
  await end(1)
}
