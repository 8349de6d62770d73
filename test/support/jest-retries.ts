import { jest } from '@jest/globals'

/**
 * On a shared, busy machine a real browser or database may miss a wait: CI tries such a test again, and logs the first
 * failure. Elsewhere a test that fails has failed.
 */
if (process.env['CI']) jest.retryTimes(2, { logErrorsBeforeRetry: true })
