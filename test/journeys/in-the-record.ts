import type { ActType } from '../../src/domain/audit/act.ts'
import { connect } from '../../src/mongo/connection.ts'
import type { Stage } from '../support/curfew.ts'

/** How often this was done, of what stands in the record or is on its way there: it is written before it is done. */
export async function toldInRecord({ environment }: Stage, type: ActType): Promise<number> {
  const connection = await connect(environment['MONGODB_URI'] ?? '')
  try {
    const acts = await connection.collection('acts').countDocuments({ type })
    const entries = await connection.collection('chain').countDocuments({ text: new RegExp(`"${type}"`) })
    return acts + entries
  } finally {
    await connection.close()
  }
}
