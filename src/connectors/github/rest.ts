import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import type { HttpAnswer } from '../http/client.ts'
import { restMsOf, system } from './failure.ts'

/** Leaves GitHub alone for as long as it asks, by this process's own clock. */
export interface Rest {
  /** Throws until it is over. */
  expectOver(doing: string): void
  /** It was asked too often, as this answer says. */
  begin(answer: HttpAnswer): void
}

export function rest(surroundings: Pick<Surroundings, 'now'>): Rest {
  let until = 0
  return {
    expectOver(doing) {
      const leftMs = until - performance.now()
      if (leftMs <= 0) return
      throw new ConnectorError(
        `${system} could not ${doing}: it was asked too often, and is asked again in ${Math.ceil(leftMs / 1_000)} s`,
        { retryable: true, happened: 'no' },
      )
    },
    begin(answer) {
      until = performance.now() + restMsOf(answer, surroundings.now())
    },
  }
}
