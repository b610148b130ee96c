// The program in a worker, so that the page stays alive while it computes. What comes in:
// { start, module, columns, address }, { id, ask, args }, { interrupt }, { columns }; what goes out: { text, kind },
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

async function begin({ start, module, columns, address }) {
  const go = new Go();
  go.run(await WebAssembly.instantiate(module, go.importObject)).then(() => send({ failed: 'The program has ended.' }));
  const kept = new Map(Object.entries(start.kept)), lab = globalThis.raftlab;
  const store = {
    load: (name) => kept.get(name) ?? null,
    save(name, text) {
      kept.set(name, text);
      if (start.keeps) send({ save: name, text });
      return null;
    },
  };
  send({ styles: [...lab.styles] });
  const wrong = lab.start((item) => send({ item }), (text, kind) => send({ text, kind }), store, columns, address);
  if (wrong) throw new Error(wrong);
  send({ ready: true });
}
