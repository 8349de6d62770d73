import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ConnectorError,
  type Connector,
  type ConnectorKind,
  type HandOverCall,
  type Lack,
  type Shown,
  type Surroundings,
} from '../../domain/connector.ts'
import { turns } from '../turns.ts'
import { codeOf, sshFolder, type Issued, type Place } from './folder.ts'
import { keyGen, type Serials } from './key-gen.ts'
import { readPublicKey, type PublicKey } from './public-key.ts'
import { canonical, sshSettings, sshTarget, type SshSettings } from './settings.ts'

/** Of a folder: whether its group or everybody may write it. */
const writableByOthers = 0o022
/** Each is a process for some milliseconds. */
const atOnce = 8
/** A host's clock may be behind by so much. */
const clocksDifferMs = 60_000
/** Others who publish at the same moment can be first so often. */
const mostTries = 30
/** How long what cannot be broken off, such as a volume that hangs, is waited for when all is closed. */
const closeMs = 2_000
/** A key for signing on trial: nobody has its private half. */
const trialKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const file = 'id-curfew-cert.pub'

/**
 * Certificates for people's own public keys, signed by ssh-keygen when they ask for one, and revoked by a list (KRL) that
 * hosts fetch. Who holds what, and which serials were signed for it, is Curfew's own record: OpenSSH keeps none.
 *
 * A serial is noted before it is signed, and revoked before what was noted is removed: there is no certificate that a
 * take does not know of. Sources: ssh-keygen(1), PROTOCOL.certkeys and PROTOCOL.krl of OpenSSH 9.2.
 */
