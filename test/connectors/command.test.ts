import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inspect, promisify } from 'node:util'
import { opensFiles } from '../../src/config.ts'
import { command } from '../../src/connectors/command/command.ts'
import type { Connector } from '../../src/domain/connector.ts'
import { connectCommand, hasTools, theDocumentedProgram } from './command-harness.ts'
import { call, connectorContract, failureOf, giveCall, surroundings } from '../../src/testing/contract.ts'

if (hasTools())
  connectorContract('command (the documented program)', theDocumentedProgram, {
    untried: { vanishTarget: 'whether a group exists is known to the program alone' },
  })
else test.skip('jq or flock is not here: ./scripts/servers says how to get them', () => undefined)

const target = { group: 'dba' }
const place = { principal: 'ada', target }
const soon = () => AbortSignal.timeout(5_000)

describe('command', () => {
  let folder = ''
  const opened: Connector[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'curfew-command-'))
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()))
    await rm(folder, { recursive: true })
  })
  /** `$0` is the folder of this test. */
  const aScript = (script: string, settings: object = {}) => {
    const connector = connectCommand({ run: ['/bin/sh', '-c', script, folder], ...settings })
    opened.push(connector)
    return connector
  }
  const written = async (name: string) => {
    const path = join(folder, name)
    while (!existsSync(path) || !(await readFile(path, 'utf8')).endsWith('\n')) await sleep(5)
    return (await readFile(path, 'utf8')).trim()
  }

  test('a give carries who, what, until when and its key; whatever comes next is told no key', async () => {
    const connector = aScript('cat >>"$0/told"; echo >>"$0/told"; echo \'{"holds":true}\'')
    const until = new Date('2030-01-31T17:00:00Z')
    await connector.give({ ...giveCall('ada', target), until, idempotencyKey: 'hold-1:give:3' })
    await connector.take({ ...call('ada', target), idempotencyKey: 'hold-1:take:4' })
    await connector.has({ ...place, signal: soon() })
    await connector.check({ targets: [], signal: soon() })
    expect((await written('told')).split('\n').map((line): unknown => JSON.parse(line))).toEqual([
      { action: 'give', ...place, until: '2030-01-31T17:00:00.000Z', idempotencyKey: 'hold-1:give:3' },
      { action: 'take', ...place, idempotencyKey: 'hold-1:take:4' },
      { action: 'has', ...place },
      { action: 'check' },
    ])
  })

  test('its environment is what the catalog says, a plain PATH and LANG, and nothing of ours', async () => {
    process.env['CURFEW_TEST_SECRET'] = 'leaked'
    const program = `require('fs').writeFileSync(process.argv[1], JSON.stringify([process.env, process.cwd()]) + '\\n')`
    const connector = connectCommand({
      run: [process.execPath, '-e', program, join(folder, 'env')],
      env: { CURFEW_TOKEN: 'token-1' },
    })
    opened.push(connector)
    await connector.take(call('ada', target))
    delete process.env['CURFEW_TEST_SECRET']
    expect(JSON.parse(await written('env'))).toEqual([
      {
        CURFEW_TOKEN: 'token-1',
        LANG: 'C.UTF-8',
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      },
      '/',
    ])
  })

  /** Whoever starts Curfew opened this one program; its catalog's editor writes `env`. */
  async function ranBy(script: string, env: Record<string, string>): Promise<string> {
    const path = join(folder, 'people')
    await writeFile(path, script)
    await chmod(path, 0o755)
    const settings = command.settings.safeParse({ run: [path], env })
    if (!settings.success) return 'refused'
    const opens = opensFiles({ CATALOG_FILES: path })
    const connector = command.connect(settings.data, { ...surroundings(5_000), opens })
    opened.push(connector)
    await connector.check({ targets: [], signal: soon() }).catch(() => undefined)
    return existsSync(join(folder, 'mark')) ? "the editor's own code was run" : 'only the program was run'
  }

  test.each([
    ['bash', '#!/bin/bash\ncat >/dev/null\n', (mark: string) => ({ BASH_ENV: `$(touch ${mark})` })],
    [
      'node',
      `#!${process.execPath}\nprocess.stdin.resume()\n`,
      (mark: string) => ({
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`import{writeFileSync as w}from'node:fs';w('${mark}','')`)}`,
      }),
    ],
    [
      'perl',
      '#!/usr/bin/perl\n1;\n',
      (mark: string) => ({ PERL5OPT: '-d', PERL5DB: `BEGIN { system('touch ${mark}'); exit }` }),
    ],
  ])('a catalog alone has nothing run but the program that was opened: one in %s', async (_, script, env) => {
    expect(await ranBy(script, env(join(folder, 'mark')))).toBe('refused')
  })

  test('no shell reads its arguments', async () => {
    const words = ['$HOME `id` $(id)', '; touch x', '*', '"', "'", '-n', '']
    const program = `require('fs').writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)) + '\\n')`
    const connector = connectCommand({
      run: [process.execPath, '-e', program, '--', join(folder, 'words'), ...words],
    })
    opened.push(connector)
    await connector.take(call('ada', target))
    expect(JSON.parse(await written('words'))).toEqual(words)
  })

  test.each([
    ['exit 64', false, 'no'],
    ['exit 65', false, 'no'],
    ['exit 66', false, 'no'],
    ['exit 67', false, 'no'],
    ['exit 68', false, 'no'],
    ['exit 77', false, 'no'],
    ['exit 78', false, 'no'],
    ['exit 75', true, 'unknown'],
    ['exit 1', true, 'unknown'],
    ['exit 127', true, 'unknown'],
    ['kill -KILL $$', true, 'unknown'],
    ['kill -TERM $$', true, 'unknown'],
    ['echo \'{"retryable":true}\'; exit 65', true, 'unknown'],
    ['echo \'{"happened":false}\'; exit 75', true, 'no'],
    ['echo \'{"retryable":false}\'; exit 1', false, 'no'],
    ['echo \'{"happened":true}\'; exit 67', false, 'unknown'],
    ['echo \'{"happened":"no"}\'; exit 1', true, 'unknown'],
  ])('%s: retryable %s, happened %s', async (script, retryable, happened) => {
    const failure = await failureOf(aScript(script).give(giveCall('ada', target)))
    expect(failure).toMatchObject({ retryable, happened })
  })

  test.each([
    ['is not there', () => join(folder, 'nothing'), 'ENOENT'],
    ['may not be executed', () => join(folder, 'plain'), 'EACCES'],
    ['is a folder', () => folder, 'EACCES'],
    ['names an interpreter that is not there', () => join(folder, 'strange'), 'ENOENT'],
  ])('a program that %s is said, for good', async (_, path, code) => {
    await writeFile(join(folder, 'plain'), '#!/bin/sh\n', { mode: 0o644 })
    await writeFile(join(folder, 'strange'), '#!/no/such/interpreter\n')
    await chmod(join(folder, 'strange'), 0o755)
    const connector = connectCommand({ run: [path()] })
    opened.push(connector)
    const failure = await failureOf(connector.give(giveCall('ada', target)))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
    expect(failure.message).toContain(`(${code} ${path()})`)
  })

  test.each([
    ['no JSON', 'echo yes'],
    ['nothing', 'true'],
    ['another shape', 'echo \'{"hold":true}\''],
    ['a word for a truth value', 'echo \'{"holds":"false","principals":"ada"}\''],
    ['a null', 'echo null'],
    ['two answers', 'echo \'{"holds":false,"principals":[]}{"holds":true}\''],
    ['half an answer', 'printf \'{"holds":false,"principals":[]\''],
  ])('%s is never read as "no" or as "nobody"', async (_, script) => {
    const connector = aScript(script)
    const failures = await Promise.all([
      failureOf(connector.has({ ...place, signal: soon() })),
      failureOf(connector.list({ target, after: null, signal: soon() })),
    ])
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true })
  })

  test('an answer without end is cut off, and its program killed', async () => {
    const signal = AbortSignal.timeout(15_000)
    const failure = await failureOf(
      aScript('echo $$ >"$0/pid"; exec yes').list({ target, after: null, signal }),
    )
    expect(signal.aborted).toBe(false)
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(failure.message).toContain('too long')
    await isGone(await written('pid'))
  })

  test('complaints without end are kept no longer than their last line, and harm nothing', async () => {
    const connector = aScript(
      'head -c 3000000 /dev/zero | tr "\\0" x >&2; echo >&2; echo "the end" >&2; exit 1',
    )
    const failure = await failureOf(connector.take(call('ada', target)))
    expect(failure.message).toBe('The command could not take from ada: it failed (exit 1): the end')
  })

  test('of a line too long to be kept whole nothing is said: it may begin within a secret', async () => {
    const token = Array.from({ length: 500 }, (_, i) => `s${i}`).join('')
    const connector = aScript('for i in $(seq 100); do printf %s "$CURFEW_TOKEN" >&2; done; exit 1', {
      env: { CURFEW_TOKEN: token },
    })
    const failure = await failureOf(connector.take(call('ada', target)))
    expect(failure.message).toBe('The command could not take from ada: it failed (exit 1)')
  })

  test('its last complaint reaches the admins, without our secrets and without control characters', async () => {
    const key = `-----BEGIN KEY-----\n${'k'.repeat(64)}\n-----END KEY-----`
    const env = { CURFEW_TOKEN: 'token-1', CURFEW_KEY: key }
    const failures = await Promise.all([
      failureOf(
        aScript('echo early >&2; printf "bad \\033[31m$CURFEW_TOKEN\\r\\n\\n" >&2; exit 77', { env }).take(
          call('ada', target),
        ),
      ),
      failureOf(aScript('echo "$CURFEW_KEY" | head -n 2 >&2; exit 1', { env }).take(call('ada', target))),
      failureOf(
        aScript('echo "{\\"error\\":\\"no $CURFEW_TOKEN\\"}"; exit 67', { env }).take(call('ada', target)),
      ),
      failureOf(aScript('printf %0900d 7 >&2; kill -9 $$', { env }).take(call('ada', target))),
    ])
    expect(
      failures.map(({ message }) => message.slice('The command could not take from ada: '.length)),
    ).toEqual([
      "it did not accept Curfew's credentials (exit 77): bad  [31m…",
      'it failed (exit 1): …',
      'it does not know the person (exit 67): no …',
      `it was killed by SIGKILL: ${'0'.repeat(899)}7`,
    ])
    const everything = inspect(failures, { depth: 12, showHidden: true })
    for (const secret of ['token-1', 'kkkk']) expect(everything).not.toContain(secret)
  })

  test('a program that does not listen is told nothing, and harms nothing', async () => {
    const big = { group: 'x'.repeat(4_000) }
    const failure = await failureOf(aScript('exec <&-; exit 67').give(giveCall('ada', big)))
    expect(failure).toMatchObject({ retryable: false, happened: 'no' })
  })

  test('when its time is up, it and what it started are killed, though they do not care to end', async () => {
    const connector = aScript(
      `trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo "$$ $!" >"$0/pids"; while :; do sleep 1; done`,
    )
    const up = new AbortController()
    const failing = failureOf(connector.give({ ...giveCall('ada', target), signal: up.signal }))
    const pids = (await written('pids')).split(' ')
    const before = await Promise.all(pids.map(isRunning))
    const startedAt = performance.now()
    up.abort()
    const failure = await failing
    const tookMs = performance.now() - startedAt
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(tookMs).toBeLessThan(900)
    expect([before, await Promise.all(pids.map(isRunning))]).toEqual([
      [true, true],
      [false, false],
    ])
  })

  test('a program that ends when it is asked to may tidy up first', async () => {
    const connector = aScript(
      `trap 'echo tidy >"$0/tidy"; exit 0' TERM; echo up >"$0/up"; while :; do sleep 0.01; done`,
    )
    const up = new AbortController()
    const failing = failureOf(connector.give({ ...giveCall('ada', target), signal: up.signal }))
    await written('up')
    up.abort()
    expect(await failing).toMatchObject({ retryable: true, happened: 'unknown' })
    expect(await written('tidy')).toBe('tidy')
  })

  test('one that is stopped is killed all the same', async () => {
    const connector = aScript('echo $$ >"$0/pid"; kill -STOP $$')
    const failing = failureOf(
      connector.give({ ...giveCall('ada', target), signal: AbortSignal.timeout(300) }),
    )
    const pid = await written('pid')
    expect(await failing).toMatchObject({ retryable: true, happened: 'unknown' })
    await isGone(pid)
  })

  test('what it leaves running when it ends is killed', async () => {
    await aScript('sleep 100 & echo $! >"$0/pid"').take(call('ada', target))
    const pid = await written('pid')
    await isGone(pid)
  })

  test('a daemon that got away and holds its output does not keep the call waiting', async () => {
    const connector = aScript('setsid sleep 20 & echo $! >"$0/pid"; sleep 0.2; echo \'{"holds":true}\'')
    const startedAt = performance.now()
    const has = await connector.has({ ...place, signal: soon() })
    process.kill(Number(await written('pid')))
    expect(has).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  })

  test('closing ends what runs, and its calls fail; a call after that is not begun', async () => {
    const connector = aScript('echo $$ >"$0/pid"; sleep 100')
    const failing = failureOf(connector.give(giveCall('ada', target)))
    const pid = await written('pid')
    await connector.close()
    expect(await failing).toMatchObject({ retryable: true, happened: 'unknown' })
    await isGone(pid)
    expect(await failureOf(connector.give(giveCall('ada', target)))).toMatchObject({
      retryable: true,
      happened: 'no',
    })
  })

  test('when Curfew is killed, so is what runs, with all that it started', async () => {
    const script = `read -r told || :; trap '' TERM HUP; (trap '' TERM HUP; while :; do sleep 1; done) & echo "$$ $!" >"$0/pids"; while :; do sleep 1; done`
    const source = fileURLToPath(new URL('../../src/connectors/command/command.ts', import.meta.url))
    const curfew = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        `const { command } = await import(process.argv[1])
         const [, , folder, script] = process.argv
         const settings = command.settings.parse({ run: ['/bin/sh', '-c', script, folder] })
         const connector = command.connect(settings, { timeoutMs: 60_000, hide: () => undefined, opens: () => true })
         await connector.take({ principal: 'ada', target: {}, idempotencyKey: 'k', signal: AbortSignal.timeout(60_000) })`,
        source,
        folder,
        script,
      ],
      {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { PATH: process.env['PATH'] },
        stdio: 'inherit',
      },
    )
    const pids = (await written('pids')).split(' ')
    const before = await Promise.all(pids.map(isRunning))
    curfew.kill('SIGKILL')
    await once(curfew, 'exit')
    while ((await Promise.all(pids.map(isRunning))).includes(true)) await sleep(10)
    expect(before).toEqual([true, true])
  })

  test('where the keeper itself was killed, the next call has another, which knows what runs', async () => {
    const connector = aScript('echo "$PPID" >"$0/parent"; echo \'{"holds":true}\'')
    await connector.has({ ...place, signal: soon() })
    const keeper = await keeperOf(process.pid)
    process.kill(keeper, 'SIGKILL')
    while (await isRunning(String(keeper))) await sleep(5)
    await connector.has({ ...place, signal: soon() })
    const next = await keeperOf(process.pid)
    expect([next > 0, next === keeper]).toEqual([true, false])
  })

  test('no more run at once than the catalog says; what is in time to wait is done', async () => {
    const connector = aScript(
      'mkdir "$0/running" || echo twice >>"$0/twice"; sleep 0.1; rmdir "$0/running"',
      { atOnce: 1 },
    )
    await Promise.all(Array.from({ length: 5 }, () => connector.take(call('ada', target))))
    expect(existsSync(join(folder, 'twice'))).toBe(false)
  })

  test('what waited for its turn in vain was not begun; a take goes before questions', async () => {
    const connector = aScript(
      'read -r told || :; echo "$told" >>"$0/told"; while [ ! -f "$0/go" ]; do sleep 0.01; done; echo \'{"holds":true}\'',
      { atOnce: 1 },
    )
    const first = connector.has({ ...place, signal: soon() })
    await written('told')
    const question = connector.has({ principal: 'grace', target, signal: soon() })
    const vain = failureOf(connector.give({ ...giveCall('lin', target), signal: AbortSignal.timeout(50) }))
    const take = connector.take(call('riley', target))
    expect(await vain).toMatchObject({ retryable: true, happened: 'no' })
    await writeFile(join(folder, 'go'), '')
    await Promise.all([first, question, take])
    const told = (await written('told'))
      .split('\n')
      .map((line) => (JSON.parse(line) as { principal: string }).principal)
    expect(told).toEqual(['ada', 'riley', 'grace'])
  })

  test('a secret in a mounted file is read anew at each call, and kept out of the log', async () => {
    const file = join(folder, 'token')
    const hidden: string[] = []
    const settings = command.settings.parse({
      run: ['/bin/sh', '-c', 'echo "$CURFEW_TOKEN" >>"$0/seen"', folder],
      env: { CURFEW_TOKEN: { file } },
    })
    const connector = command.connect(settings, { ...surroundings(2_500), hide: (text) => hidden.push(text) })
    opened.push(connector)
    await writeFile(file, 'first\n')
    await connector.take(call('ada', target))
    await writeFile(file, 'second\n')
    await connector.take(call('ada', target))
    await rm(file)
    const failure = await failureOf(connector.take(call('ada', target)))
    expect((await written('seen')).split('\n')).toEqual(['first', 'second'])
    expect(hidden).toEqual(['first', 'second'])
    expect(failure).toMatchObject({ retryable: true, happened: 'no' })
    expect(failure.message).toContain(file)
  })

  test('what every remedy of the check says makes the check pass', async () => {
    const path = join(folder, "the program; it's")
    const connector = connectCommand({ run: [path] })
    opened.push(connector)
    const said: string[] = []
    await writeFile(path, '#!/bin/sh\nexit 0\n')
    await chmod(path, 0o666)
    for (let i = 0; i < 5; i++) {
      const lacks = await connector.check({ targets: [], signal: soon() })
      if (lacks.length === 0) break
      for (const { what, remedy } of lacks) {
        said.push(what)
        await promisify(execFile)('/bin/sh', ['-c', String(remedy)])
      }
    }
    expect(said).toHaveLength(2)
    expect(await connector.check({ targets: [], signal: soon() })).toEqual([])
  })

  test('how late it tells the truth, and may go on, comes from the catalog', () => {
    expect([aScript('').hasLagMs, aScript('').lateMs]).toEqual([0, 30_000])
    const slow = aScript('', { lag: '1500ms', late: '2m' })
    expect([slow.hasLagMs, slow.lateMs]).toEqual([1_500, 120_000])
  })

  test('which system it is, is its program with its arguments', () => {
    const of = (run: string[]) => command.connect(command.settings.parse({ run }), surroundings(1_000)).where
    expect(of(['/opt/people', '--tenant', 'a b'])).toBe('command /opt/people --tenant a%20b')
    expect(of(['/opt/people', '--tenant', 'a', 'b'])).not.toBe(of(['/opt/people', '--tenant', 'a b']))
  })
})

describe('command settings', () => {
  const good = { run: ['/opt/curfew/people'] }
  test.each([
    ['a program', good, true],
    ['with arguments', { run: ['/opt/curfew/people', '--all', ''] }, true],
    ['a program to be looked for in PATH', { run: ['people'] }, false],
    ['a program from here', { run: ['./people'] }, false],
    ['no program', { run: [] }, false],
    ['a line for a shell', { run: '/opt/curfew/people --all' }, false],
    ['an argument with a NUL', { run: ['/opt/curfew/people', 'a\0b'] }, false],
    ['a secret', { ...good, env: { CURFEW_TOKEN: 'x' } }, true],
    ['a secret in a file', { ...good, env: { CURFEW_TOKEN: { file: '/run/secrets/x' } } }, true],
    ['a variable that none can be called', { ...good, env: { 'CURFEW_A=B': 'x' } }, false],
    ['a function for a shell', { ...good, env: { 'BASH_FUNC_CURFEW_A%%': '() { id; }' } }, false],
    ['nothing but the beginning of a name', { ...good, env: { CURFEW_: 'x' } }, false],
    ['a secret that is no text', { ...good, env: { CURFEW_TOKEN: 7 } }, false],
    ['how many at once', { ...good, atOnce: 1 }, true],
    ['none at once', { ...good, atOnce: 0 }, false],
    ['a lag without a unit', { ...good, lag: '5' }, false],
    ['an unknown key', { ...good, shell: true }, false],
  ])('%s', (_, settings, isGood) => {
    expect(command.settings.safeParse(settings).success).toBe(isGood)
  })
})

test.each(['BASH_ENV', 'LD_PRELOAD', 'PATH', 'curfew_token', 'TOKEN'])(
  'the catalog is told that %s is no variable for its programs',
  (name) => {
    const { error } = command.settings.safeParse({ run: ['/opt/curfew/people'], env: { [name]: 'x' } })
    expect(error?.issues).toMatchObject([
      {
        path: ['env', name],
        issues: [
          {
            message:
              'must be the name of a variable that begins with CURFEW_: others may have the program run what is not the program',
          },
        ],
      },
    ])
  },
)

/** Whether a process runs: one that has ended and was not yet asked after does not. */
/** A process that was killed takes its moment to be gone; those here would run for longer than a test may take. */
async function isGone(pid: string): Promise<void> {
  while (await isRunning(pid)) await sleep(10)
}

async function isRunning(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat !== null && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
}

/** The newest shell that keeps programs of this process. */
async function keeperOf(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,args=', '--ppid', String(pid)])
  const keepers = stdout.split('\n').filter((line) => line.includes('while read -r what group'))
  return Math.max(...keepers.map((line) => Number.parseInt(line.trim(), 10)))
}

test('a program that was not opened to catalogs is not run', async () => {
  const settings = command.settings.parse({ run: ['/bin/true'] })
  const connector = command.connect(settings, { ...surroundings(2_500), opens: () => false })
  const failure = await failureOf(connector.check({ targets: [], signal: AbortSignal.timeout(2_500) }))
  await connector.close()
  expect(failure).toMatchObject({ retryable: false, happened: 'no' })
  expect(failure.message).toContain('/bin/true is not opened to catalogs: see CATALOG_FILES')
})
