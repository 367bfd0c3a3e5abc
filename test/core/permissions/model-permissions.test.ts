import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { type ModelDescription, modelPermissions } from "../../../src/core/permissions/model-permissions.ts"

const rows = (model: ModelDescription) => {
  const made = modelPermissions(model)
  return Result.isSuccess(made) ? made.success : made.failure
}

describe("the permissions of a model", () => {
  it("are the four default ones, with the words of the class name", () => {
    expect(rows({ app: "blog", model: "BlogPost" })).toEqual({
      appLabel: "blog",
      model: "blogpost",
      permissions: [
        { codename: "add_blogpost", name: "Can add blog post" },
        { codename: "change_blogpost", name: "Can change blog post" },
        { codename: "delete_blogpost", name: "Can delete blog post" },
        { codename: "view_blogpost", name: "Can view blog post" }
      ]
    })
  })

  // Django's camel_case_to_spaces.
  it.each([
    ["Post", "post"],
    ["post", "post"],
    ["HTTPRequest", "http request"],
    ["RequestHTTP", "request http"],
    ["FAQ", "faq"],
    ["APIv2Key", "ap iv2 key"],
    ["Blog_Post", "blog_ post"]
  ])("name %s %j", (model, words) => {
    expect(rows({ app: "blog", model, defaultPermissions: ["view"] })).toMatchObject({
      permissions: [{ codename: `view_${model.toLowerCase()}`, name: `Can view ${words}` }]
    })
  })

  it("are those of the model's Meta, with its verbose name", () => {
    const permissions = { publish_post: "Can publish posts" }
    expect(
      rows({ app: "blog", model: "Post", verboseName: "article", defaultPermissions: ["add"], permissions })
    ).toEqual({
      appLabel: "blog",
      model: "post",
      permissions: [
        { codename: "add_post", name: "Can add article" },
        { codename: "publish_post", name: "Can publish posts" }
      ]
    })
  })

  it.each<[ModelDescription, string]>([
    [{ app: "blog.x", model: "Post" }, "app: must be the label of an app, as in blog"],
    [{ app: "", model: "Post" }, "app: must be the label of an app, as in blog"],
    [{ app: "blog", model: "a post" }, "model: must be the name of a class, as in BlogPost"],
    [{ app: "blog", model: "P".repeat(101) }, "model: must be the name of a class, as in BlogPost"],
    [{ app: "blog", model: "P".repeat(96) }, "a codename has 1 to 100 characters, without a dot"],
    [
      { app: "blog", model: "Post", permissions: { "a.b": "x" } },
      '"a.b": a codename has 1 to 100 characters, without a dot'
    ],
    [{ app: "blog", model: "Post", permissions: { "a\0": "x" } }, "a codename has 1 to 100 characters"],
    [{ app: "blog", model: "Post", permissions: { a: "\ud800" } }, '"a": the name must have 1 to 255 characters'],
    [{ app: "blog", model: "Post", verboseName: "p".repeat(250) }, "the name must have 1 to 255 characters"],
    [{ app: "blog", model: "Post", permissions: { add_post: "x" } }, "add_post: there are two with this name"]
  ])("cannot be stored: %j", (model, problem) => {
    expect(String(rows(model))).toContain(problem)
  })
})
