import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const model = fileURLToPath(new URL('../../model/holds.pml', import.meta.url))

/** The bits of `model/holds.pml`. */
const bits = {
  leaked: 1,
  stuck: 2,
  stripped: 4,
  unapproved: 8,
  lied: 16,
  returned: 32,
  interrupted: 64,
  unpunctual: 128,
} as const
export type Promised = keyof typeof bits

/** What is defined for the model: `{ GRANTS: 2, AHEAD: true }`. */
export type Defines = Readonly<Record<string, number | string | true>>

export interface Question {
  readonly defines: Defines
  /** Promises that are not looked at. */
  readonly tolerated?: readonly Promised[]
  /** Looks for a short way to a broken promise; else all is walked through. */
  readonly isShort?: boolean
}

export interface Answer {
  /** The promise that was broken; `deadlock` where nobody could go on; null: none. */
  readonly broken: Promised | 'deadlock' | null
  readonly states: number
  readonly depth: number
  readonly seconds: number
  readonly megabytes: number
  /** Who did what, up to the broken promise, as the model says it. */
  readonly steps: readonly string[]
}

const mostMegabytes = 3_900
const wholeDepth = 1_000_000
const shortDepths = [60, 80, 100, 120, 150, 200, 300, wholeDepth]
const run = promisify(execFile)

/** Walks through every state of the model. Rejects where that could not be done to the end. */
export async function check({ defines, tolerated = [], isShort = false }: Question): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-model-'))
  const cwd = { cwd: folder, maxBuffer: 64 * 1024 * 1024 }
  try {
    await cp(model, join(folder, 'holds.pml'))
    const mask = tolerated.reduce((sum, promise) => sum + bits[promise], 0)
    const all: Defines = { ...defines, TOLERATED: mask }
    const flags = Object.entries(all).map(([name, value]) =>
      value === true ? `-D${name}` : `-D${name}=${value}`,
    )
    const startedAtMs = performance.now()
    await run('spin', ['-a', ...flags, 'holds.pml'], cwd)
    // Short ways are looked for at small depths first, where it pays to compile fast.
    const how = isShort ? ['-O0'] : [defines['GRANTS'] === 1 ? '-O0' : '-O2', '-DCOLLAPSE']
    await run(
      'gcc',
      ['-w', ...how, '-DSAFETY', '-DNOFAIR', `-DMEMLIM=${mostMegabytes}`, 'pan.c', '-o', 'pan'],
      cwd,
    )
    let stdout = ''
    for (const depth of isShort ? shortDepths : [wholeDepth]) {
      stdout = (await run('./pan', [`-m${depth}`, '-n'], cwd)).stdout
      if (!/errors: 0/.test(stdout)) break
    }
    const seconds = (performance.now() - startedAtMs) / 1_000
    const steps = /errors: 0/.test(stdout)
      ? []
      : stepsOf((await run('spin', ['-t', '-T', ...flags, 'holds.pml'], cwd)).stdout)
    return { ...figuresOf(stdout), seconds, steps, broken: brokenOf(stdout, steps) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function figuresOf(said: string): Pick<Answer, 'states' | 'depth' | 'megabytes'> {
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(said)?.[1]
    if (found === undefined) throw new Error(`the checker did not say ${pattern.source}:\n${said}`)
    return Number(found)
  }
  if (/Search not completed|max search depth too small/.test(said) && /errors: 0/.test(said))
    throw new Error(`not everything was walked through:\n${said}`)
  return {
    states: number(/([\d.e+]+) states, stored/),
    depth: number(/depth reached (\d+)/),
    megabytes: Math.round(number(/([\d.]+)\s+total actual memory usage/)),
  }
}

function brokenOf(said: string, steps: readonly string[]): Answer['broken'] {
  if (/errors: 0/.test(said)) return null
  const [, promise] = /^!! (\w+)/.exec(steps.at(-1) ?? '') ?? []
  if (promise !== undefined && isPromised(promise)) return promise
  if (/invalid end state/.test(said)) return 'deadlock'
  throw new Error(`the checker found what is no promise:\n${said}\n${steps.join('\n')}`)
}

const isPromised = (word: string): word is Promised => word in bits

/** What the model prints begins with an @. */
const stepsOf = (said: string): string[] =>
  said.split('\n').flatMap((line) => /@(\S.*?)\s*$/.exec(line)?.[1] ?? [])

/** What is not there to check with, in words; null: all is. */
export async function whatIsMissing(): Promise<string | null> {
  const missing: string[] = []
  for (const [command, how] of [
    ['spin', ['-V']],
    ['gcc', ['--version']],
  ] as const)
    await run(command, how).catch(() => missing.push(command))
  return missing.length === 0
    ? null
    : `The model needs ${missing.join(' and ')} (Debian: apt-get install ${missing.join(' ')}).`
}

export const sourceOfModel = (): Promise<string> => readFile(model, 'utf8')
