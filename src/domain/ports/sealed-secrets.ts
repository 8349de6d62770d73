import type { Belonging, Sealed } from '../confirming/sealed.ts'

export interface SealedSecret {
  /** Names this very secret; another one of the same person has another. */
  readonly id: string
  readonly of: Belonging
  readonly sealed: Sealed
}

/** Every secret that is sealed, for whoever changes keys. */
export interface SealedSecrets {
  /** Those that another key sealed, in an order that stays; at most so many, after that id. */
  sealedByOthers(
    keyId: string,
    page: { after: string | null; most: number },
  ): Promise<readonly SealedSecret[]>
  /** Unless it was sealed anew, replaced or removed meanwhile; false then. */
  reseal(secret: SealedSecret, to: Sealed): Promise<boolean>
  /** Which keys sealed something, and how much. */
  countByKey(): Promise<ReadonlyMap<string, number>>
}
