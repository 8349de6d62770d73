import { ask, durationMs, serverAt } from '../../reporter/curfew-report.mjs'

test('a command that hangs is given up, and says nothing; so does one that is not there', async () => {
  const begunAt = performance.now()
  expect(
    await ask({ command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] }, 300),
  ).toBeNull()
  expect(performance.now() - begunAt).toBeLessThan(5_000)
  expect(await ask({ command: '/nowhere/fdesetup', args: ['status'] })).toBeNull()
  expect(await ask({ file: '/nowhere/os-release' })).toBeNull()
})

test('one that waits to be answered, writes without end or fails is heard as far as it goes', async () => {
  const node = (script: string) => ask({ command: process.execPath, args: ['-e', script] }, 5_000)
  expect(await node('process.stdin.resume().on("end", () => console.log("end"))')).toMatchObject({
    out: 'end\n',
  })
  expect(await node('setInterval(() => process.stdout.write("x".repeat(1e6)), 1)')).toBeNull()
  expect(await node('console.error("not running"); process.exitCode = 252')).toEqual({
    code: 252,
    out: '',
    err: 'not running\n',
  })
})

test('how often, and where to, are read as they are written', () => {
  expect(['90s', '15m', '1h'].map(durationMs)).toEqual([90_000, 900_000, 3_600_000])
  for (const odd of ['', '15', 'm', '0s', '1d', '-1m', '25h', '9999h'])
    expect(() => durationMs(odd)).toThrow('--every')
  expect(serverAt('https://curfew.acme.example/')).toBe('https://curfew.acme.example')
  expect(serverAt('https://acme.example/curfew/')).toBe('https://acme.example/curfew')
})