export const ssh: ConnectorKind<SshSettings> = {
  kind: 'ssh',
  settings: sshSettings,
  target: sshTarget,
  canonical,
  connect: (settings, surroundings): Connector => {
    const folder = sshFolder(settings.folder)
    const program = keyGen(settings, surroundings)
    const turn = turns(atOnce)
    const publishing = turns(1)
    const closing = new AbortController()

    /** One call: begun in its turn, and given up when its time is up, whatever the disk does. */
    async function inTurn<T>(
      doing: string,
      given: AbortSignal,
      work: (signal: AbortSignal) => Promise<T>,
      priority = 0,
    ): Promise<T> {
      const signal = AbortSignal.any([given, closing.signal])
      const failed = (
        why: string,
        how: { retryable: boolean; happened?: 'no' | 'unknown'; cause?: unknown },
      ) => new ConnectorError(`Could not ${doing}: ${why}`, how)
      const begun = async () => {
        try {
          return await work(signal)
        } catch (error) {
          if (error instanceof ConnectorError) throw failed(error.message, error)
          if (signal.aborted) throw failed('its time was up', { retryable: true })
          throw failed(`${settings.folder} cannot be used (${codeOf(error)})`, {
            retryable: true,
            cause: error,
          })
        }
      }
      let hasBegun = false
      const running = turn.take(
        () => {
          hasBegun = true
          return begun()
        },
        {
          signal,
          tooLate: failed('its turn did not come in time', { retryable: true, happened: 'no' }),
          priority,
        },
      )
      const over = new AbortController()
      const timeUp = new Promise<never>((_resolve, reject) => {
        const giveUp = () => {
          if (hasBegun) reject(failed('its time was up', { retryable: true }))
        }
        signal.addEventListener('abort', giveUp, { once: true, signal: over.signal })
      })
      return Promise.race([running, timeUp]).finally(() => over.abort())
    }

    /** The folder is there, and hosts take what the authority signs. */
    async function admitted(signal: AbortSignal): Promise<void> {
      mustBeOpen(settings.folder, surroundings)
      const known = await folder.authorities()
      const key = await program.authority(signal)
      if (!known.includes(key))
        throw new ConnectorError(
          `${settings.folder}/ca.pub does not accept the authority's key: it is not among those that it lists`,
          { retryable: false, happened: 'no' },
        )
    }

    /** What the list of that generation holds: they are never changed. */
    let lastRead: { list: Buffer; isOn: (serial: string) => boolean } | null = null
    async function contentOf(generation: number, list: Buffer, signal: AbortSignal) {
      if (lastRead?.list.equals(list)) return lastRead.isOn
      const serials = await program.readKrl(folder.listPath(generation), signal)
      if (serials === null) return null
      const isOn = among(serials)
      lastRead = { list, isOn }
      return isOn
    }

    /** The list for hosts, and what of it is revoked and not on it; null: there is none that can be read. */
    async function current(signal: AbortSignal) {
      const generation = (await folder.generations()).at(-1) ?? 0
      // After that: whoever makes the next list reads what is revoked later still, and so leaves none of these out.
      const revoked = await folder.revoked(surroundings.now())
      const list = await folder.readList(generation)
      const isOn = list === null ? null : await contentOf(generation, list, signal)
      return {
        generation,
        revoked,
        list: isOn === null ? null : list,
        missing: revoked.filter(({ serial }) => isOn === null || !isOn(serial)),
      }
    }

    /** Makes a list, until the one that hosts get holds all that is revoked. */
    const published = (signal: AbortSignal): Promise<Buffer> =>
      publishing.take(
        async () => {
          for (let tries = 0; tries < mostTries; tries += 1) {
            signal.throwIfAborted()
            const { generation, revoked, list, missing } = await current(signal)
            if (list !== null && missing.length === 0) return list
            const version = generation + 1
            const serials = revoked.map(({ serial }) => serial)
            await folder.addList(
              version,
              (path) => program.writeKrl(path, { serials, version }, signal),
              signal,
            )
            await folder.forgetRevoked(surroundings.now())
          }
          throw new ConnectorError('the list of revoked certificates could not be brought up to date', {
            retryable: true,
          })
        },
        { signal, tooLate: new ConnectorError('its time was up', { retryable: true }) },
      )

    async function revoke(place: Place, all: readonly Issued[], signal: AbortSignal): Promise<void> {
      await Promise.all(all.map((issued) => folder.revoke(place, issued)))
      await published(signal)
    }

    const isHeld = async (place: Place, signal: AbortSignal): Promise<boolean> =>
      (await folder.isHeld(place)) || (await current(signal)).missing.some(({ isOf }) => isOf(place))

    async function make(
      place: Place,
      { call, key }: { call: HandOverCall; key: PublicKey },
      signal: AbortSignal,
    ): Promise<readonly Shown[]> {
      const not = (why: string) => new ConnectorError(why, { retryable: false, happened: 'no' })
      const target = sshTarget.parse(call.target)
      if (!(await folder.isHeld(place))) throw not('it is not held')
      const fault = await program.faultOf(key.line, signal)
      if (fault !== null) throw not(`ssh-keygen does not take that public key: ${fault}`)
      const from = new Date(surroundings.now().getTime() - clocksDifferMs)
      const until = wholeSecond(call.until)
      if (until <= surroundings.now()) throw not('its time is up')

      const before = await folder.issued(place)
      await revoke(place, before, signal)
      await Promise.all(before.map((issued) => folder.forget(place, issued)))

      const serial = newSerial()
      signal.throwIfAborted()
      if (!(await folder.note(place, { serial, until }))) throw not('it is not held any more')
      const certificate = await program.sign(
        { key: key.line, keyId: keyIdOf(call), target, serial, from, until },
        signal,
      )
      return [
        { label: 'Certificate', text: certificate, file },
        { label: 'How to use it', text: usage(key.type, target.principals, until) },
      ]
    }

    /** What of the folder itself is wrong. */
    async function faultsOfFolder(): Promise<Lack[]> {
      const faults: Lack[] = []
      if (((await stat(settings.folder)).mode & writableByOthers) !== 0)
        faults.push({
          what: `${settings.folder} may be changed by others than its owner, who could take revoked certificates off the list`,
          remedy: `chmod go-w '${settings.folder}'`,
        })
      const refusal = await folder.tryWriting().then(
        () => null,
        (error: unknown) => codeOf(error),
      )
      if (refusal !== null)
        faults.push({
          what: `${settings.folder} cannot be written (${refusal}), where who holds what is kept`,
          remedy: `chown -R ${process.getuid?.() ?? '<the user of Curfew>'} '${settings.folder}'`,
        })
      return faults
    }

    /** Nobody gets what is signed here, and it was over in 1970. */
    async function faultOfTarget(written: unknown, signal: AbortSignal): Promise<Lack[]> {
      const target = sshTarget.parse(written)
      const [from, until] = [new Date(0), new Date(1_000)]
      const trial = { key: trialKey, keyId: 'trial', target, serial: '1', from, until }
      return program.sign(trial, signal).then(
        () => [],
        (error: unknown) => {
          if (!(error instanceof ConnectorError) || error.happened === 'no' || signal.aborted) throw error
          const what = `no certificate can be made for ${target.principals.join(', ')}: ${error.message}`
          return [{ what, remedy: null }]
        },
      )
    }

    return {
      give: (call) =>
        inTurn(
          'give',
          call.signal,
          async (signal) => {
            await admitted(signal)
            await folder.hold(placeOf(call), signal)
          },
          1,
        ),

      take: (call) =>
        inTurn(
          'take',
          call.signal,
          async (signal) => {
            await admitted(signal)
            const place = placeOf(call)
            const known = await folder.issued(place)
            await revoke(place, known, signal)
            signal.throwIfAborted()
            const { noted, discard } = await folder.release(place)
            // What was noted meanwhile may be signed.
            const isKnown = new Set(known.map(({ serial }) => serial))
            const late = noted.filter(({ serial }) => !isKnown.has(serial))
            if (late.length > 0) await revoke(place, late, signal)
            await discard()
          },
          1,
        ),

      handOver: {
        what: 'certificate',
        isFor: () => true,
        brings: { label: 'Public key', hint: 'The line of your ~/.ssh/id_ed25519.pub' },
        make(call) {
          // Thrown before a turn is waited for: it is said to whoever brought it, in these very words.
          const made = async () => {
            const key = readPublicKey(call.brought)
            return inTurn(
              'make a certificate',
              call.signal,
              async (signal) => {
                await admitted(signal)
                return make(placeOf(call), { call, key }, signal)
              },
              1,
            )
          }
          return made()
        },
      },

      has: (query) =>
        inTurn('look', query.signal, async (signal) => {
          await admitted(signal)
          return isHeld(placeOf(query), signal)
        }),

      list: ({ target, after, signal: given }) =>
        inTurn('list', given, async (signal) => {
          await admitted(signal)
          return folder.page(canonical(target), after)
        }),

      check: ({ targets, signal: given }) =>
        inTurn('check', given, async (signal) => {
          await admitted(signal)
          const faults = await faultsOfFolder()
          if (faults.length > 0) return faults
          const each: Lack[] = []
          for (const target of targets) each.push(...(await faultOfTarget(target, signal)))
          return each
        }),

      publishes: {
        type: 'application/octet-stream',
        read: (given) =>
          inTurn('read the list of revoked certificates', given, async (signal) => {
            mustBeOpen(settings.folder, surroundings)
            await folder.authorities()
            return published(signal)
          }),
      },

      canonical,
      where: `ssh file://${encodeURI(settings.folder)}`,
      hasLagMs: 0,
      lateMs: settings.late,
      async close() {
        closing.abort()
        const timer = new AbortController()
        await Promise.race([
          Promise.all([turn.idle(), publishing.idle()]),
          sleep(closeMs, undefined, { signal: timer.signal }).catch(() => undefined),
        ])
        timer.abort()
        await program.close()
      },
    }
  },
}

