import type { Link } from '../domain/audit/chain.ts'
import type { Recorded } from '../domain/audit/recorded.ts'

/** How entries of the record are written for other programs. */
export interface Format {
  /** What stands before all entries. */
  readonly head: string
  /** Within quotes a line may have ends that are not its own. */
  readonly isQuoted?: boolean
  /** With the end of its line. */
  line(link: Link, entry: Recorded): string
}
