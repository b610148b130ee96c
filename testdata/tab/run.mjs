// Runs scripts in the program of a tab: node run.mjs SITE SCRIPTS, where SCRIPTS is a JSON
// file of { name: text }. Prints { name: { out, err, ok, ms, cpu } } as JSON: milliseconds that passed, and
// of user CPU time, with what V8 compiles meanwhile.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createRequire } from 'node:module';

const [site, list] = process.argv.slice(2);
globalThis.fs = undefined; // the program of a tab sees no files
const print = process.stdout.write.bind(process.stdout);
createRequire(import.meta.url)(site + '/wasm_exec.js');
const module = await WebAssembly.compile(gunzipSync(readFileSync(site + '/raftlab.wasm.gz')));
const results = {};
for (const [name, text] of Object.entries(JSON.parse(readFileSync(list, 'utf8')))) {
  const go = new globalThis.Go(), seen = { out: '', err: '' }, began = performance.now(), cpu = process.cpuUsage();
  go.run(await WebAssembly.instantiate(module, go.importObject));
  const lab = globalThis.raftlab;
  lab.start(null, (s, kind) => { if (kind in seen) seen[kind] += s.replace(/\x1b\[[\d;]*m/g, ''); }, null, 80);
  await new Promise((f) => setTimeout(f)); // the banner
  seen.out = '';
  const ok = await lab.script(name, text);
  results[name] = { ...seen, ok, ms: Math.round(performance.now() - began), cpu: Math.round(process.cpuUsage(cpu).user / 1000) };
}
print(JSON.stringify(results), () => process.exit(0));
