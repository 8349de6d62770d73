import { hasScim2 } from '../support/scim2.ts'
import { connectorContract } from './contract.ts'
import { aScim2Server } from './scim-harness.ts'

if (hasScim2()) connectorContract('scim (scim2-server)', aScim2Server)
else test.skip('scim2-server is not here: ./scripts/servers says how to get it', () => undefined)
