import { startWorkspace, type Workspace, type WorkspaceOptions } from '../workspace.ts'

const endings: (() => Promise<unknown>)[] = []

/** Done after the test, the last first, whatever became of it. */
export function afterThis(end: () => Promise<unknown>): void {
  endings.unshift(end)
}

afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

/** A workspace that is closed after the test. */
export async function aWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const workspace = await startWorkspace({ command: '/request-access', ...options })
  afterThis(() => workspace.close())
  return workspace
}
