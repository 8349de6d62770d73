import { connectorContract } from './contract.ts'
import { aGuardedCluster } from './kubernetes-harness.ts'

connectorContract('kubernetes (stand-in)', aGuardedCluster)
