import { catalogWith } from './slack-side.ts'

export const secret = `whsec_${Buffer.from('a key that only two of us know').toString('base64')}`
export const oldSecret = `whsec_${Buffer.from('the key that was good before it').toString('base64')}`

/** A good catalog whose devices come from these sources. */
export const withSources = (sources: string): string =>
  `${catalogWith()}devices:\n  approval: none\n  sources:\n${sources.replace(/^/gm, '    ').trimEnd()}\n`

export const standard = `laptops: { kind: webhook, secret: "${secret}" }\n`
