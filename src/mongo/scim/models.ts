import { Schema, type Connection } from 'mongoose'

/** How long it is known that somebody was a member, which the catalog's `grace` asks for: up to a day. */
const formerSeconds = 86_400

const userSchema = new Schema(
  {
    _id: String,
    source: String,
    userNameKey: String,
    externalId: String,
    email: String,
    isHere: Boolean,
    find: Schema.Types.Mixed,
  },
  { collection: 'scim_users', versionKey: false },
)
userSchema.index({ source: 1, isHere: 1, _id: 1 })
// Those deleted free their names.
userSchema.index(
  { source: 1, userNameKey: 1 },
  { unique: true, partialFilterExpression: { isHere: true }, name: 'one_user_of_a_name' },
)
userSchema.index(
  { source: 1, externalId: 1 },
  {
    unique: true,
    partialFilterExpression: { isHere: true, externalId: { $type: 'string' } },
    name: 'one_user_of_an_external_id',
  },
)
userSchema.index({ source: 1, 'find.emails.value': 1 })
userSchema.index({ email: 1 })
userSchema.index({ source: 1, emails: 1 })

const groupSchema = new Schema(
  { _id: String, source: String, nameKey: String, externalId: String, isHere: Boolean },
  { collection: 'scim_groups', versionKey: false },
)
groupSchema.index({ source: 1, isHere: 1, _id: 1 })
groupSchema.index(
  { source: 1, nameKey: 1 },
  { unique: true, partialFilterExpression: { isHere: true }, name: 'one_group_of_a_name' },
)
groupSchema.index({ source: 1, externalId: 1 })

const memberSchema = new Schema(
  { group: String, user: String, removedAt: Date, changedAt: Schema.Types.Mixed },
  { collection: 'scim_members', versionKey: false },
)
memberSchema.index({ group: 1, user: 1 }, { unique: true })
memberSchema.index({ user: 1 })
// By the latest changes it is told whether the members are still the same.
memberSchema.index({ group: 1, changedAt: -1 })
memberSchema.index(
  { removedAt: 1 },
  { expireAfterSeconds: formerSeconds, partialFilterExpression: { removedAt: { $type: 'date' } } },
)

const tokenSchema = new Schema(
  { _id: String, source: String, hash: String, revokedAt: Date },
  { collection: 'scim_tokens', versionKey: false },
)
tokenSchema.index({ hash: 1 }, { unique: true })
tokenSchema.index({ source: 1 })

export const scimModels = (connection: Connection) => [
  connection.model('ScimUser', userSchema),
  connection.model('ScimGroup', groupSchema),
  connection.model('ScimMember', memberSchema),
  connection.model('ScimToken', tokenSchema),
]
