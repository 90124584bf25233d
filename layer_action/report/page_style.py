"""What the HTML report looks like, and the few lines by which its maps speak."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --page: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --soft: #f6f8fa;
  --same: #d8dee6; --changed: #9cc7f5; --added: #9fd8a8; --removed: #f2b0a7; --rest: #e9edf1; --tile-ink: #1f2328;
  --error: #cf222e; --warning: #9a6700; --notice: #0969da; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --line: #3d444d; --soft: #151b23;
    --same: #39424e; --changed: #1f5ea8; --added: #27703a; --removed: #9a3a30; --rest: #262d36; --tile-ink: #f0f6fc;
    --error: #f85149; --warning: #d29922; --notice: #4493f8; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 4px; }
h3 { font-size: 15px; margin: 20px 0 4px; }
p { margin: 6px 0; overflow-wrap: anywhere; } .quiet { color: var(--quiet); }
.wide { overflow-x: auto; margin: 12px 0; }
@media (max-width: 700px) { .wide table { min-width: 640px; } }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 4px 10px; text-align: left; vertical-align: top; }
th { background: var(--soft); font-weight: 600; } .number { text-align: right; white-space: nowrap; }
ul { margin: 4px 0; padding-left: 22px; } summary { cursor: pointer; margin-top: 10px; }
a { color: var(--notice); }
code { background: var(--soft); border-radius: 4px; padding: 1px 4px; font-size: 90%; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; overflow-x: auto; }
.problem { border-left: 4px solid var(--line); padding: 2px 14px; margin: 14px 0; }
.problem.error { border-color: var(--error); } .problem.warning { border-color: var(--warning); }
.problem.notice { border-color: var(--notice); }
.maps { display: flex; flex-wrap: wrap; gap: 20px; margin-top: 12px; }
figure { flex: 1 1 420px; max-width: 560px; margin: 0; } figcaption { color: var(--quiet); margin-bottom: 4px; }
.map { display: block; height: auto; }
.tile rect { fill: var(--same); } .tile.changed rect { fill: var(--changed); } .tile.added rect { fill: var(--added); }
.tile.removed rect { fill: var(--removed); } .tile.rest rect { fill: var(--rest); }
.tile text { fill: var(--tile-ink); font-size: 12.5px; pointer-events: none; }
.tile .size { font-size: 11.5px; opacity: .8; }
.file rect { stroke: var(--page); stroke-opacity: .75; } .file text { font-size: 10.5px; }
.file.rest rect { fill: var(--page); fill-opacity: .4; }
.tile:hover > rect, .tile:focus > rect { stroke: var(--ink); stroke-width: 2; } .tile:focus { outline: none; }
.file:hover rect { stroke: var(--ink); stroke-opacity: 1; stroke-width: 1.5; }
.told { min-height: 1.6em; color: var(--quiet); }
.key { margin-right: 16px; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: 12px; height: 12px;
  border-radius: 2px; margin-right: 6px; vertical-align: -1px; background: var(--same); }
.key.changed::before { background: var(--changed); } .key.added::before { background: var(--added); }
.key.removed::before { background: var(--removed); }
"""

# Without it the maps still tell by their <title>; with it they tell at once, and by keyboard.
SCRIPT: Final = """
for (const section of document.querySelectorAll("section")) {
  const told = section.querySelector(".told");
  if (!told) continue;
  const legend = [...told.childNodes];
  const hush = () => told.replaceChildren(...legend);
  for (const map of section.querySelectorAll(".map")) {
    map.addEventListener("mouseover", ({ target }) => {
      const pointed = target.closest(".file, .tile");
      if (pointed) told.replaceChildren(pointed.querySelector("title").textContent);
    });
    map.addEventListener("mouseleave", hush);
    map.addEventListener("focusin", ({ target }) => told.replaceChildren(target.getAttribute("aria-label")));
    map.addEventListener("focusout", hush);
  }
}
"""
