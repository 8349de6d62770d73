import type { Connector } from '../../domain/connector.ts'

/** One of the ways in which a role is given. */
export type Way = Required<Pick<Connector, 'give' | 'take' | 'cut' | 'has' | 'list'>>
