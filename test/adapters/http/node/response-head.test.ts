import { describe, expect, it } from "vitest"
import { answering, bodyOf, type Handler, headOf, modes, ours, see, send } from "./bare-and-held.ts"

describe.each(modes)("the head of a held response, %s", (mode) => {
  describe("keeps every header of", () => {
    const own = { "Set-Cookie": ["a=1", "b=2"], "X-Name": "v", vary: "Accept" }
    const forms: Readonly<Record<string, ReadonlyArray<unknown>>> = {
      "a status alone": [404],
      "a status in a text": ["404"],
      "a message": [200, "Fine"],
      "an object": [200, own],
      "an object that repeats names": [
        200,
        { "set-cookie": ["a=1", "b=2"], "x-name": "v", "Set-Cookie": "c=3", "X-Name": "w" }
      ],
      "a message and an object": [200, "Fine", own],
      "undefined and an object": [200, undefined, own],
      "null and null": [200, null, null],
      "one cookie": [200, { "set-cookie": "a=1" }],
      "a flat array": [200, ["Set-Cookie", "a=1", "X-Name", "v", "set-cookie", "b=2", "VARY", "Accept"]],
      "a flat array with a list": [200, "Fine", ["Set-Cookie", ["a=1", "b=2"], "X-Number", 5]],
      "an array of pairs": [
        200,
        [
          ["Set-Cookie", "a=1"],
          ["X-Name", "v"],
          ["Set-Cookie", "b=2"]
        ]
      ],
      "a message and an array of pairs": [
        200,
        "Fine",
        [
          ["Vary", "Accept"],
          ["Set-Cookie", ["a=1", "b=2"]]
        ]
      ],
      "an empty array": [200, []],
      "a length": [200, { "content-length": "5", date: "yesterday", connection: "close" }]
    }
    const merged = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
      const varies = lines.find((line) => line.startsWith("vary: "))
      const rest = lines.slice(1).filter((line) => line !== varies)
      const vary = varies === undefined ? "vary: Cookie" : `${varies}, Cookie`
      return [lines[0] ?? "", ...[...rest, `set-cookie: ${ours}`, vary].sort()]
    }

    it.each(Object.entries(forms))("writeHead with %s", async (_, args) => {
      const handler: Handler = (_, res) => {
        Reflect.apply(res.writeHead, res, args)
        res.end("hello")
      }
      const [bare, held] = await Promise.all([see(handler, undefined), see(handler, answering(mode, send))])
      expect(headOf(held.reply)).toEqual(merged(headOf(bare.reply)))
      expect(bodyOf(held.reply)).toEqual(bodyOf(bare.reply))
    })

    it.each(Object.entries(forms))("setHeader before writeHead with %s", async (name, args) => {
      const handler =
        (args: ReadonlyArray<unknown>): Handler =>
        (_, res) => {
          res.setHeader("Set-Cookie", "before=1")
          res.setHeader("X-Before", ["1", "2"])
          res.appendHeader("Vary", "Accept")
          Reflect.apply(res.writeHead, res, args)
          res.end("hello")
        }
      // When headers were set before, Node itself does not accept an array of pairs.
      const flat = args.map((arg) => (name.includes("pairs") && Array.isArray(arg) ? arg.flat(1) : arg))
      const [bare, held] = await Promise.all([see(handler(flat), undefined), see(handler(args), answering(mode, send))])
      expect(headOf(held.reply)).toEqual(merged(headOf(bare.reply)))
      expect(bodyOf(held.reply)).toEqual(bodyOf(bare.reply))
    })

    it("an array that the application reuses, without changing it", async () => {
      const cookies = ["theme=dark"]
      const lines = ["Set-Cookie", cookies, "set-cookie", "b=2"]
      const handlers: ReadonlyArray<Handler> = [
        (_, res) => res.setHeader("Set-Cookie", cookies).end(),
        (_, res) => res.writeHead(200, { "Set-Cookie": cookies }).end(),
        (_, res) => Reflect.apply(res.writeHead, res, [200, lines]).end()
      ]
      for (const handler of handlers) {
        const { reply } = await see(handler, answering(mode, send))
        expect(reply).toContain(`Set-Cookie: theme=dark\r\n`)
        expect(reply).toContain(`Set-Cookie: ${ours}\r\n`)
      }
      expect(cookies).toEqual(["theme=dark"])
      expect(lines).toEqual(["Set-Cookie", ["theme=dark"], "set-cookie", "b=2"])
    })

    it.each([
      ["cookie", "cookie"],
      ["Accept, COOKIE", "Accept, COOKIE"],
      ["*", "*"],
      ["Accept", "Accept, Cookie"],
      [["Accept", "Origin"], "Accept, Origin, Cookie"]
    ])("Vary: %s", async (vary, expected) => {
      const handler: Handler = (_, res) => res.setHeader("vary", vary).end()
      const { reply } = await see(handler, answering(mode, send))
      expect(headOf(reply).filter((line) => line.startsWith("vary"))).toEqual([`vary: ${expected}`])
    })
  })
})
