import { execFile } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

test('imports run one way, edges never import each other, and src imports no test', async () => {
  const { stdout } = await run(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'src',
      'test',
      'scripts',
    ],
    { cwd: root, env: { ...process.env, NODE_OPTIONS: '' } },
  )
  expect(stdout).toContain('no dependency violations found')
}, 60_000)

test('the production image holds the built app and its production dependencies alone', async () => {
  const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8')
  const final = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  const copied = [...final.matchAll(/^COPY .*$/gm)].map(([line]) => line)
  expect(copied.join('\n')).not.toMatch(/\btest\b|\bscripts\b|\bsrc\b/)
  expect(dockerfile).toContain('npm ci --omit=dev')
  expect(final).toMatch(/^USER node$/m)
})

test('the manifest asks for no more than the code uses', async () => {
  const manifest = await readFile(join(root, 'manifest.yml'), 'utf8')
  const scopesPart = manifest.slice(manifest.indexOf('\n  scopes:'), manifest.indexOf('\nsettings:'))
  const scopes = [...scopesPart.matchAll(/^ {6}- ([a-z:.]+)/gm)].map(([, scope]) => scope)
  expect(scopes.sort()).toEqual(
    [
      'channels:read',
      'chat:write',
      'commands',
      'groups:read',
      'im:write',
      'usergroups:read',
      'users:read',
      'users:read.email',
    ].sort(),
  )
})

test('each test file that is to be started before the others is there', async () => {
  const sequencer = await readFile(join(root, 'test/support/jest-longest-first.js'), 'utf8')
  const names = [...sequencer.matchAll(/^ {2}'(.+)': \d+,$/gm)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(5)
  for (const name of names) await access(join(root, `test/${name}.test.ts`))
})
