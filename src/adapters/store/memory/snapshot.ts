/** Remembers the entries of a map whose values do not change. @returns a function that makes them its entries again */
export const snapshotOf = <Key, Value>(map: Map<Key, Value>): (() => void) => {
  const entries = [...map]
  return () => {
    map.clear()
    for (const [key, value] of entries) map.set(key, value)
  }
}
