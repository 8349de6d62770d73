/*
 * The classes and activities of the Open Cybersecurity Schema Framework that entries are, with their numbers and names of
 * there. All are of its category 3. Source: OCSF 1.6.0, Identity & Access Management.
 */

export interface Activity {
  readonly classUid: number
  readonly className: string
  readonly id: number
  /** Of the schema; for 99, which it has no name for, ours. */
  readonly name: string
}

const ofClass = (classUid: number, className: string) => ({
  is: (id: number, name: string): Activity => ({ classUid, className, id, name }),
  other: (name: string): Activity => ({ classUid, className, id: otherId, name }),
})

export const otherId = 99

const change = ofClass(3001, 'Account Change')
const authentication = ofClass(3002, 'Authentication')
const management = ofClass(3004, 'Entity Management')
const userAccess = ofClass(3005, 'User Access Management')
const groups = ofClass(3006, 'Group Management')

export const account = {
  create: change.is(1, 'Create'),
  delete: change.is(6, 'Delete'),
  enableFactor: change.is(10, 'MFA Factor Enable'),
  disableFactor: change.is(11, 'MFA Factor Disable'),
  other: change.other,
} as const

export const authenticate = { logon: authentication.is(1, 'Logon') } as const

export const entity = {
  create: management.is(1, 'Create'),
  read: management.is(2, 'Read'),
  update: management.is(3, 'Update'),
  delete: management.is(4, 'Delete'),
  enroll: management.is(6, 'Enroll'),
  unenroll: management.is(7, 'Unenroll'),
  enable: management.is(8, 'Enable'),
  disable: management.is(9, 'Disable'),
  activate: management.is(10, 'Activate'),
  deactivate: management.is(11, 'Deactivate'),
  resume: management.is(13, 'Resume'),
  other: management.other,
} as const

export const access = {
  assign: userAccess.is(1, 'Assign Privileges'),
  revoke: userAccess.is(2, 'Revoke Privileges'),
  other: userAccess.other,
} as const

export const group = {
  delete: groups.is(5, 'Delete'),
  create: groups.is(6, 'Create'),
  other: groups.other,
} as const
