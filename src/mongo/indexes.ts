import type { Connection } from 'mongoose'
import { z } from 'zod'
import { acceptedModel } from './accepted.ts'
import { actModel } from './acts.ts'
import { chainModel } from './audit.ts'
import { openIdLinkModel } from './confirming/openid-links.ts'
import { confirmingModels } from './confirming/models.ts'
import { deviceDeliveryModel } from './device-deliveries.ts'
import { deviceKeyModel } from './device-keys.ts'
import { deviceModel } from './devices.ts'
import { grantModel } from './grant-model.ts'
import { holdingModel } from './holdings.ts'
import { holdModel } from './holds.ts'
import { identityQuestionModel, linkModel } from './identities.ts'
import { personModel } from './people.ts'
import { preApprovalModel } from './pre-approvals.ts'
import { quotaModel } from './quotas.ts'
import { replicaModel } from './replicas.ts'
import { scimModels } from './scim/models.ts'
import { pauseModel, shownModel } from './surfaces.ts'
import { ticketModel } from './tickets.ts'

/** Makes every index that is missing. A start-up step: each replica may run it, and again. */
export async function ensureIndexes(connection: Connection): Promise<void> {
  for (const model of indexed(connection)) await model.createIndexes()
}

/** Of each index its keys, as mongoose says which are to be made. */
const toBeMade = z.object({ toCreate: z.array(z.record(z.string(), z.unknown())) })

/** Which are missing, as `collection: keys`, and whether anything was ever stored there. Makes none. */
export async function lackingIndexes(
  connection: Connection,
): Promise<{ readonly isEmpty: boolean; readonly lacking: readonly string[] }> {
  const there = await connection.db?.listCollections({}, { nameOnly: true }).toArray()
  const names = new Set((there ?? []).map(({ name }) => name))
  const models = indexed(connection)
  const lacking: string[] = []
  for (const model of models) {
    const { toCreate } = toBeMade.parse(await model.diffIndexes())
    lacking.push(...toCreate.map((keys) => `${model.collection.name}: ${Object.keys(keys).join(', ')}`))
  }
  return { isEmpty: !models.some((model) => names.has(model.collection.name)), lacking }
}

const indexed = (connection: Connection) => [
  grantModel(connection),
  holdModel(connection),
  holdingModel(connection),
  acceptedModel(connection),
  actModel(connection),
  chainModel(connection),
  personModel(connection),
  shownModel(connection),
  pauseModel(connection),
  quotaModel(connection),
  preApprovalModel(connection),
  replicaModel(connection),
  ticketModel(connection),
  deviceModel(connection),
  deviceDeliveryModel(connection),
  deviceKeyModel(connection),
  linkModel(connection),
  identityQuestionModel(connection),
  openIdLinkModel(connection),
  ...scimModels(connection),
  ...confirmingModels(connection),
]
