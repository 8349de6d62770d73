import { LRUCache } from 'lru-cache'

/**
 * At most so many, the one used longest ago leaves first. Bounded by size and not by `max`, for which lru-cache takes
 * the room of all of them at once: a hundred thousand are several megabytes and tens of milliseconds of a start.
 */
export function boundedMap<V extends object | string | number | boolean>(
  most: number,
  options: Pick<LRUCache.OptionsBase<string, V, unknown>, 'ttl' | 'ttlResolution' | 'perf'> = {},
): LRUCache<string, V> {
  return new LRUCache({ ...options, maxSize: most, sizeCalculation: () => 1 })
}
