import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import {
  ConnectorError,
  type Connector,
  type ConnectorKind,
  type HandOverCall,
  type Lack,
  type Shown,
  type Surroundings,
} from '../../domain/connector.ts'
import { callsOn } from './calls.ts'
import { codeOf, sshFolder, type Issued, type Place } from './folder.ts'
import { keyGen } from './key-gen.ts'
import { readPublicKey, type PublicKey } from './public-key.ts'
import { revokedList } from './revoked-list.ts'
import { canonical, sshSettings, sshTarget, type SshSettings } from './settings.ts'

/** Of a folder: whether its group or everybody may write it. */
const writableByOthers = 0o022
/** A host's clock may be behind by so much. */
const clocksDifferMs = 60_000
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
    const list = revokedList(folder, program, surroundings.now)
    const { inTurn, close } = callsOn(settings.folder)

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

    async function revoke(place: Place, all: readonly Issued[], signal: AbortSignal): Promise<void> {
      await Promise.all(all.map((issued) => folder.revoke(place, issued)))
      await list.published(signal)
    }

    const isHeld = async (place: Place, signal: AbortSignal): Promise<boolean> =>
      (await folder.isHeld(place)) || (await list.missing(signal)).some(({ isOf }) => isOf(place))

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
            return list.published(signal)
          }),
      },

      canonical,
      where: `ssh file://${encodeURI(settings.folder)}`,
      hasLagMs: 0,
      lateMs: settings.late,
      async close() {
        await close()
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
