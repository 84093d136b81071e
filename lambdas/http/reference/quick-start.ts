import { block } from "./html.ts";
import { ROOT } from "./root.ts";

const CURL = `export API_KEY=…   # the operator of the service makes keys

curl -sS ${ROOT}/generations \\
  -H "Authorization: Bearer $API_KEY" \\
  -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: fox-1' \\
  -d '{"prompt": "a red fox in fresh snow", "size": "1328*1328"}'`;

const TYPESCRIPT = `// Node.js, Deno, Bun or a Worker. The key is in API_KEY.
const headers = { Authorization: \`Bearer \${process.env.API_KEY}\` };

let answer = await fetch("${ROOT}/generations", {
  method: "POST",
  headers: { ...headers, "Content-Type": "application/json", "Idempotency-Key": "fox-1" },
  body: JSON.stringify({ prompt: "a red fox in fresh snow", size: "1328*1328" }),
});
let generation = await answer.json();
while (generation.status === "queued" || generation.status === "running") {
  answer = await fetch(generation.urls.self, { headers: { ...headers, Prefer: "wait=25" } });
  generation = await answer.json();
}
console.log(generation.image?.url ?? generation.detail ?? generation.error);`;

const PYTHON = `# Nothing to install. The key is in API_KEY.
import json, os, urllib.error, urllib.request

headers = {"Authorization": "Bearer " + os.environ["API_KEY"]}

def ask(url, body=None, **more):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {**headers, **more})
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise SystemExit(json.load(refusal)["detail"])

wish = {"prompt": "a red fox in fresh snow", "size": "1328*1328"}
intent = {"Content-Type": "application/json", "Idempotency-Key": "fox-1"}
generation = ask("${ROOT}/generations", wish, **intent)
while generation["status"] in ("queued", "running"):
    generation = ask(generation["urls"]["self"], Prefer="wait=25")
print(generation["image"]["url"] if generation["image"] else generation["error"])`;

const SAMPLES = [
  { id: "curl", title: "curl", code: CURL },
  { id: "typescript", title: "TypeScript", code: TYPESCRIPT },
  { id: "python", title: "Python", code: PYTHON },
];

/** The shortest way to a picture, three times. Without a script, all three are shown. */
export function quickStart(): string {
  const tabs = SAMPLES.map(
    ({ id, title }) =>
      `<button type="button" role="tab" id="tab-${id}" aria-controls="sample-${id}" aria-selected="false">${title}</button>`,
  );
  const panels = SAMPLES.map(
    ({ id, title, code }) =>
      `<div role="tabpanel" id="sample-${id}" aria-labelledby="tab-${id}">${block(code, `Quick start in ${title}`)}<button type="button" class="copy">Copy</button></div>`,
  );
  return `<section id="quick-start" aria-labelledby="quick-start-title">
<h2 id="quick-start-title">Quick start</h2>
<p>Ask for a picture. 201 means that it is finished: <code>image.url</code> shows it. 202 means not yet: read <code>urls.self</code> until it has ended, with <code>Prefer: wait=25</code>.</p>
<div class="tabs"><div role="tablist" aria-label="Language">${tabs.join("")}</div>${panels.join("")}</div>
<p>The <code>Idempotency-Key</code> names what you want once. Send it again as often as you like, after a time-out or a crash: it is the same picture, charged once. Another picture wants another key.</p>
<p>OpenAI’s SDKs work too: set their base URL to <code>${ROOT}</code>. Rather click than type? <a href="console">Open the console</a>.</p>
</section>`;
}
