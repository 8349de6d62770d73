/** What GitHub answers instead of what was asked for. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }

  body(): object {
    return {
      message: this.message,
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    }
  }
}

export const notFound = () => new Refusal(404, 'Not Found')
export const invalid = (what: string) => new Refusal(422, `Validation Failed: ${what}`)
