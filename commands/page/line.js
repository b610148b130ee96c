// The input line: history, completion and a dimmed hint. It talks to
// { run(text), complete(line, pos), hint(line), interrupt()?, history()? }; all may be promises.
import { $, el, set } from './dom.js';

const KEPT = 500, WAIT = 120; // lines of history; milliseconds before a hint is asked for

export function setUpLine(host) {
  const box = $('line'), input = box.querySelector('input');
  box.hidden = false;
  document.body.classList.add('presents');
  const it = { host, input, ghost: box.querySelector('.ghost'), list: $('candidates'), note: $('linenote'), own: [], history: host.history ? [] : loadHistory(), back: 0, draft: '', timer: 0, asked: 0 };
  if (host.history) Promise.resolve(host.history()).then((lines) => { it.history = [...lines, ...it.own]; });
  input.onkeydown = (e) => onKey(it, e);
  input.oninput = () => changed(it);
  input.onpaste = (e) => pasted(it, e);
  input.focus();
  return it;
}

function loadHistory() {
  try { return JSON.parse(localStorage.getItem('raftlab-lines') ?? '[]').filter((x) => typeof x === 'string'); } catch { return []; }
}

function saveHistory(lines) {
  try { localStorage.setItem('raftlab-lines', JSON.stringify(lines.slice(-KEPT))); } catch { /* storage is off: it lasts as long as the page */ }
}

const LINE_KEYS = { Enter: submit, Tab: complete, ArrowUp: (it) => recall(it, 1), ArrowDown: (it) => recall(it, -1), Escape: leave };

function onKey(it, e) {
  const { input, host } = it, nothingChosen = input.selectionStart === input.selectionEnd;
  let act = e.ctrlKey || e.altKey || e.metaKey || e.isComposing ? null : LINE_KEYS[e.key];
  if (e.key === 'c' && e.ctrlKey && host.interrupt && nothingChosen) act = () => host.interrupt();
  if (!act) return;
  e.preventDefault();
  act(it);
}

function write(it, text, pos = text.length) {
  it.input.value = text;
  it.input.setSelectionRange(pos, pos);
  changed(it);
}

// changed hides what no longer fits, and asks for a hint once the typing pauses.
function changed(it) {
  candidates(it, []);
  set(it.note, {}, '');
  ghost(it, '');
  clearTimeout(it.timer);
  const line = it.input.value, asked = ++it.asked;
  if (!line.trim()) return;
  it.timer = setTimeout(async () => {
    const h = await it.host.hint(line);
    if (asked === it.asked && line === it.input.value) ghost(it, typeof h === 'string' ? h : h?.hint ?? '');
  }, WAIT);
}

// ghost shows the hint behind what is typed, in the same letters.
function ghost(it, hint) {
  it.ghost.replaceChildren(el('span', 'typed', it.input.value), el('span', 'hint', hint));
  it.ghost.scrollLeft = it.input.scrollLeft;
}

async function submit(it) {
  const text = it.input.value;
  write(it, '');
  it.back = 0;
  await runLine(it, text);
}

async function runLine(it, text) {
  if (text.trim() && it.history.at(-1) !== text) {
    it.history.push(text);
    it.own.push(text);
    if (!it.host.history) saveHistory(it.history);
  }
  const refused = await it.host.run(text);
  if (typeof refused === 'string') set(it.note, {}, refused);
}

// pasted runs the lines of a text one after the other; its last piece stays to be edited.
async function pasted(it, e) {
  const text = e.clipboardData?.getData('text') ?? '';
  if (!/[\r\n]/.test(text)) return;
  e.preventDefault();
  const lines = (it.input.value.slice(0, it.input.selectionStart) + text).split(/\r\n|\r|\n/), rest = lines.pop();
  write(it, rest);
  for (const line of lines) if (line.trim()) await runLine(it, line);
}

function recall(it, by) {
  const back = Math.max(0, Math.min(it.history.length, it.back + by));
  if (back === it.back) return;
  if (!it.back) it.draft = it.input.value;
  it.back = back;
  write(it, back ? it.history[it.history.length - back] : it.draft);
}

function leave(it) {
  if (it.list.hidden) it.input.blur();
  candidates(it, []);
}

// complete writes what all candidates have in common, and lists them if that is no more than what stood there.
async function complete(it) {
  const line = it.input.value, pos = it.input.selectionStart, asked = it.asked;
  const { from = pos, candidates: found = [] } = await it.host.complete(line, pos) ?? {};
  if (asked !== it.asked || line !== it.input.value || !found.length) return;
  const texts = found.map((c) => (typeof c === 'string' ? c : c.text ?? c.insert ?? '')), shared = texts.reduce(common), only = texts.length === 1;
  const put = shared + (only && !/[\s=:.(]$/.test(shared) ? ' ' : '');
  if (put.length > pos - from || only) write(it, line.slice(0, from) + put + line.slice(pos), from + put.length);
  if (!only) candidates(it, found);
}

function common(a, b) {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return a.slice(0, i);
}

function candidates(it, found) {
  it.list.hidden = !found.length;
  it.list.replaceChildren(...found.slice(0, 24).map((c) => {
    const li = el('li', '', typeof c === 'string' ? c : c.text);
    if (c.note) li.append(el('span', '', c.note));
    return li;
  }));
}
