/** For code that connectors bring, such as a refinement: what it throws may hold settings, so it is not passed on. */
export function attempt<T>(run: () => T): T | null {
  try {
    return run()
  } catch {
    return null
  }
}
