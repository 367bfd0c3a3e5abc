/** How long a round of calls takes, and how many calls it needs so that the steps of the clock do not matter. */

/**
 * CPU time of this process so far, in nanoseconds. Linux counts it in steps of about 1 µs. That of a single thread,
 * which `process.threadCpuUsage` reads, has steps of some milliseconds.
 */
export const cpuClock = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) * 1000
}

/** How far this clock goes in one step: the median of several steps. @param clock in nanoseconds, while this runs */
export const stepOf = (clock: () => number): number => {
  const steps: Array<number> = []
  for (let last = clock(); steps.length < 21; ) {
    const now = clock()
    if (now > last) steps.push(now - last)
    last = now
  }
  return steps.toSorted((a, b) => a - b)[10] ?? Number.NaN
}

/** Nanoseconds that a round takes at least: 20 ms, and 50 steps of the clock, so that a step is 2 % of it. */
export const leastRound = (clock: () => number): number => Math.max(2e7, 50 * stepOf(clock))

/** So many calls that a round of them takes at least as long. @param timeOf nanoseconds of a round of so many calls */
export const callsThatTake = async (
  nanoseconds: number,
  timeOf: (calls: number) => number | Promise<number>
): Promise<number> => {
  let calls = 1000
  while ((await timeOf(calls)) < nanoseconds) calls *= 2
  return calls
}
