import { setTimeout as sleep } from 'node:timers/promises'
import { approves } from './approvers.ts'
import { livesAs, wantsMore } from './citizens.ts'
import { Dice } from './dice.ts'
import { hasLaptop, personnelChanges } from './personnel.ts'
import type { Life } from './life.ts'
import { asWritten } from './mayhem-catalog.ts'

/** Everybody, at once, until it is over. */
export function everybodyLives(life: Life): Promise<unknown> {
  const { citizens, approvers } = life.town
  return Promise.all([
    ...citizens.map((citizen) => livesAs(life, citizen)),
    ...citizens.map((citizen) => wantsMore(life, citizen)),
    ...approvers.map((approver) => approves(life, approver)),
    personnelChanges(life),
    ...citizens.filter((_, n) => n % 2 === 0).map((citizen) => hasLaptop(life, citizen)),
    catalogChanges(life),
  ])
}

/** Words, rules and mistakes. */
async function catalogChanges({ town, diary, seed, isOver }: Life): Promise<void> {
  const dice = new Dice(seed, 'catalog')
  let reopens: (() => void) | null = null
  for (let edit = 1; !isOver(); edit += 1) {
    await sleep(dice.between(6_000, 15_000))
    const how = `with your own login, since edit ${edit}`
    const edits = { how, areReportsOpen: dice.chance(0.7) }
    if (dice.chance(0.2)) {
      await town.writeCatalog({ ...edits, isBroken: true })
      diary.count('catalog broken')
      await sleep(2_500)
    }
    if (!edits.areReportsOpen)
      reopens ??= diary.gives({ principal: null, why: 'rules', entitlements: ['reports/read'] })
    await town.writeCatalog({ ...edits, isBroken: false })
    if (edits.areReportsOpen) {
      reopens?.()
      reopens = null
    }
    diary.count('catalog edited')
  }
  await town.writeCatalog(asWritten)
}
