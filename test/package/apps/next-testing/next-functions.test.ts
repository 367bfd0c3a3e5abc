/** Next's own functions, in code that latchkey's test kit runs without a server. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { nextAction, nextPage, nextProxy, nextRoute } from "latchkey/testing/next"
import { revalidatePath, unstable_cache } from "next/cache.js"
import { cookies, draftMode, headers } from "next/headers.js"
import * as navigation from "next/navigation.js"
import { after, connection, NextResponse } from "next/server.js"
import { createElement as element, Suspense } from "react"
import { site } from "./site.ts"

/** The route's answer, as JSON. */
const answered = async (answer: () => unknown, browser = site.browser()): Promise<unknown> =>
  (await browser.fetch(nextRoute(async () => Response.json(await answer())))).json()

const endOf = ({ headers, status }: Response) => [status, headers.get("location")]

test("headers() and cookies() have what the browser sent", async () => {
  const browser = site.browser()
  browser.store(["theme=dark"])
  const seen = async () => [
    (await headers()).get("host"),
    (await headers()).get("x-forwarded-proto"),
    (await cookies()).getAll().map(({ name, value }) => [name, value])
  ]
  assert.deepEqual(await answered(seen, browser), ["localhost", "http", [["theme", "dark"]]])
  const page = await browser.fetch(nextPage(async () => JSON.stringify((await cookies()).get("theme")?.value)))
  assert.equal(await page.text(), "&quot;dark&quot;")
})

test("a route sets and deletes cookies, and the browser keeps them", async () => {
  const browser = site.browser()
  browser.store(["theme=dark"])
  const route = nextRoute(async () => {
    const jar = await cookies()
    jar.set("a", "1", { httpOnly: true }).set({ name: "b", value: "2", path: "/b" }).delete("theme")
    return Response.json([jar.get("a")?.value, jar.has("b"), jar.get("theme")?.value])
  })
  const response = await browser.fetch(route)
  assert.deepEqual(await response.json(), ["1", true, ""])
  assert.deepEqual(response.headers.getSetCookie(), [
    "a=1; Path=/; HttpOnly",
    "b=2; Path=/b",
    "theme=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
  ])
  assert.equal(browser.header, "a=1")
})

test("a cookie that the response itself sets wins over one of cookies()", async () => {
  const route = nextRoute(async () => {
    ;(await cookies()).set("a", "1").set("b", "1")
    return new Response(null, { headers: { "set-cookie": "a=2; Path=/" } })
  })
  const browser = site.browser()
  await browser.fetch(route)
  assert.deepEqual([browser.cookie("a"), browser.cookie("b")], ["2", "1"])
})

test("no cookie can be set while a page is rendered, or in after()", async () => {
  const refused: Array<string> = []
  const set = async () => {
    const jar = await cookies()
    try {
      jar.set("a", "1")
    } catch (error) {
      refused.push(error instanceof Error ? error.message.slice(0, 29) : "")
    }
  }
  await site.browser().fetch(nextPage(async () => void (await set())))
  await answered(() => {
    after(set)
    return "answer"
  })
  assert.deepEqual(
    refused,
    ["Cookies can only be modified", "Cookies can only be modified"].map((text) => `${text} `)
  )
})

test("cookies() of an action cannot be changed any more in after()", async () => {
  let message = ""
  await answered(async () => {
    const jar = await cookies()
    after(() => {
      try {
        jar.set("a", "1")
      } catch (error) {
        message = error instanceof Error ? error.message : ""
      }
    })
    return "answer"
  })
  assert.match(message, /^Cookies can only be modified/)
})

test("connection(), draftMode(), revalidatePath() and unstable_cache() work", async () => {
  const all = async () => {
    await connection()
    revalidatePath("/x")
    return [(await draftMode()).isEnabled, await unstable_cache(async () => 7, ["seven"])()]
  }
  assert.deepEqual(await answered(all), [false, 7])
})

test("tasks of after() are done when the answer is there, and can read the request", async () => {
  const done: Array<string | null> = []
  await answered(() => {
    after(async () => {
      await sleep(5)
      done.push((await headers()).get("host"))
      after(() => void done.push("nested"))
    })
    after(sleep(20).then(() => done.push("promise")))
    return "answer"
  })
  assert.deepEqual(done, ["localhost", "promise", "nested"])
})

test("requests at the same time do not see each other", async () => {
  const route = nextRoute(async ({ url }) => {
    await sleep(5)
    return Response.json([new URL(url).pathname, (await headers()).get("x-who")])
  })
  const ask = async (who: string) =>
    (await site.browser().fetch(route, `/${who}`, { headers: { "x-who": who } })).json()
  assert.deepEqual(await Promise.all(["a", "b"].map(ask)), [
    ["/a", "a"],
    ["/b", "b"]
  ])
})

test("route handlers get a NextRequest and the params", async () => {
  const route = nextRoute(
    async (request: import("next/server").NextRequest, { params }: { params: Promise<{ id: string }> }) =>
      Response.json([request.nextUrl.searchParams.get("a"), request.cookies.get("theme")?.value, (await params).id]),
    { id: "7" }
  )
  const browser = site.browser()
  browser.store(["theme=dark"])
  assert.deepEqual(await (await browser.fetch(route, "/notes/7?a=1")).json(), ["1", "dark", "7"])
})

