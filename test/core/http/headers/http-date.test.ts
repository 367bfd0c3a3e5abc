import { expect, it } from "vitest"
import { httpDate } from "../../../../src/core/http/headers/http-date.ts"
import vectors from "../../../vectors/encoding_helpers.json" with { type: "json" }

it.each(vectors.data.http_date)("the HTTP date of $epoch is $out", ({ epoch, out }) => {
  expect(httpDate(epoch * 1000)).toBe(out)
})

it("has four digits for the year, in the years 1 and 9999, too", () => {
  expect(httpDate(Date.parse("9999-12-31T23:59:59.999Z"))).toBe("Fri, 31 Dec 9999 23:59:59 GMT")
  expect(httpDate(Date.parse("0001-01-01T00:00:00.000Z"))).toBe("Mon, 01 Jan 0001 00:00:00 GMT")
})
