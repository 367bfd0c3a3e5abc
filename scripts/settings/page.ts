/** Makes docs/settings.md from the table of settings. */
import { type Setting, settings } from "./settings-table.ts"

const django = ({ django: name }: Setting): string =>
  name === undefined ? "–" : `[\`${name}\`](https://docs.djangoproject.com/en/stable/ref/settings/#std-setting-${name})`

const standard = ({ note, standard: value }: Setting): string =>
  [
    ...(value === undefined ? [] : [`\`${JSON.stringify(value).replaceAll(",", ", ")}\``]),
    ...(note ? [note] : [])
  ].join("; ")

export const settingsPage = (): string => `# Settings

These are the settings of \`createAuth\`. Most correspond to a setting of Django and have its default. If a Django site
uses the same database, give both the same values: [Beside a Django site](beside-django.md) says what happens if they
differ. An editor shows what each setting does. \`createAuth\` refuses names that do not exist and values that cannot
work, and names each of them.

The options of other kinds are not in this table: \`sessions\` ([Session stores](sessions.md#session-stores)),
\`backends\` ([Your own backend](your-own-backend.md)), \`sessionData\` ([What a session holds](sessions.md)), and
\`hashers\` and \`passwordValidators\` ([Passwords](passwords.md)).

| setting | Django's setting | default |
| --- | --- | --- |
${Object.entries(settings)
  .map(([name, row]) => `| \`${name}\` | ${django(row)} | ${standard(row)} |`)
  .join("\n")}
`
