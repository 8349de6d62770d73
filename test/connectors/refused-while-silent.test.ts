import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '../../src/domain/connector.ts'
import { failureOf } from '../../src/testing/contract.ts'
import { aStranger } from './a-stranger.ts'

const away = new ConnectorError('no answer', { retryable: true })
const refusal = new ConnectorError('the group is gone', { retryable: false, happened: 'no' })

test('what a system refused while it was taken for silent is told as its being back only once it is asked again', async () => {
  let [isAway, isChecked] = [true, false]
  const { connector, call } = aStranger({
    take: () => Promise.reject(isAway ? away : refusal),
    check: () => (isChecked ? Promise.resolve([]) : Promise.reject(away)),
  })
  const silentWhenSurelyBack: boolean[] = []
  const seemedBack = new Promise<void>((resolve) => {
    connector.onBack(({ surely }) => {
      if (surely) silentWhenSurelyBack.push(connector.isSilent())
      else resolve()
    })
  })
  const untilSilent = async () => {
    while (!connector.isSilent()) await failureOf(connector.take(call()))
  }
  try {
    await untilSilent()
    isChecked = true
    await seemedBack
    // It only seemed so, and then cannot even be checked.
    isChecked = false
    await untilSilent()
    isAway = false
    const untilMs = performance.now() + 5_000
    while (silentWhenSurelyBack.length === 0 && performance.now() < untilMs) {
      await failureOf(connector.take(call()))
      await sleep(50)
    }
    expect(silentWhenSurelyBack).toEqual([false])
  } finally {
    await connector.close()
  }
}, 20_000)

test('a system that refuses what it is asked answers: others are asked on, though its connector cannot check it', async () => {
  let isAway = true
  const { connector, call } = aStranger({
    take: () => Promise.reject(isAway ? away : refusal),
    check: () => Promise.reject(new TypeError('not made yet')),
  })
  try {
    while (!connector.isSilent()) await failureOf(connector.take(call()))
    isAway = false
    const untilMs = performance.now() + 4_000
    while (performance.now() < untilMs) {
      if ((await failureOf(connector.take(call()))).message === refusal.message) break
      await sleep(50)
    }
    expect(await failureOf(connector.take(call()))).toMatchObject({ message: refusal.message })
  } finally {
    await connector.close()
  }
}, 20_000)
