import { describe, expect, it } from "vitest"
import { application, browser, type Handler, logIn } from "../site.ts"

const key = (at: number): string => at.toString(36)
const keys = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, at) => key(at))

type Changes = (context: Parameters<Handler>[0], count: number) => Promise<unknown>

const oneByOne =
  (change: (context: Parameters<Handler>[0], key: string) => Promise<unknown>): Changes =>
  async (context, count) => {
    for (const each of keys(count)) await change(context, each)
  }

const changes: Readonly<Record<string, Changes>> = {
  "set one at a time": oneByOne(({ session }, each) => session.set(each, 1)),
  "set in parallel": ({ session }, count) => Promise.all(keys(count).map((each) => session.set(each, 1))),
  "set and read alternately": oneByOne(async ({ session }, each) => {
    await session.set(each, 1)
    return (await session.get(each)) === 1 && (await session.has(each))
  }),
  "set while the user is asked for": oneByOne(async ({ getUser, session }, each) => {
    await session.set(each, 1)
    await getUser()
  }),
  "set and saved alternately": oneByOne(async ({ session }, each) => {
    await session.set(each, 1)
    await session.save()
  }),
  "set with defaults": oneByOne(({ session }, each) => session.setDefault(each, 1)),
  "set and removed alternately": oneByOne(async ({ session }, each) => {
    await session.set(each, 1)
    await session.delete(each)
    await session.set(each, 2)
  }),
  "updated one at a time": oneByOne(({ session }, each) => session.update({ [each]: 1 })),
  "updated together": ({ session }, count) => session.update(Object.fromEntries(keys(count).map((each) => [each, 1])))
}

const removals: Readonly<Record<string, Changes>> = {
  "deleted one at a time": oneByOne(({ session }, each) => session.delete(each)),
  "popped one at a time": oneByOne(({ session }, each) => session.pop(each)),
  "deleted together": ({ session }, count) => session.delete(keys(count))
}

/** Milliseconds of the processor that this thread takes. */
const cost = async (run: () => Promise<unknown>): Promise<number> => {
  const start = process.threadCpuUsage()
  await run()
  const { system, user } = process.threadCpuUsage(start)
  return (system + user) / 1000
}

/**
 * Ten times as many changes take about ten times as long, and a hundred times where the time is quadratic. The small
 * number runs first, and bears the cost of compiling. Where the time is quadratic, 30,000 changes take more than ten
 * seconds.
 */
const expectLinear = async (most: number, measure: (count: number) => Promise<number>): Promise<void> => {
  const [few, many] = [await measure(most / 10), await measure(most)]
  expect(many).toBeLessThan(Math.max(30 * few, 2000))
}

/** Two of the changes are measured up to more keys than a session should ever have. */
const sizes = (kinds: Readonly<Record<string, Changes>>, large: string) =>
  Object.entries(kinds).map(([name, change]) => ({ name, change, most: name === large ? 100_000 : 30_000 }))

describe("many keys of a session", () => {
  it.each(sizes(changes, "set one at a time"))("take linear time when $most are $name", async ({ change, most }) => {
    const app = await application()
    await expectLinear(most, async (count) => {
      const visitor = browser(app)
      await visitor.visit(logIn())
      let spent = 0
      await visitor.visit(async (context) => {
        spent = await cost(() => change(context, count))
        expect(await context.session.keys()).toHaveLength(count + 3)
      })
      return spent
    })
  })

  it.each(sizes(removals, "deleted one at a time"))("take linear time when $most are $name", async ({
    change,
    most
  }) => {
    const app = await application()
    await expectLinear(most, async (count) => {
      const visitor = browser(app)
      await visitor.visit(({ session }) => session.update(Object.fromEntries(keys(count + 1).map((each) => [each, 1]))))
      let spent = 0
      await visitor.visit(async (context) => {
        spent = await cost(() => change(context, count))
        expect(await context.session.keys()).toEqual([key(count)])
      })
      await visitor.visit(async ({ session }) => expect(await session.keys()).toEqual([key(count)]))
      return spent
    })
  })
})
