import type { Connector } from '../../domain/connector.ts'

/** One of the ways in which a network is given. */
export type Way = Required<Pick<Connector, 'give' | 'take' | 'has' | 'list'>>
