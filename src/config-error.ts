/** What whoever runs Curfew has to put right first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
