import { answerQuestion } from './catalog/judge.ts'
import { connectorKinds } from './connectors/registry.ts'

/** Runs in a thread: reloads of the catalog are judged here, away from those who take access back. */
answerQuestion(connectorKinds)
