import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'

/**
 * Whoever runs Curfew hears of what is wrong with the record also where little happens: a small company's day is forty
 * entries, and one grant that is kept out of the record is one too many.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const ruleFile = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
})

/** Rules of one gauge and a bound, by which it is judged where it has stood still for a day. */
const simple = /^(?:max|min) by \([\w, ]+\) \((?:min_over_time\()?(\w+)(?:\[\w+\]\))?\) (>|<|==) ([\d.]+)$/

async function firesAt(gauge: string, value: number): Promise<string[]> {
  const { groups } = ruleFile.parse(
    parse(await readFile(join(root, 'deploy/prometheus/curfew.rules.yml'), 'utf8')),
  )
  return groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ alert, expr }) => {
      const [, metric, sign, bound] = simple.exec(expr.trim()) ?? []
      if (metric !== gauge) return []
      const is = { '>': value > Number(bound), '<': value < Number(bound), '==': value === Number(bound) }[
        sign ?? '>'
      ]
      return is ? [alert] : []
    })
}

test('that a receiver has taken none of forty entries for a day is alerted', async () => {
  expect(await firesAt('curfew_record_unsent', 40_000)).not.toEqual([])
  expect(await firesAt('curfew_record_unsent', 40)).not.toEqual([])
})

test('that what happened to one grant has been kept out of the record for a day is alerted', async () => {
  expect(await firesAt('curfew_record_waiting', 4_000)).not.toEqual([])
  expect(await firesAt('curfew_record_waiting', 1)).not.toEqual([])
})
