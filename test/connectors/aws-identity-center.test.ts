import { connectorContract } from './contract.ts'
import { anInstance } from './aws-identity-center-harness.ts'

connectorContract('aws-identity-center, groups (stand-in)', () => anInstance('groups'))
connectorContract('aws-identity-center, assignments (stand-in)', () => anInstance('assignments'))
