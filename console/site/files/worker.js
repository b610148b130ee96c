// The program in a worker, so that the page stays alive while it computes. What comes in:
// { start, columns }, { id, ask, args }, { interrupt }, { columns }; what goes out: { text, kind },
// { item }, { save }, { id, answer }, { ready } and { failed }.
'use strict';
importScripts('wasm_exec.js');

const send = (message) => postMessage(message);

onmessage = async ({ data }) => {
  const lab = globalThis.raftlab;
  if (data.start) return begin(data).catch((e) => send({ failed: String(e?.message ?? e) }));
  if (!lab) return;
  if (data.interrupt) return lab.interrupt();
  if (data.columns) return lab.columns(data.columns);
  if (data.ask) send({ id: data.id, answer: await lab[data.ask](...data.args) });
};

async function begin({ start, columns }) {
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(await program(), go.importObject);
  go.run(instance).then(() => send({ failed: 'The program has ended.' }));
  const kept = new Map(Object.entries(start.kept)), lab = globalThis.raftlab;
  const store = {
    load: (name) => kept.get(name) ?? null,
    save(name, text) {
      if (!start.keeps) return 'this browser keeps nothing (its storage is off)';
      kept.set(name, text);
      send({ save: name, text });
      return null;
    },
  };
  send({ styles: [...lab.styles] });
  const wrong = lab.start((item) => send({ item }), (text, kind) => send({ text, kind }), store, columns);
  if (wrong) throw new Error(wrong);
  send({ ready: true });
}

// program is the bytes of the program. A host may have unpacked them on their way.
async function program() {
  const got = await fetch('raftlab.wasm.gz');
  if (!got.ok) throw new Error(`The program could not be loaded (${got.status}).`);
  const bytes = await got.arrayBuffer(), head = new Uint8Array(bytes, 0, 2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return bytes;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
