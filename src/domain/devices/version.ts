/** A version as vendors write them, comparable part by part: `15.1`, `10.0.22631.4317`, `6.8.0-45-generic`. */
export class Version {
  readonly written: string
  readonly parts: readonly number[]
  /** It comes before the release of the same number: `15.1-beta2`. */
  readonly isBefore: boolean

  private constructor(written: string, parts: readonly number[], isBefore: boolean) {
    this.written = written
    this.parts = parts
    this.isBefore = isBefore
  }

  /**
   * Null where there is no number in it. Words around it do not count (`Ubuntu 22.04.3 LTS`): its first number with a dot
   * in it, else its first number, and the build that is joined to it by a dash (`5.14.0-427.13.1.el9_4`). Null also where
   * a number is too long to be compared exactly.
   */
  static parse(written: string): Version | null {
    const text = written.trim()
    if (text.length > longest || inexact.test(text)) return null
    const found = dotted.exec(text) ?? plain.exec(text)
    if (found === null) return null
    const parts = found[0].split(/[.-]/).map(Number)
    return new Version(text, parts, before.test(text.slice(found.index + found[0].length)))
  }

  /** Below 0: this one is older. What one says and the other does not counts as 0: `15` is `15.0`. */
  compare(other: Version): number {
    const length = Math.max(this.parts.length, other.parts.length)
    for (let at = 0; at < length; at++) {
      const difference = (this.parts[at] ?? 0) - (other.parts[at] ?? 0)
      if (difference !== 0) return difference
    }
    return Number(other.isBefore) - Number(this.isBefore)
  }
}

const longest = 200
const inexact = /\d{16}/
const dotted = /\d+(?:\.\d+)+(?:-\d+(?:\.\d+)*(?!\.?\d|[a-z]))?/i
const plain = /\d+/
/** Right behind the number, with or without a sign between; no other word that begins so (`Premium`). */
const before = /^[-+._ (]*(?:alpha|beta|dev|pre(?:view|release)?|rc|snapshot|nightly|canary)(?![a-z])/i
