export interface Cause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

interface Details {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly Cause[]
}

/** What is answered instead of what was asked for: a `Status` of the API. */
export class Refusal extends Error {
  readonly code: number
  readonly reason: string
  readonly details: Details
  /** Of the status itself: a token to go on with. */
  readonly goOn: string | undefined

  constructor(code: number, reason: string, message: string, details: Details = {}, goOn?: string) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
    this.goOn = goOn
  }

  body(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.goOn === undefined ? {} : { continue: this.goOn },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    }
  }
}

export const badRequest = (message: string) => new Refusal(400, 'BadRequest', message)

export const notFound = (resource: string, group: string, name: string) =>
  new Refusal(404, 'NotFound', `${full(resource, group)} "${name}" not found`, {
    name,
    ...(group === '' ? {} : { group }),
    kind: resource,
  })

export const forbidden = (resource: string, group: string, name: string, why: string, causes?: Cause[]) =>
  new Refusal(
    403,
    'Forbidden',
    `${full(resource, group)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
      ...(causes === undefined ? {} : { causes }),
    },
  )

export const invalid = (kind: string, group: string, name: string, causes: Cause[]) =>
  new Refusal(
    422,
    'Invalid',
    `${full(kind, group)} "${name}" is invalid: ${causes.map(({ field, message }) => `${field}: ${message}`).join(', ')}`,
    { name, group, kind, causes },
  )

const full = (resource: string, group: string) => (group === '' ? resource : `${resource}.${group}`)
