"""How the HTML document looks: light or dark as the reader's system is, from a telephone to a wide screen."""

CSS = """
:root { color-scheme: light dark; --ink: #1d2129; --soft: #5d6675; --page: #fbfbf9; --panel: #f0f0ec; --line: #d9d9d2;
  --you: #8a4b08; --assistant: #0b5a75; --bad: #a61b1b; --mark: #fff3d6; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe3ea; --soft: #98a2b3; --page: #14171c; --panel: #1d2229;
  --line: #333a45; --you: #f0b35f; --assistant: #6fc6e4; --bad: #ff8f85; --mark: #33291a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.25rem; margin: 0 0 .75rem; } h2 { font-size: .95rem; margin: 0 0 .4rem; }
small, .soft { color: var(--soft); font-weight: normal; font-size: .82rem; }
a { color: inherit; text-decoration: none; } a:hover, a:focus { text-decoration: underline; }
header, main { padding: 1rem 1.1rem; max-width: 54rem; margin: 0 auto; }
header { padding-bottom: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: 0; font-size: .88rem; }
dt { color: var(--soft); } dd { margin: 0; }
nav { padding: .6rem 1.1rem; max-width: 54rem; margin: 0 auto; font-size: .85rem; }
nav ol { margin: .4rem 0; padding-left: 2.2rem; } nav li { padding: .1rem 0; }
section { border-top: 1px solid var(--line); padding: .9rem 0; content-visibility: auto;
  contain-intrinsic-size: auto 14rem; }
section.you h2 { color: var(--you); } section.assistant h2 { color: var(--assistant); }
section.you { background: var(--panel); border-radius: .5rem; padding: .9rem 1rem; border-top: 0; margin: .6rem 0; }
section.off { opacity: .8; border-left: 3px dashed var(--line); padding-left: .8rem; }
p { margin: 0 0 .6rem; white-space: pre-wrap; unicode-bidi: plaintext; } p.h { font-weight: 600; margin-top: .8rem; }
pre { margin: .4rem 0; padding: .6rem .8rem; background: var(--panel); border: 1px solid var(--line);
  border-radius: .4rem; font: .82rem/1.45 ui-monospace, monospace; white-space: pre-wrap; max-height: 34rem;
  overflow: auto; unicode-bidi: plaintext; tab-size: 4; }
.you pre { background: var(--page); }
code { font: .88em ui-monospace, monospace; background: var(--panel); padding: .05em .25em; border-radius: .25em; }
pre code { background: none; padding: 0; }
details { margin: .35rem 0; } summary { cursor: pointer; font-size: .9rem; }
.thinking { color: var(--soft); font-style: italic; }
.error > summary, .error .result { color: var(--bad); }
.finding { background: var(--mark); border-left: 3px solid var(--bad); padding: .35rem .7rem; font-size: .88rem;
  white-space: normal; }
img { max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: .4rem; }
footer { padding: 0 1.1rem 2rem; text-align: center; }
@media (min-width: 76rem) {
  body { display: grid; grid-template-columns: 20rem minmax(0, 1fr); grid-template-rows: auto 1fr auto; }
  nav { grid-row: 1 / 4; position: sticky; top: 0; height: 100vh; overflow: auto; border-right: 1px solid var(--line);
    max-width: none; margin: 0; }
  header, main, footer { grid-column: 2; width: 100%; }
}
@media print { nav { display: none; } pre { max-height: none; } }
"""
