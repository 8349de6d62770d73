/** What waits for an admin's word, one at most for each entitlement; whoever looks writes it, all replicas show it. */
export interface LossStore {
  all(): Promise<(MassLoss & { readonly isConfirmed: boolean })[]>
  /** Whether something waits under this mark, be it of another version, which cannot be read here and is not among `all`. */
  waits(mark: string): Promise<boolean>
  /** Notes what was just found; true where an admin said yes to exactly this. */
  note(found: MassLoss): Promise<boolean>
  /** An admin's yes to what carries this mark; false where the people are others by now. */
  confirm(loss: Pick<MassLoss, 'mark'> & { resource: string; entitlement: string }): Promise<boolean>
  /** What an admin said yes to was taken: it waits no longer. */
  taken(loss: MassLoss): Promise<void>
  /** Forgets what is there and not among `found`, unless somebody noted it within `quietMs`: they may know more. */
  forgetBut(found: readonly MassLoss[], quietMs: number): Promise<void>
}

/** So many people would lose something at once that an admin says first whether that is meant. */
export interface MassLoss {
  readonly resource: { readonly id: string; readonly name: string }
  readonly entitlement: { readonly id: string; readonly name: string }
  readonly channel: string
  /** Changes whenever the people do: a yes is for these, on this, and no others. */
  readonly mark: string
  readonly count: number
}
