/** It is not there, or not as this version knows it (a newer one wrote it, while rolling): trying again changes nothing. */
export class UnknownRecord extends Error {
  override readonly name = 'UnknownRecord'
}
