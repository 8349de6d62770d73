/** What Okta answers instead of what was asked for. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly causes: readonly string[]

  constructor(status: number, code: string, summary: string, causes: readonly string[] = []) {
    super(summary)
    this.status = status
    this.code = code
    this.causes = causes
  }

  body(): object {
    return {
      errorCode: this.code,
      errorSummary: this.message,
      errorLink: this.code,
      errorId: 'oae-stand-in',
      errorCauses: this.causes.map((errorSummary) => ({ errorSummary })),
    }
  }
}

export const invalid = (what: string, causes: readonly string[] = []) =>
  new Refusal(400, 'E0000001', `Api validation failed: ${what}`, causes)
export const notFound = (id: string, kind: string) =>
  new Refusal(404, 'E0000007', `Not found: Resource not found: ${id} (${kind})`)
export const forbidden = () =>
  new Refusal(403, 'E0000006', 'You do not have permission to perform the requested action')
