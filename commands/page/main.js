// Which stream the page shows: the one that is stored in the file, or the console's.
import { $, el, set } from './dom.js';
import { start } from './page.js';
import { sse, stored, answerTo, presenter } from './source.js';

const held = $('stream');
if (held) showStored(JSON.parse(held.textContent));
else {
  const token = new URLSearchParams(location.hash.slice(1)).get('present') || new URLSearchParams(location.search).get('present');
  start({ source: sse('events'), answer: answerTo('answer'), line: token ? presenter(token) : null });
}

// showStored shows a stream from a file: { lean, ways: [{ name, stream }] }, or the items alone.
function showStored(file) {
  const ways = file.ways ?? [{ name: '', stream: file.stream ?? file }], asked = /^#way-(\d+)/.exec(location.hash), way = ways[asked ? Math.min(ways.length, +asked[1]) - 1 : 0] ?? ways[0];
  if (ways.length > 1) setUpWays(ways, way);
  const player = start({ source: stored(way.stream, file.lean), past: true }), event = /event-(\d+)$/.exec(location.hash);
  queueMicrotask(() => {
    const at = event ? player.frames.findIndex((f) => f.state.position >= +event[1]) : 0;
    player.go(at < 0 ? player.frames.length - 1 : at);
  });
}

// setUpWays offers the branches of the file; each is shown from its beginning.
function setUpWays(ways, shown) {
  const nav = $('ways');
  nav.hidden = false;
  ways.forEach((w, i) => {
    const b = el('button', '', w.name);
    b.type = 'button';
    set(b, { 'aria-pressed': w === shown });
    b.onclick = () => { location.hash = 'way-' + (i + 1); location.reload(); };
    nav.append(b);
  });
}
