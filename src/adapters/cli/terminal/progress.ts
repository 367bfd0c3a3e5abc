/** A progress bar on standard error, only where that is a terminal. */

/** How far a work is. */
export interface Progress {
  readonly done: number
  /** `undefined` if not known. */
  readonly total: number | undefined
  readonly elapsedMs: number
}

const barWidth = 20
const clearLine = "\r\x1b[K"

const number = (value: number): string => Math.round(value).toLocaleString("en")

/** The bar, how many, how many a second, and the time left. */
export const progressLine = ({ done, elapsedMs, total }: Progress): string => {
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0
  const perSecond = `${number(rate)}/s`
  if (total === undefined || total === 0) return `${number(done)}  ${perSecond}`
  const share = Math.min(1, done / total)
  const filled = Math.round(barWidth * share)
  const left = rate > 0 ? `  ${duration(Math.max(0, total - done) / rate)} left` : ""
  return `[${"#".repeat(filled)}${".".repeat(barWidth - filled)}] ${number(done)} of ${number(total)}  ${perSecond}${left}`
}

const duration = (seconds: number): string =>
  seconds < 60
    ? `${Math.ceil(seconds)} s`
    : seconds < 3600
      ? `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s`
      : `${Math.floor(seconds / 3600)} h ${Math.ceil((seconds % 3600) / 60)} min`

/** Whether there is a terminal to show progress on. */
export const showsProgress = (): boolean => process.stderr.isTTY === true && process.env["TERM"] !== "dumb"

/** Shows the line in place of the one before. */
export const showProgress = (progress: Progress): void => {
  if (!showsProgress()) return
  const width = process.stderr.columns ?? 80
  process.stderr.write(clearLine + progressLine(progress).slice(0, width - 1))
}

/** Removes the line, so that results and messages have a line of their own. */
export const hideProgress = (): void => {
  if (showsProgress()) process.stderr.write(clearLine)
}
