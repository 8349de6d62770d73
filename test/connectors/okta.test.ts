import { connectorContract } from './contract.ts'
import { aGuardedOrganisation } from './okta-harness.ts'

connectorContract('okta (stand-in)', aGuardedOrganisation)
