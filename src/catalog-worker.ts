import { answerQuestion, strangersAsked } from './catalog/judge.ts'
import { connectorKinds } from './connectors/registry.ts'
import { loadStrangers } from './connectors/strangers.ts'

/** Runs in a thread: reloads of the catalog are judged here, away from those who take access back. */
answerQuestion(new Map([...(await loadStrangers(strangersAsked())), ...connectorKinds]))
