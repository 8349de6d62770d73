/** A host as Fleet's API has it; what is not read by anybody here is left out. */
export interface StandinHost {
  id: number
  detail_updated_at: string
  policy_updated_at: string
  seen_time: string
  created_at: string
  hostname: string
  computer_name: string
  display_name: string
  uuid: string
  hardware_serial: string
  platform: string
  os_version: string
  team_id: number | null
  team_name: string | null
  disk_encryption_enabled?: boolean | null
  mdm: { enrollment_status: string | null; name: string; server_url: string | null } | null
  policies: StandinPolicy[] | null
  device_mapping: { email: string; source: string }[] | null
}

export interface StandinPolicy {
  id: number
  name: string
  query: string
  critical: boolean
  resolution: string
  response: 'pass' | 'fail' | ''
}

export const never = '2000-01-01T00:00:00Z'

export const aPolicy = (
  name: string,
  response: StandinPolicy['response'],
  resolution = 'Ask IT.',
): StandinPolicy => ({ id: 1, name, query: 'SELECT 1;', critical: false, resolution, response })

/** Riley's MacBook, all well, of the hour of 10:00. */
export const aHost = (id: number, otherwise: Partial<StandinHost> = {}): StandinHost => ({
  id,
  created_at: '2026-01-05T08:00:00Z',
  detail_updated_at: '2026-11-27T10:00:00Z',
  policy_updated_at: '2026-11-27T10:05:00Z',
  seen_time: '2026-11-27T10:10:00Z',
  hostname: `riley-${id}.local`,
  computer_name: `Riley's MacBook ${id}`,
  display_name: `Riley's MacBook ${id}`,
  uuid: `5FBE4F1A-0000-0000-0000-${String(id).padStart(12, '0')}`,
  hardware_serial: `C02TESTS${id}`,
  platform: 'darwin',
  os_version: 'macOS 15.1',
  team_id: null,
  team_name: null,
  disk_encryption_enabled: true,
  mdm: { enrollment_status: 'On (automatic)', name: 'Fleet', server_url: 'https://fleet.acme.example/mdm' },
  policies: [aPolicy('Firewall on', 'pass', 'Turn the firewall on.')],
  device_mapping: [{ email: 'riley@acme.example', source: 'mdm_idp_accounts' }],
  ...otherwise,
})
