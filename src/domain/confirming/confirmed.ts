/** Somebody has just shown who they are; what a grant or a review keeps of it. The instant is the database's. */
export interface Confirmed {
  readonly method: 'passkey' | 'totp'
  readonly at: Date
  /** Which passkey it was. */
  readonly credentialId?: string
}

export const isConfirmed = (answer: object): answer is Confirmed => 'method' in answer