const thrown = {
  redirect: (): never => navigation.redirect("/a?b=1"),
  permanentRedirect: (): never => navigation.permanentRedirect("/a"),
  notFound: (): never => navigation.notFound()
}
const throwing = Object.values(thrown)
const ends = async (fetches: ReadonlyArray<Promise<Response>>) => (await Promise.all(fetches)).map(endOf)

test("redirect(), permanentRedirect() and notFound() are answers of routes", async () => {
  const browser = site.browser()
  const moved = [
    [307, "/a?b=1"],
    [308, "/a"],
    [404, null]
  ]
  assert.deepEqual(await ends(throwing.map((f) => browser.fetch(nextRoute(f)))), moved)
  assert.deepEqual(await ends(throwing.map((f) => browser.fetch(nextPage(f)))), moved)
})

test("redirects of actions, and of routes that a form is sent to, have the status 303", async () => {
  const browser = site.browser()
  const sent = (handler: (request: Request) => Response | Promise<Response>) =>
    browser.fetch(handler, "/", { form: {} })
  const moved = [
    [303, "/a?b=1"],
    [303, "/a"],
    [404, null]
  ]
  assert.deepEqual(await ends(throwing.map((f) => sent(nextAction(f)))), moved)
  assert.deepEqual(await ends(throwing.map((f) => sent(nextRoute(f)))), moved)
})

test("a redirect inside Suspense is the answer, and precedes notFound()", async () => {
  const Inside = async ({ end }: { end: () => never }) => end()
  const page = (...all: ReadonlyArray<() => never>) =>
    nextPage(() => all.map((end, key) => element(Suspense, { fallback: "…", key }, element(Inside, { end }))))
  const fetches = [page(thrown.redirect), page(thrown.notFound, thrown.redirect)]
  assert.deepEqual(await ends(fetches.map((handler) => site.browser().fetch(handler))), [
    [307, "/a?b=1"],
    [307, "/a?b=1"]
  ])
})

test("cookies that were set before redirect() are kept", async () => {
  const browser = site.browser()
  const route = nextRoute(async () => {
    ;(await cookies()).set("a", "1")
    return thrown.redirect()
  })
  await browser.fetch(route)
  assert.equal(browser.cookie("a"), "1")
})

test("errors that are no answers are thrown to the test", async () => {
  const fail = async (): Promise<never> => {
    throw new Error("a bug")
  }
  const Inside = async () => fail()
  const inside = () => element(Suspense, { fallback: "…" }, element(Inside))
  for (const handler of [nextRoute(fail), nextPage(fail), nextPage(inside)])
    await assert.rejects(site.browser().fetch(handler), /a bug/)
  await assert.rejects(site.browser().fetch(nextAction(fail), "/", { form: {} }), /a bug/)
  await assert.rejects(site.browser().fetch(nextAction(fail)), /POST request, not by GET/)
})

test("pages get params and search params, and Client Components the router", async () => {
  const Client = () => {
    const { push } = navigation.useRouter()
    const found = [navigation.usePathname(), navigation.useSearchParams()?.get("a"), navigation.useParams()?.["id"]]
    return [typeof push, ...found].join(" ")
  }
  interface Props {
    params: Promise<{ id: string }>
    searchParams: Promise<{ a?: string | Array<string>; b?: string }>
  }
  const Page = async ({ params, searchParams }: Props) => [
    JSON.stringify([(await params).id, (await searchParams).a, (await searchParams).b].flat().join()),
    element(Client, { key: 1 })
  ]
  const response = await site.browser().fetch(nextPage(Page, { id: "7" }), "/notes/7?a=1&a=2&b=3")
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8")
  assert.equal((await response.text()).replaceAll("<!-- -->", ""), "&quot;7,1,2,3&quot;function /notes/7 1 7")
})

test("an action gets the form, and its result is the JSON of the answer", async () => {
  const action = nextAction((form: FormData) => ({ fields: [form.get("a"), form.get("b")] }))
  const response = await site.browser().fetch(action, "/", { form: { a: "1", b: "ü" } })
  assert.deepEqual(await response.json(), { fields: ["1", "ü"] })
  const nothing = await site.browser().fetch(
    nextAction(() => undefined),
    "/",
    { method: "POST" }
  )
  assert.equal(await nothing.json(), null)
})

test("tasks that a proxy gives to waitUntil() are done when the answer is there", async () => {
  let isDone = false
  const task = async () => {
    await sleep(5)
    isDone = true
  }
  const proxy = (_: Request, event: { waitUntil: (task: Promise<void>) => void }) => event.waitUntil(task())
  await site.browser().fetch(nextProxy(proxy))
  assert.equal(isDone, true)
})

test("a proxy ends a request, or lets it through and adds its cookies", async () => {
  const page = nextPage(() => "the page")
  const browser = site.browser()
  const redirected = nextProxy((request) => NextResponse.redirect(new URL("/login", request.url)), page)
  assert.deepEqual(endOf(await browser.fetch(redirected)), [307, "/login"])
  const response = NextResponse.next()
  response.cookies.set("seen", "1")
  for (const proxy of [nextProxy(() => response, page), nextProxy(async () => undefined, page)])
    assert.equal(await (await browser.fetch(proxy)).text(), "the page")
  assert.equal(browser.cookie("seen"), "1")
  assert.equal((await browser.fetch(nextProxy(() => undefined))).headers.get("x-middleware-next"), "1")
})