const placeOf = ({ principal, target }: { principal: string; target: HandOverCall['target'] }): Place => ({
  principal,
  target: canonical(target),
})

function mustBeOpen(path: string, surroundings: Surroundings): void {
  if (!surroundings.opens(path))
    throw new ConnectorError(`${path} is not opened to catalogs: see CATALOG_FILES`, {
      retryable: false,
      happened: 'no',
    })
}

/** Far above what an authority counts to by itself: the list names serials of whatever authority. */
function newSerial(): string {
  const bits = 62n
  const random = randomBytes(8).readBigUInt64BE() >> (64n - bits)
  return String((1n << bits) | random)
}

/** What the host's log says of each login; nothing in it can be taken for another line or word. */
function keyIdOf({ idempotencyKey, principal, accessId }: HandOverCall): string {
  const plain = (text: string) => text.replace(/[^\w.@+-]/gu, '_').slice(0, 200)
  return `curfew:${plain(accessId ?? idempotencyKey)}:${plain(principal)}`
}

const wholeSecond = (at: Date) => new Date(Math.floor(at.getTime() / 1_000) * 1_000)

function among(serials: readonly Serials[]): (serial: string) => boolean {
  const single = new Set(
    serials.filter(({ first, last }) => first === last).map(({ first }) => String(first)),
  )
  const ranges = serials.filter(({ first, last }) => first !== last)
  return (serial) =>
    single.has(serial) || ranges.some(({ first, last }) => first <= BigInt(serial) && BigInt(serial) <= last)
}

function usage(type: string, principals: readonly string[], until: Date): string {
  return [
    `ssh -i ~/.ssh/${keyFiles.get(type) ?? '<your key>'} -o CertificateFile=${file} <account>@<host>`,
    `For ${principals.join(', ')}, until ${until.toISOString()}. Asking for another ends this one.`,
  ].join('\n')
}

/** As ssh-keygen calls them. */
const keyFiles = new Map([
  ['ssh-ed25519', 'id_ed25519'],
  ['ssh-rsa', 'id_rsa'],
  ['sk-ssh-ed25519@openssh.com', 'id_ed25519_sk'],
  ['sk-ecdsa-sha2-nistp256@openssh.com', 'id_ecdsa_sk'],
  ['ecdsa-sha2-nistp256', 'id_ecdsa'],
  ['ecdsa-sha2-nistp384', 'id_ecdsa'],
  ['ecdsa-sha2-nistp521', 'id_ecdsa'],
])
