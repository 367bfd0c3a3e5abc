import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { escapeHtml, html } from "../../../../src/core/accounts/html/html.ts"
import { htmlRenderer } from "../../../../src/core/accounts/html/html-renderer.ts"
import { allPageNames, samplePage } from "./sample-pages.ts"

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(..."<>\"'`&=/ \n\0!-;#{}x", "script", "onload", "]]>", "-->"), maxLength: 40 }),
  fc.constantFrom("</title><script>", '" autofocus onfocus="', "javascript:alert(1)", "&lt;", "{site}", "\ud800")
)
const request = { acceptLanguage: undefined, stylesheet: "/accounts/style.css" }

describe("escapeHtml", () => {
  it("leaves nothing that ends a text or a quoted attribute, and can be undone", () => {
    fc.assert(
      fc.property(text, (text) => {
        const escaped = escapeHtml(text)
        expect(escaped).toMatch(/^(?:[^<>"'`&]|&#\d+;)*$/)
        expect(escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))).toBe(text)
      })
    )
  })
})

describe("html", () => {
  it("escapes every value that no template made", () => {
    expect(html`<p>${"<b>"}</p>`.markup).toBe("<p>&#60;b&#62;</p>")
    expect(html`<p title="${'"'}">${html`<b>${"&"}</b>`}${[html`<i>`, html`</i>`]}</p>`.markup).toBe(
      '<p title="&#34;"><b>&#38;</b><i></i></p>'
    )
    expect(html`${undefined}${false}${0}${""}`.markup).toBe("0")
  })
})

describe("the account pages", () => {
  const { page } = htmlRenderer()
  const mark = "\u{e000}mark\u{e001}"

  it.each(allPageNames)("%s: shows every text as text, in the same place, for every text", (name) => {
    for (const hasProblems of [false, true]) {
      const frame = page(samplePage(name, mark, hasProblems), request).html
      // Each text stands between tags or in a quoted attribute.
      const parts = frame.split(mark)
      expect(parts.length).toBeGreaterThan(2)
      expect(outside(frame.replaceAll(mark, ""))).toBe(true)
      fc.assert(
        fc.property(
          // An empty text, and a checked box, show something else.
          text.filter((text) => text !== "" && text !== "on"),
          (text) => {
            const expected = parts.join(escapeHtml(text))
            expect(page(samplePage(name, text, hasProblems), request).html).toBe(expected)
          }
        ),
        { numRuns: 40 }
      )
    }
  })

  it.each(allPageNames)("%s: has no script, no inline style, and no attribute without quotes", (name) => {
    const made = page(samplePage(name, "x", true), request).html
    expect(made).not.toMatch(/<(?:script|style|iframe|object|base|svg)|\son\w+=|\sstyle=|javascript:/i)
    expect(outside(made)).toBe(true)
  })
})

/** Whether the markup has only whole tags whose attributes are quoted, and no other `<`, `>` or quote in a tag. */
const outside = (markup: string): boolean =>
  /^(?:[^<>]|<!doctype html>|<\/?[a-z][a-z0-9]*(?:\s[a-z-]+(?:="[^"<>]*")?)*\s*>)*$/.test(markup)
