/** A law about sessions that another program reads and writes too. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawSharedTable } from "../law-parts.ts"
import { browserWith, dataOf, type LawSite } from "../law-site.ts"

/** A member of a session's JSON: the name and the value as the other program writes them. */
export type WrittenMember = readonly [name: string, value: string]

/** Values that a program changes if it parses them and writes them again. */
const values: Readonly<Record<string, string>> = {
  "large and small numbers": "[1000000000000000000000000000000,12345678901234567,1e+16,1e-07,5E-324]",
  "numbers with a fraction": "[1.0,0.10,-0.0,1.50,100000000000000000000.0]",
  "numbers that JSON does not have": "[NaN,Infinity,-Infinity]",
  "escaped characters": '"\\u00e9\\u2028\\ud83d\\ude00\\ud800\\/\\u003c"',
  "nested values": '{"b":[{"a":{}},[],null,true],"a":""}',
  "white space": '[ 1 , { "a" : 2 } ]',
  "a repeated name": '{"a":1,"a":2}',
  "hostile names": '{"__proto__":{"a":1},"constructor":null}',
  "a long text": `"${"long ".repeat(300)}"`
}

export const writtenMembers = (members: ReadonlyArray<WrittenMember>): string =>
  `{${members.map(([name, value]) => `${name}:${value}`).join(",")}}`

/** A request that changes one value of a session. */
export interface MemberChange {
  readonly request: (cookie: string) => Promise<unknown>
  /** The members before and after it that the request is about. */
  readonly before: ReadonlyArray<WrittenMember>
  readonly after: ReadonlyArray<WrittenMember>
}

/** The requests of a site that change a session which another program has stored. */
export const memberChanges = (site: LawSite): Readonly<Record<string, MemberChange>> => {
  const { remove, write, writeText } = site.pages
  const at = (cookie: string) => browserWith(site, cookie)
  return {
    add: { request: async (cookie) => write?.(at(cookie), "latchkey", 2), before: [], after: [['"latchkey"', "2"]] },
    replace: {
      request: async (cookie) => write?.(at(cookie), "latchkey", 2),
      before: [['"latchkey"', "1.50"]],
      after: [['"latchkey"', "2"]]
    },
    "replace under an escaped name": {
      request: async (cookie) => write?.(at(cookie), "latchkey", 2),
      before: [['"\\u006catchkey" ', " 1.50 "]],
      after: [['"\\u006catchkey" ', " 2 "]]
    },
    ...(writeText === undefined
      ? {}
      : {
          "add a text": {
            request: (cookie: string) => writeText(at(cookie), "né", "é\u2028"),
            before: [],
            after: [['"n\\u00e9"', '"\\u00e9\\u2028"']]
          }
        }),
    ...(remove === undefined
      ? {}
      : {
          remove: {
            request: (cookie: string) => remove(at(cookie), "latchkey"),
            before: [['"latchkey"', "1.50"]] as const,
            after: []
          }
        })
  }
}

/**
 * Checks that a request changes nothing of a session that another program has stored, besides its own value.
 *
 * @throws {LawBroken}
 */
export const keepsTexts = async (
  table: LawSharedTable,
  members: ReadonlyArray<WrittenMember>,
  { after, before, request }: MemberChange
): Promise<void> => {
  const cookie = await table.store(writtenMembers([...members, ...before]))
  await request(cookie)
  const [found, wanted] = [await table.read(cookie), writtenMembers([...members, ...after])]
  must(found === wanted, () => `stored is ${found}; it has to be ${wanted}`)
}

export const storedTexts: LawText = {
  id: "what-another-program-stored-stays-as-it-is",
  title:
    "a request that changes one value of a session leaves all others as another program wrote them, and writes ASCII",
  why: "A site that shares its sessions with another one must not round its numbers, reorder its keys or lose what it does not understand.",
  needs: ["sharedTable", "data", "pages.write"],
  finds: ["a store that parses the JSON that it stores", "a store that stores every text as UTF-8"],
  holds: async (run) => {
    const { site } = run
    const table = site.sharedTable
    if (table === undefined) return
    for (const [name, change] of Object.entries(memberChanges(site)))
      for (const [kind, value] of Object.entries(values))
        await run.situation(`${name}, beside ${kind}`, () =>
          keepsTexts(
            table,
            [
              ['"first"', value],
              ['"\\u00e9"', "1"],
              ['"10"', value],
              ['"9"', "[]"]
            ],
            change
          )
        )
    await run.situation("names that occur twice", () =>
      keepsTexts(
        table,
        [
          ['"twice"', "1"],
          ['"twice"', '"the last one counts"']
        ],
        {
          ...memberChanges(site)["add"],
          request: async (cookie) => {
            const { twice } = await dataOf(site, browserWith(site, cookie))
            must(twice === "the last one counts", () => `the site shows ${JSON.stringify(twice)} for a repeated name`)
            await site.pages.write?.(browserWith(site, cookie), "latchkey", 2)
          },
          before: [],
          after: [['"latchkey"', "2"]]
        }
      )
    )
    // The JSON of most programs is ASCII. Others write UTF-8, and Python's json module without ensure_ascii Latin-1.
    for (const [encoding, text] of Object.entries({ "UTF-8": "\u00c3\u00a9", "Latin-1": "\u00e9" }))
      await run.situation(`characters in ${encoding}`, async () => {
        const cookie = await table.store(`{"name":"caf${text}"}`)
        const { name } = await dataOf(site, browserWith(site, cookie))
        must(name === "café", () => `the site shows ${JSON.stringify(name)} for café in ${encoding}`)
        await site.pages.write?.(browserWith(site, cookie), "latchkey", 2)
        const found = await table.read(cookie)
        must(found === `{"name":"caf${text}","latchkey":2}`, () => `the bytes changed to ${JSON.stringify(found)}`)
      })
  }
}
