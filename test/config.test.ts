import { createHash } from 'node:crypto'
import { ConfigError, readConfig, readPlaces, type Config } from '../src/config.ts'

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

const wrapped = ['x\n', 'x\r', ' x', '\ufeffx', '"x"', "'x'", 'x"', 'x\u200b', 'x y']
const good = {
  ...complete,
  SLACK_SIGNING_SECRET: 'a1b2c3d4e5f6a7b8c9d0',
  PORT: '3000',
  SLACK_API_URL: 'https://slack.example/api/',
  CURFEW_KEYS: `one:${createHash('sha256').update('a key').digest('base64')}`,

  METRICS_PORT: '9464',
  METRICS_HOST: '0.0.0.0',
  METRICS_TOKEN: 'b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6',
  HTTP_PROXY: 'http://proxy.example:3128',
  HTTPS_PROXY: 'http://proxy.example:3128',
}

/** Left there by `echo secret | base64`, by an editor, by Windows, or by Docker's --env-file, which keeps quotes. */
test.each(Object.entries(good).flatMap(([name, value]) => wrapped.map((as) => [name, value, as] as const)))(
  '%s with something around it or in it is cleaned or refused by name, never silently wrong or shown: %s as %j',
  (name, value, as) => {
    const clean = readConfig(good)
    const written = as === 'x y' ? `${value.slice(0, 9)} ${value.slice(9)}` : as.replace('x', value)
    if (name === 'CATALOG' && as === 'x y') return
    let config: Config
    try {
      config = readConfig({ ...good, [name]: written })
    } catch (error) {
      expect(String(error)).toMatch(new RegExp(`^ {2}${name} `, 'm'))
      expect(String(error)).not.toContain(value)
      return
    }
    expect(config).toEqual(clean)
  },
)

test('metrics are served nowhere unless it is said where, and what could not work is named', () => {
  const metrics = (more: Record<string, string>) => readConfig({ ...complete, ...more }).metrics
  const token = 'a-token-that-is-long-enough'
  expect(metrics({})).toBeNull()
  expect(metrics({ PORT: '3000' })).toBeNull()
  expect(metrics({ METRICS_PORT: '9464' })).toEqual({ own: { port: 9_464, host: '127.0.0.1' }, token: null })
  expect(metrics({ METRICS_PORT: '9464', METRICS_HOST: '::', METRICS_TOKEN: token })).toEqual({
    own: { port: 9_464, host: '::' },
    token,
  })
  expect(metrics({ PORT: '3000', METRICS_TOKEN: token })).toEqual({ own: null, token })
  expect(() => metrics({ METRICS_TOKEN: token })).toThrow('METRICS_TOKEN needs PORT or METRICS_PORT')
  expect(() => metrics({ PORT: '3000', METRICS_TOKEN: 'short' })).toThrow('METRICS_TOKEN is too short')
  expect(() => metrics({ PORT: '3000', METRICS_HOST: '::' })).toThrow('METRICS_HOST means nothing')
  expect(() => metrics({ PORT: '3000', METRICS_PORT: '3000' })).toThrow('METRICS_PORT must be another')
})

test('what is only white space is not set', () => {
  expect(() => readConfig({ ...complete, MONGODB_URI: ' \n' })).toThrow('MONGODB_URI is not set')
})

test('a proxy is written as curl reads it: lower case first, http unless it says so, and no other kind', () => {
  const through = (more: Record<string, string>) => readConfig({ ...complete, ...more }).proxies
  expect(through({})).toBeNull()
  expect(
    through({ HTTPS_PROXY: 'http://one:1', https_proxy: 'two.example:2', NO_PROXY: ' localhost,.corp ' }),
  ).toEqual({
    http: null,
    https: 'http://two.example:2',
    except: 'localhost,.corp',
  })
  expect(() => through({ http_proxy: 'socks5://ada:hunter2@proxy:1080' })).toThrow(
    /HTTP_PROXY must be the http or https address of a proxy$/,
  )
})

test('the commands that start no app read the catalog and the database in the same way', () => {
  const { MONGODB_URI, CATALOG } = complete
  expect(readPlaces({ CATALOG: `${CATALOG}\r`, MONGODB_URI: `${MONGODB_URI}\n` })).toEqual({
    catalogPath: CATALOG,
    mongodbUri: MONGODB_URI,
  })
  expect(() => readPlaces({ MONGODB_URI: `"${MONGODB_URI}"` })).toThrow(/MONGODB_URI is in quotes/)
})
