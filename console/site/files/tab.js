// The page with the whole console in it: the program runs in a worker, its stream is the page's
// source, and what a terminal would show stands in a pane of its own.
import { $, el, set } from './dom.js';
import { start } from './page.js';

const KEPT = 'raftlab-kept-', MOST = 4000; // lines of the pane
const pane = $('terminal');
let styles = [], worker = null, lastID = 0, tail = null;
const waiting = new Map();

// told puts a sentence of the page's own into the pane, above the prompt.
const told = (text) => { pane.insertBefore(el('div', 'told', text), tail?.className === 'prompt' ? tail : null); down(); };
const down = () => { pane.scrollTop = pane.scrollHeight; };

// spans are a text with the marks of styles, ESC [ 100+style m up to a reset.
function spans(text) {
  const out = [];
  let style = '';
  for (const part of text.split(/(\x1b\[[\d;]*m)/)) {
    const code = /^\x1b\[(\d+)/.exec(part);
    if (code) style = +code[1] >= 100 ? styles[+code[1] - 100] ?? '' : '';
    else if (part) out.push(style ? el('span', 's-' + style, part) : document.createTextNode(part));
  }
  return out;
}

// show adds what the program prints. The line that is being written (a prompt, progress) is the last.
function show({ text, kind }) {
  if (kind === 'clear') { pane.replaceChildren(); tail = null; return; }
  if (kind === 'typed') { (tail ?? line('')).append(el('span', 's-code', text)); tail = null; return down(); }
  if (kind === 'progress') {
    if (tail?.className === 'progress') tail.remove();
    tail = text ? line('progress') : null;
    tail?.append(text);
    return down();
  }
  if (tail?.className === 'progress') tail.remove();
  tail = null;
  if (kind === 'prompt') { tail = line('prompt'); tail.append(...spans(text)); return down(); }
  const block = line(kind);
  block.append(...spans(text.replace(/\n$/, '')));
  while (pane.childElementCount > MOST) pane.firstElementChild.remove();
  down();
}

function line(kind) {
  const e = el('div', kind);
  pane.append(e);
  return e;
}

// kept is what earlier visits have left, and whether anything can be kept.
function kept() {
  const all = {};
  try {
    localStorage.setItem(KEPT + 'try', '');
    localStorage.removeItem(KEPT + 'try');
    for (const key of Object.keys(localStorage)) if (key.startsWith(KEPT)) all[key.slice(KEPT.length)] = localStorage.getItem(key);
    return { keeps: true, kept: all };
  } catch { return { keeps: false, kept: {} }; }
}

// columns is how many letters a line of the pane holds.
function columns() {
  const probe = el('span', 'probe', 'm'.repeat(100)), wide = (pane.append(probe), probe.getBoundingClientRect().width / 100);
  probe.remove();
  return Math.max(40, Math.min(120, Math.floor((pane.clientWidth - 24) / (wide || 8))));
}

const ask = (what, ...args) => new Promise((resolve) => {
  waiting.set(++lastID, resolve);
  worker.postMessage({ id: lastID, ask: what, args });
});

// host is what the input line talks to.
const host = {
  run: async (text) => { await ask('run', text); return ''; },
  complete: (text, pos) => ask('complete', text, pos),
  hint: (text) => ask('hint', text),
  interrupt: () => worker.postMessage({ interrupt: true }),
};

// program is the program, compiled while it comes in and the worker starts. A host may have unpacked
// it on its way.
async function program() {
  const got = await fetch('raftlab.wasm.gz');
  if (!got.ok) throw new Error(`the host answers ${got.status}.`);
  const [ahead, whole] = got.body.tee(), look = ahead.getReader(), { value: head } = await look.read();
  look.cancel();
  const packed = head?.[0] === 0x1f && head[1] === 0x8b;
  return WebAssembly.compileStreaming(new Response(packed ? whole.pipeThrough(new DecompressionStream('gzip')) : whole, { headers: { 'Content-Type': 'application/wasm' } }));
}

function begin() {
  if (typeof WebAssembly !== 'object' || typeof DecompressionStream !== 'function') {
    return told('This browser cannot run the program: it has no WebAssembly, or is older than 2023.');
  }
  let onItem = null;
  const early = [];
  worker = new Worker('worker.js');
  worker.onerror = (e) => told('The program does not run: ' + (e.message || 'worker.js could not be loaded') + '.');
  worker.onmessage = ({ data }) => {
    if (data.item) { const item = JSON.parse(data.item); onItem ? onItem(item) : early.push(item); }
    else if (data.kind) show(data);
    else if (data.styles) styles = data.styles;
    else if (data.save) { try { localStorage.setItem(KEPT + data.save, data.text); } catch { told('Your progress could not be kept: the browser’s storage is full.'); } }
    else if (data.failed) told(data.failed);
    else if (data.ready) ready();
    else if (data.id) { waiting.get(data.id)?.(data.answer); waiting.delete(data.id); }
  };
  const store = kept(), coming = program();
  told('Loading the program…');
  start({ source: (to) => { onItem = to; early.splice(0).forEach(to); }, line: host });
  if (!store.keeps) told('This browser keeps nothing for your next visit: its storage is off. Everything else works.');
  coming.then((module) => worker.postMessage({ start: store, module, columns: columns(), address: location.href.split('#')[0] }), (e) => told('The program could not be loaded: ' + e.message));
  addEventListener('resize', () => worker.postMessage({ columns: columns() }));
  addEventListener('hashchange', openLink);
}

function ready() {
  set(document.body, { 'data-ready': '' });
  openLink();
}

// openLink opens what stands behind the address.
function openLink() {
  const text = location.hash.slice(1);
  if (/^[0-9A-Za-z]+$/.test(text)) host.run('open ' + text);
  else if (text) told('What stands behind # in the address is not a text that share has printed. Copy it whole.');
}

pane.addEventListener('keydown', (e) => { if (e.key === 'c' && e.ctrlKey && !String(getSelection())) host.interrupt(); });
begin();
