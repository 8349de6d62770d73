import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { aRecord } from './a-record.ts'
import { written } from '../support/ring.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const typescript = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href
/** As in a container that runs by a number which no file names: `userInfo` of Node throws there. */
const nameless =
  'data:text/javascript,import os from "node:os";import{syncBuiltinESMExports}from"node:module";' +
  'os.userInfo=()=>{throw Object.assign(new Error("A system error occurred: uv_os_get_passwd returned ENOENT"),{code:"ERR_SYSTEM_ERROR"})};syncBuiltinESMExports()'

test('the record can be verified in a container whose user has a number and no name', async () => {
  const { connection, key, asks, records } = await aRecord()
  await asks()
  await records()
  const uri = new URL(process.env['CURFEW_TEST_MONGODB_URI'] ?? '')
  uri.pathname = `/${connection.name}`
  const child = spawn(
    process.execPath,
    ['--import', nameless, '--import', typescript, join(root, 'src/cli.ts'), 'audit', 'verify'],
    { env: { PATH: process.env['PATH'], MONGODB_URI: uri.href, AUDIT_KEYS: written(key) }, cwd: '/' },
  )
  let text = ''
  for (const out of [child.stdout, child.stderr]) out.on('data', (part) => (text += String(part)))
  const [code] = (await once(child, 'close')) as [number]
  expect([code, text]).toEqual([0, expect.stringContaining('None of them was changed')])
})
