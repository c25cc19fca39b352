// Writes what the pages use of Tabler's style sheet: node styles.mjs SOURCE TARGET
// A word counts as used when it stands anywhere in a template, a script or the Python code.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const [, , source, target] = process.argv;
const words = (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [];
const own = "static/css/";
const ours = readdirSync(own).map((name) => readFileSync(own + name, "utf8")).join("");
const [reduced] = await new PurgeCSS().purge({
  content: ["templates/**/*.html", "static/js/*.js", "webui/**/*.py"],
  css: [source],
  safelist: { standard: [], deep: [], greedy: [], keyframes: [], variables: ours.match(/--[\w-]+/g) },
  variables: true,
  keyframes: true,
  fontFace: true,
  extractors: [{ extensions: ["html", "js", "py"], extractor: words }],
});
writeFileSync(target, reduced.css);
