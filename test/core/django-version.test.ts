import { describe, expect, it } from "vitest"
import * as DjangoVersions from "../../src/core/django-version.ts"

const versions = Object.keys(DjangoVersions.djangoVersions).filter(DjangoVersions.isDjangoVersion)
const rows: ReadonlyArray<DjangoVersions.DjangoVersionSettings> = versions.map(
  (version) => DjangoVersions.djangoVersions[version]
)

/** The last Django with each habit; who follows has dropped it for good. */
const lastWith = {
  masksCsrfSecret: "4.0",
  keepsMalformedCsrf: "3.2",
  ignoresOrigin: "3.2",
  generalizesCsrfReasons: "3.2",
  savesServerErrors: "4.1",
  refusesInstants: "4.0",
  makesSequences: "4.0",
  readsSha1: "3.2"
} as const

describe("the table of Django versions", () => {
  it("has a row for every Django from 3.2 on, oldest first", () => {
    expect(versions).toEqual(["3.2", "4.0", "4.1", "4.2", "5.0", "5.1", "5.2", "6.0", "6.1", "6.2"])
  })

  it("has for each setting the versions up to the last one with that behaviour", () => {
    const habits = Object.keys(DjangoVersions.djangoVersions["3.2"]).filter(
      (row) => !/Iterations|Parallelism/.test(row)
    )
    expect(habits.toSorted()).toEqual(Object.keys(lastWith).toSorted())
    for (const [habit, last] of Object.entries(lastWith)) {
      const having = versions.filter((version) =>
        Object.entries(DjangoVersions.djangoVersions[version]).some(([k, v]) => k === habit && v)
      )
      expect([habit, having]).toEqual([habit, versions.slice(0, versions.indexOf(last) + 1)])
    }
  })

  it("has no such setting from 4.2 on", () => {
    for (const version of versions.slice(versions.indexOf("4.2")))
      expect(Object.values(DjangoVersions.djangoVersions[version])).not.toContain(true)
  })

  it("has more PBKDF2 iterations with each version", () => {
    const iterations = rows.map(({ pbkdf2Iterations }) => pbkdf2Iterations)
    expect(iterations).toEqual(iterations.toSorted((a, b) => a - b))
  })

  it("has no other version", () => {
    for (const text of ["3.1", "5.3", "4", "", "toString", "__proto__"])
      expect(DjangoVersions.isDjangoVersion(text)).toBe(false)
    expect(DjangoVersions.isDjangoVersion(DjangoVersions.defaultDjangoVersion)).toBe(true)
  })
})
