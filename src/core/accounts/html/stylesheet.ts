/**
 * The style sheet of the account pages. It has its own path, so that it loads under a Content-Security-Policy of
 * `default-src 'self'`. Colours are variables, for the application's own rules to replace. All texts have a contrast of
 * at least 7 to their background, in light and in dark.
 */
export const stylesheet = `:root {
  color-scheme: light dark;
  --background: #ffffff;
  --text: #1b1b1f;
  --quiet: #4a4a52;
  --border: #70707a;
  --accent: #0b4a9e;
  --on-accent: #ffffff;
  --problem: #9b1111;
  --problem-background: #fdf0f0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #17171b;
    --text: #ececf1;
    --quiet: #c3c3cd;
    --border: #8d8d99;
    --accent: #9cc4ff;
    --on-accent: #10131a;
    --problem: #ffb3b3;
    --problem-background: #311a1d;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 30rem;
  padding: 1.5rem 1rem 3rem;
  background: var(--background);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere;
}
header p { margin: 0; color: var(--quiet); }
header a { color: inherit; }
h1 { margin: 0.25rem 0 1rem; font-size: 1.6rem; line-height: 1.2; }
h2 { margin: 0; font-size: 1rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
label { display: block; font-weight: 600; }
input:not([type="checkbox"]) {
  display: block;
  width: 100%;
  min-height: 2.75rem;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--border);
  border-radius: 0.25rem;
  background: var(--background);
  color: inherit;
  font: inherit;
}
input[aria-invalid="true"] { border: 2px solid var(--problem); }
.field { margin: 0 0 1.25rem; }
.rules { margin: 0 0 0.5rem; padding-inline-start: 1.25rem; color: var(--quiet); }
.checkbox { display: flex; gap: 0.5rem; align-items: center; min-height: 2.75rem; }
.checkbox input { width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--accent); }
button {
  min-height: 2.75rem;
  padding: 0.5rem 1.25rem;
  border: 1px solid var(--accent);
  border-radius: 0.25rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
button.secondary { background: var(--background); color: var(--accent); }
.problem { margin: 0 0 0.25rem; color: var(--problem); font-weight: 600; }
.problems {
  margin: 0 0 1.5rem;
  padding: 1rem;
  border: 2px solid var(--problem);
  border-radius: 0.25rem;
  background: var(--problem-background);
  color: var(--problem);
}
.problems ul { margin: 0.5rem 0 0; padding: 0 0 0 1.25rem; }
.problems a { color: inherit; }
nav { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--border); }
nav ul, .sessions { margin: 0 0 1rem; padding: 0; list-style: none; }
nav li { padding: 0.25rem 0; }
.sessions li { padding: 1rem 0; border-top: 1px solid var(--border); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 0.75rem; margin: 0.25rem 0 0.75rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
@media (forced-colors: active) {
  .problems, button { border-color: CanvasText; }
}
`
