import type { Catalog } from '../domain/catalog.ts'
import { openIdSettings, type OpenIdSettings } from '../domain/confirming/openid-settings.ts'
import { z } from 'zod'
import { parseAt } from './explain.ts'
import { proofSchema } from './schema.ts'
import { proofRules, usualProof } from './session.ts'
import { readSettings, type SettingsReader } from './settings.ts'
import { problemIn, type Source } from './source.ts'

const loosely = z.object({ oidc: z.record(z.string(), z.unknown()).optional() }).catch({})
const read = z.custom<OpenIdSettings>().optional()

export interface Confirm extends Pick<Catalog, 'proof' | 'openId'> {
  /** An identity provider is written, whether or not it could be read. */
  readonly hasOpenId: boolean
}

/** The section `confirm`: what counts as proof of who somebody is, and the company's identity provider. */
export function readConfirm(source: Source | null, written: unknown, reader: SettingsReader): Confirm {
  if (source === null) return { proof: usualProof, openId: null, hasOpenId: false }
  const { oidc } = loosely.parse(written)
  const hasOpenId = oidc !== undefined
  const said = parseAt(source, ['confirm'], { schema: proofSchema, value: written, report: reader.report })
  if (said?.methods?.includes('oidc') === true && !hasOpenId)
    reader.report(
      problemIn(source, ['confirm', 'methods'], 'names oidc, and no identity provider is described as oidc'),
    )
  const settings =
    oidc && readSettings(source, ['confirm', 'oidc'], { settings: openIdSettings }, oidc, reader)
  const openId = read.parse(settings?.parsed) ?? null
  const usual = hasOpenId ? { ...usualProof, methods: ['oidc' as const, ...usualProof.methods] } : usualProof
  return { proof: proofRules(said, usual), openId, hasOpenId }
}
