import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anAuthority } from '../connectors/ssh-harness.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { aStage } from '../support/curfew.ts'
import { hasSshd } from '../support/sshd.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

const whereThereIsOne = hasSshd() ? test : test.skip

whereThereIsOne(
  'hosts fetch what is revoked from Curfew, without a login',
  async () => {
    const base = await mkdtemp(join(tmpdir(), 'curfew-published-'))
    afterThis(() => rm(base, { recursive: true }))
    const { ca, folder } = await anAuthority(base)
    const hosts = `systems:
  hosts:
    connector: ssh
    folder: ${folder}
    ca: { file: ${ca} }
    principal: email
`
    const stage = await aStage({
      transport: 'http',
      catalog: (cast) => ordersCatalog(cast).replace('systems:\n', hosts),
      env: { CATALOG_FILES: `${folder},${ca}` },
    })
    const url = `http://127.0.0.1:${stage.app.port}/published`

    const list = await fetch(`${url}/hosts`)

    expect(list.status).toBe(200)
    // An empty list, as ssh-keygen writes one.
    expect(Buffer.from(await list.arrayBuffer()).toString('latin1')).toMatch(/^SSHKRL\n\0/)
    expect((await fetch(`${url}/orders-cluster`)).status).toBe(404)
  },
  60_000,
)
