import { Schema, type Connection } from 'mongoose'

const totpSchema = new Schema(
  { _id: String, enrolment: String, sealed: { _id: false, keyId: String, nonce: String, box: String } },
  { collection: 'totp', versionKey: false },
)
totpSchema.index({ 'sealed.keyId': 1, _id: 1 })

const passkeySchema = new Schema(
  { _id: String, person: String, rpId: String },
  { collection: 'passkeys', versionKey: false },
)
passkeySchema.index({ person: 1, createdAt: 1 })
passkeySchema.index({ rpId: 1 })

const codesIn = (collection: string) =>
  // An hour after its time nobody asks any more why it does not count.
  new Schema({ _id: String, until: Date }, { collection, versionKey: false }).index(
    { until: 1 },
    { expireAfterSeconds: 3_600 },
  )
const codeSchema = codesIn('enrolment_codes')
const deviceCodeSchema = codesIn('device_codes')

export const confirmingModels = (connection: Connection) => [
  connection.model('Totp', totpSchema),
  connection.model('Passkey', passkeySchema),
  connection.model('EnrolmentCode', codeSchema),
  connection.model('DeviceCode', deviceCodeSchema),
]
