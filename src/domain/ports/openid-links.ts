/** Whose an account at an identity provider is. Linked once, then by the provider's name and its subject for ever. */
export interface OpenIdLinks {
  /** What is linked already of this person and of this account. */
  known(one: Omit<NewLink, 'by'>): Promise<KnownLinks>
  /**
   * Links what was found to be theirs. Of many who try at once, on whichever replica, one is first, and the others are told
   * what it left them: nothing that is linked is ever changed. Repeating it is `linked` again.
   */
  link(link: NewLink): Promise<'linked' | 'another-person' | 'link-differs'>
  linksOf(personId: string): Promise<readonly OpenIdLink[]>
  /** By an owner's word: the next sign-in may link anew. False where there was none. */
  unlink(personId: string, issuer: string): Promise<boolean>
}

export interface NewLink {
  /** `people._id`. */
  readonly personId: string
  readonly issuer: string
  readonly subject: string
  /** By what the account was taken for theirs. */
  readonly by: 'email' | 'externalId'
}

export interface OpenIdLink extends NewLink {
  readonly at: Date
}

/** Null: not linked. */
export interface KnownLinks {
  readonly subjectOfPerson: string | null
  readonly personOfSubject: string | null
}
