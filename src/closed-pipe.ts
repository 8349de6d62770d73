/** As programs end that a closed pipe ended: what was written is not all, and that is no fault. */
export const pipeClosed = 141

export const isClosedPipe = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE'
