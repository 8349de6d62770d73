import { connectorContract } from './contract.ts'
import { aNetmaker } from './netmaker-harness.ts'

connectorContract('netmaker', aNetmaker)
