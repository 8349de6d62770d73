import { ConnectorError } from '../domain/connector.ts'

/** What fails after something was sent, where nothing says that it was not carried out. */
export async function afterSending<T>(wasSent: () => boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!wasSent() || !(error instanceof ConnectorError) || error.happened === 'unknown') throw error
    const { message, retryable, cause } = error
    throw new ConnectorError(message, { retryable, happened: 'unknown', cause })
  }
}
