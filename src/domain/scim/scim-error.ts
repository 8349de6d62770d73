export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness'

export type ScimStatus = 400 | 409 | 412 | 413 | 415

/** What a SCIM client asked for cannot be: answered as RFC 7644, 3.12 says. Nothing was changed by the request. */
export class ScimError extends Error {
  override readonly name = 'ScimError'
  readonly status: ScimStatus
  readonly scimType: ScimType | null

  constructor(status: ScimStatus, scimType: ScimType | null, detail: string) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }
}

export const invalidValue = (detail: string): ScimError => new ScimError(400, 'invalidValue', detail)
