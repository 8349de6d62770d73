import { connectorContract } from './contract.ts'
import { aCreatingNetmaker } from './netmaker-create-harness.ts'

connectorContract('netmaker, creating', aCreatingNetmaker)
