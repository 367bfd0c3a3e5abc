/** The style sheet of all pages, for light and dark mode. */
export const style = `:root {
  color-scheme: light dark;
  --text: #1d2329;
  --muted: #56606b;
  --page: #f6f7f9;
  --card: #ffffff;
  --line: #d3d9df;
  --border: #7b8794;
  --accent: #0b5cad;
  --on-accent: #ffffff;
  --problem: #b3261e;
  --problem-card: #fdf1f0;
  --good: #1b6e3c;
  --good-card: #eef8f1;
}

@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e9ec;
    --muted: #a3adb8;
    --page: #14181c;
    --card: #1d2329;
    --line: #363f48;
    --border: #7b8794;
    --accent: #7db8f0;
    --on-accent: #10202f;
    --problem: #ff9d94;
    --problem-card: #2f1d1c;
    --good: #86d6a2;
    --good-card: #18291e;
  }
}

* {
  box-sizing: border-box;
}

body {
  margin: 0 auto;
  max-width: 44rem;
  padding: 0 1.25rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere;
}

:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}

a {
  color: var(--accent);
}

.skip {
  position: absolute;
  left: -100rem;
}

.skip:focus {
  left: 1rem;
  top: 0.5rem;
  padding: 0.5rem 0.75rem;
  background: var(--card);
  border-radius: 0.375rem;
}

header {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.25rem 1.5rem;
  padding: 1rem 0;
}

.brand {
  color: inherit;
  font-size: 1.125rem;
  font-weight: 700;
  text-decoration: none;
}

nav ul {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.25rem 1.25rem;
  margin: 0;
  padding: 0;
  list-style: none;
}

nav a {
  display: inline-block;
  padding: 0.375rem 0;
}

nav a[aria-current] {
  color: inherit;
  font-weight: 600;
}

main {
  padding: 2rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 0.75rem;
}

main:focus {
  outline: none;
}

h1 {
  margin: 0 0 1rem;
  font-size: 1.75rem;
  line-height: 1.2;
}

h2 {
  margin: 1.75rem 0 0.5rem;
  font-size: 1.125rem;
}

main ul {
  margin: 0.5rem 0;
  padding-left: 1.25rem;
}

main > :last-child {
  margin-bottom: 0;
}

footer {
  padding: 0.25rem 0 1rem;
  color: var(--muted);
  font-size: 0.875rem;
}

form {
  margin: 0;
}

main form {
  margin-top: 1.5rem;
  max-width: 24rem;
}

.field {
  margin-bottom: 1.25rem;
}

label {
  display: block;
  margin-bottom: 0.25rem;
  font-weight: 600;
}

.hint {
  color: var(--muted);
  font-size: 0.9375rem;
}

.hint ul {
  margin: 0 0 0.375rem;
}

.field .problems {
  margin: 0 0 0.375rem;
  padding: 0;
  list-style: none;
  color: var(--problem);
  font-weight: 600;
}

input {
  display: block;
  width: 100%;
  min-height: 2.75rem;
  padding: 0.5rem 0.75rem;
  font: inherit;
  color: inherit;
  background: var(--page);
  border: 1px solid var(--border);
  border-radius: 0.375rem;
}

input[hidden] {
  display: none;
}

input[aria-invalid] {
  border: 2px solid var(--problem);
}

button {
  min-height: 2.75rem;
  padding: 0.5rem 1.25rem;
  font: inherit;
  font-weight: 600;
  color: var(--on-accent);
  background: var(--accent);
  border: 1px solid transparent;
  border-radius: 0.375rem;
  cursor: pointer;
}

button:hover {
  filter: brightness(1.1);
}

button.quiet {
  min-height: 0;
  padding: 0.25rem 0.75rem;
  font-weight: 400;
  color: inherit;
  background: transparent;
  border-color: var(--border);
}

.summary,
.notice {
  margin: 0 0 1.5rem;
  padding: 0.75rem 1rem;
  border-left: 4px solid var(--good);
  border-radius: 0.375rem;
  background: var(--good-card);
}

.summary {
  border-color: var(--problem);
  background: var(--problem-card);
}

.summary h2 {
  margin: 0;
  color: var(--problem);
}

dl {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 0.5rem 1.5rem;
  margin: 0 0 1.5rem;
}

dt {
  color: var(--muted);
}

dd {
  margin: 0;
}

@media (max-width: 30rem) {
  body {
    padding: 0 0.75rem;
  }

  main {
    padding: 1.25rem;
  }

  dl {
    grid-template-columns: 1fr;
    gap: 0;
  }

  dd {
    margin-bottom: 0.75rem;
  }
}
`
