import type { Running } from '../../src/main.ts'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a scraper was told, as Prometheus reads it. */
export interface Scrape {
  readonly text: string
  /** Of each metric its kind, by its name as it is declared. */
  readonly kinds: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** The sum of all samples of this name that have these labels; undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
}

export function read(text: string): Scrape {
  const declared = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  const kinds = new Map(declared.map(([, name = '', kind = '']) => [name, kind]))
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const samples = lines.map(sampleOf)
  return {
    text,
    kinds,
    samples,
    value: (name, labels = {}) => {
      const found = samples.filter(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([label, is]) => sample.labels[label] === is),
      )
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
    },
  }
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', value] = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Error(`no sample: ${line}`)
  const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)/gi)]
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label = '', is = '']) => [label, is])),
    value: value === '+Inf' ? Infinity : Number(value),
  }
}

/** Asks a running app, on the port that its metrics have for themselves. */
export async function scrape({ metricsPort }: Running): Promise<Scrape> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
  if (answer.status !== 200) throw new Error(`it answered ${answer.status}`)
  return read(await answer.text())
}

export const onOwnPort = { own: { port: 0, host: '127.0.0.1' }, token: null } as const
