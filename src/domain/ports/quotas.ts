import type { Quota } from '../catalog.ts'

/** How often rules approved by themselves. */
export interface QuotaStore {
  /**
   * Notes that this grant uses it, unless so many others did within the quota's time: true when it is noted. Never more
   * than the quota, however many ask at once; the same grant again is the same use.
   */
  use(key: string, grantId: string, quota: Quota): Promise<boolean>
  /** What was noted for a grant that was not made after all. */
  giveBack(key: string, grantId: string): Promise<void>
  /** How many uses are left now. */
  left(key: string, quota: Quota): Promise<number>
}
