/** What AWS answers instead of what was asked for. */
export class Refusal extends Error {
  readonly type: string
  readonly more: object
  readonly status: number

  constructor(type: string, message: string, more: object = {}, status = 400) {
    super(message)
    this.type = type
    this.more = more
    this.status = status
  }

  body(): object {
    return { __type: `com.amazonaws.standin#${this.type}`, Message: this.message, ...this.more }
  }
}

export const notFound = (what: string, ResourceType?: string) =>
  new Refusal(
    'ResourceNotFoundException',
    `${what} not found.`,
    ResourceType === undefined ? {} : { ResourceType },
  )
export const invalid = (what: string) => new Refusal('ValidationException', what)
