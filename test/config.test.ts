import { ConfigError, readConfig } from '../src/config.ts'

const complete = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  MONGODB_URI: 'mongodb://127.0.0.1/curfew',
  CATALOG: './catalog.yml',
}

test('Socket Mode needs an app token and no port', () => {
  expect(readConfig(complete)).toMatchObject({
    transport: { kind: 'socket', appToken: 'xapp-1' },
    port: null,
    slackApiUrl: 'https://slack.com/api/',
    logLevel: 'info',
  })
})

test('a signing secret means HTTP, and HTTP needs a port', () => {
  const http = { ...complete, SLACK_SIGNING_SECRET: 'a-signing-secret' }
  expect(() => readConfig(http)).toThrow('PORT is needed for HTTP')
  expect(readConfig({ ...http, PORT: '3000' })).toMatchObject({ transport: { kind: 'http' }, port: 3_000 })
})

test('everything that is missing is named at once, and no value is', () => {
  const broken = () => readConfig({ SLACK_BOT_TOKEN: 'secret-of-mine', PORT: '' })
  expect(broken).toThrow(ConfigError)
  expect(broken).toThrow(
    /SLACK_BOT_TOKEN must be a bot token[\s\S]*MONGODB_URI is not set[\s\S]*CATALOG is not set/,
  )
  expect(broken).not.toThrow(/secret-of-mine/)
})
