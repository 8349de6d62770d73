import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aStage } from '../support/curfew.ts'
import { aFolder } from './a-folder.ts'

/**
 * "Where the first admin's address is of a public provider, say in `catalog.yml` who may ask: its domain is everybody's."
 * Whoever goes by what `init` prints reads that too, or the catalog lets nobody ask until they said who.
 */
test('an admin with an address of a public provider is told that everybody there could ask', async () => {
  const { environment, workspace, database } = await aStage({ started: false })
  const folder = await aFolder()
  const { code, out } = await folder.curfew(
    ['init', '--yes', '--channel', '#access', '--admins', 'ada.of.acme@gmail.com'].concat([
      '--first',
      'mongodb',
      '--role',
      'orders/read',
    ]),
    {
      SLACK_API_URL: workspace.apiUrl,
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: workspace.appToken,
      MONGODB_URI: environment['MONGODB_URI'] ?? '',
      ACCESS_URL: database.curfewUrl,
    },
  )
  expect(code).toBe(0)
  const catalog = await readFile(join(folder.path, 'catalog.yml'), 'utf8')
  const letsAllAsk = catalog.includes('endsWith(\\"@gmail.com\\")')
  const isSaid = /gmail\.com|public provider|who may ask/i.test(out)
  expect({ isSafeOrSaid: !letsAllAsk || isSaid }).toEqual({ isSafeOrSaid: true })
}, 60_000)
