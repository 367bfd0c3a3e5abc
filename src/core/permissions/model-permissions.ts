/**
 * The permissions that Django makes for a model, with a content type. Every text is the one that Django writes.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#default-permissions
 */
import * as Result from "effect/Result"

/** Describes a model. The options are those of a Django model's `Meta`. */
export interface ModelDescription {
  /** The label of the model's app, such as `blog`. */
  readonly app: string
  /** The name of the model's class, such as `BlogPost`. Stored in lower case. */
  readonly model: string
  /** Meta.verbose_name, for the names of the permissions. Default: the words of `model`, such as `blog post`. */
  readonly verboseName?: string
  /** Meta.default_permissions. Default: `add`, `change`, `delete` and `view`. */
  readonly defaultPermissions?: ReadonlyArray<string>
  /**
   * Meta.permissions: the names of further permissions by codename, such as `{ publish_post: "Can publish posts" }`.
   */
  readonly permissions?: Readonly<Record<string, string>>
}

/** A content type and its permissions, as they are stored. */
export interface ModelPermissions {
  /** `django_content_type.app_label`. */
  readonly appLabel: string
  /** `django_content_type.model`. */
  readonly model: string
  /** The rows of `auth_permission`, in Django's order. */
  readonly permissions: ReadonlyArray<{
    /** The part of the permission after the dot. */
    readonly codename: string
    /** Such as `Can add blog post`. */
    readonly name: string
  }>
}

/**
 * The rows that Django's `create_permissions` makes for a model.
 *
 * @returns or the problems: one text for each field that cannot be stored
 */
export const modelPermissions = ({
  app,
  defaultPermissions = ["add", "change", "delete", "view"],
  model,
  permissions = {},
  verboseName = wordsOf(model)
}: ModelDescription): Result.Result<ModelPermissions, ReadonlyArray<string>> => {
  const modelName = model.toLowerCase()
  const rows = [
    ...defaultPermissions.map((action) => ({
      codename: `${action}_${modelName}`,
      name: `Can ${action} ${verboseName}`
    })),
    ...Object.entries(permissions).map(([codename, name]) => ({ codename, name }))
  ]
  const problems = [
    ...(isIdentifier(app, 100) ? [] : ["app: must be the label of an app, as in blog"]),
    ...(isIdentifier(model, 100) ? [] : ["model: must be the name of a class, as in BlogPost"]),
    ...rows.flatMap(({ codename, name }, i) => [
      ...(isText(codename, 100) && !codename.includes(".")
        ? []
        : [`${JSON.stringify(codename)}: a codename has 1 to 100 characters, without a dot`]),
      ...(isText(name, 255) ? [] : [`${JSON.stringify(codename)}: the name must have 1 to 255 characters`]),
      ...(rows.findIndex((row) => row.codename === codename) === i ? [] : [`${codename}: there are two with this name`])
    ])
  ]
  return problems.length > 0
    ? Result.fail(problems)
    : Result.succeed({ appLabel: app, model: modelName, permissions: rows })
}

const isIdentifier = (text: string, longest: number): boolean =>
  isText(text, longest) && /^[\p{L}_][\p{L}\p{N}_]*$/u.test(text)

const isText = (text: string, longest: number): boolean =>
  text !== "" && [...text.slice(0, 2 * longest + 1)].length <= longest && text.isWellFormed() && !text.includes("\0")

/** `BlogPost` as `blog post`. @see Django: django.utils.text.camel_case_to_spaces */
const wordsOf = (name: string): string =>
  name
    .replace(/(?<=[a-z])[A-Z]|[A-Z](?![A-Z]|$)/g, " $&")
    .trim()
    .toLowerCase()
