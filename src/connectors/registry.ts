import type { ConnectorKind } from '../domain/connector.ts'
import { awsIdentityCenter } from './aws-identity-center/aws-identity-center.ts'
import { command } from './command/command.ts'
import { github } from './github/github.ts'
import { kubernetes } from './kubernetes/kubernetes.ts'
import { ldap } from './ldap/ldap.ts'
import { mongodb } from './mongodb/mongodb.ts'
import { netmaker } from './netmaker/netmaker.ts'
import { okta } from './okta/okta.ts'
import { postgres } from './postgres/postgres.ts'
import { scim } from './scim/scim.ts'
import { ssh } from './ssh/ssh.ts'
import { webhook } from './webhook/webhook.ts'

/** Every kind of system Curfew can give access to. A new connector is a folder beside this file and a line here. */
const kinds: readonly ConnectorKind[] = [
  awsIdentityCenter,
  command,
  github,
  kubernetes,
  ldap,
  mongodb,
  netmaker,
  okta,
  postgres,
  scim,
  ssh,
  webhook,
]

export const connectorKinds: ReadonlyMap<string, ConnectorKind> = new Map(
  kinds.map((kind) => [kind.kind, kind]),
)
