/**
 * `npm run docs`: makes the API reference from the docstrings, as HTML in `.latchkey/reference`. A link in a docstring
 * that leads nowhere is an error.
 */
import { readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { Application, Converter, ReflectionKind } from "typedoc"

const root = join(import.meta.dirname, "..", "..")
const out = join(root, ".latchkey", "reference")
const { exports, name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** The name of each entry, by its source file: `dist/adapters/http/node.js` is made from `src/adapters/http/node.ts`. */
const entries = new Map(
  Object.entries(exports)
    .filter(([, door]) => typeof door.default === "string")
    .map(([entry, door]) => [
      join(root, door.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")),
      name + entry.slice(1)
    ])
)

const app = await Application.bootstrapWithPlugins({
  name: `${name} ${version}`,
  entryPoints: [...entries.keys()],
  tsconfig: join(import.meta.dirname, "tsconfig.json"),
  out,
  readme: "none",
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  disableGit: true,
  validation: { invalidLink: true, notExported: true },
  // Short names for types that the reference shows in full at every use.
  intentionallyNotExported: [
    '"react".ReactElement',
    '"react".ReactNode',
    "Request",
    "Response",
    "WithCallback",
    "WithServer",
    "authFailures",
    "english"
  ],
  // Other warnings are about the Promise form of operations: it has the docstrings of the Effect form, but TypeDoc does
  // not see the names of its parameters.
  treatValidationWarningsAsErrors: true
})

app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
  if (!reflection.kindOf(ReflectionKind.Module)) return
  const file = context.getSymbolFromReflection(reflection)?.getDeclarations()?.[0]?.getSourceFile().fileName
  reflection.name = entries.get(file ?? "") ?? reflection.name
})

const project = await app.convert()
if (project === undefined) process.exit(1)
app.validate(project)
await app.generateOutputs(project)
if (app.logger.hasErrors() || app.logger.validationWarningCount > 0) process.exit(1)
console.log(`The reference is in ${relative(root, out)}/index.html`)
