/** Loaded before an example, with Node's `--import`: each SIGUSR2 moves its clock, as long as its short cookies are valid. */
const { now } = Date
let ahead = 0
Date.now = () => now() + ahead
process.on("SIGUSR2", () => {
  ahead += 661_000
  console.log(`the clock is ${ahead / 1000} s ahead`)
})
