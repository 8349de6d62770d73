/** What a source of people (SCIM) calls theirs. */
export interface ExternalIds {
  /** The externalIds of those Users of this source that are this person's now, and active. Two sources may mean two people by one id. */
  of(personId: string, source: string): Promise<readonly string[]>
}
