import { LogLevel, type Logger } from '@slack/web-api'
import type { Log } from '../../domain/ports/log.ts'

/** What Slack's libraries say, as our own log lines. Their debug output holds payloads and is dropped. */
export function slackLogger(log: Log): Logger {
  const say =
    (level: 'error' | 'warn' | 'info') =>
    (...words: unknown[]) =>
      log[level]('slack library', {
        said: words.map((word) => (word instanceof Error ? word.message : String(word))).join(' '),
      })
  return {
    debug: () => undefined,
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  }
}
