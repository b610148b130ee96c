// The page: it puts the parts together over a source of the stream.
import { $, el, set, unit, phone } from './dom.js';
import { Timeline } from './fold.js';
import { setUpRing, resized } from './ring.js';
import { printedOf } from './words.js';
import { setUpCard } from './card.js';
import { Player } from './time.js';
import { setUpLine } from './line.js';

// start shows a stream. source: see source.js. answer(name, text) sends the class's answer,
// line is the host of an input line; past: the stream is a stored one, shown from its
// beginning. It returns the player, for tests.
export function start({ source, answer = null, line = null, past = false }) {
  const timeline = new Timeline(), player = new Player(timeline, past);
  setUpRing();
  setUpCard(answer);
  setUpTheme();
  setUpKeys(player);
  if (past) document.body.classList.add('past');
  if (line) setUpLine(line);
  addEventListener('resize', () => measure(player));
  new ResizeObserver(() => measure(player)).observe($('ring'));
  let dropped = 0, due = false;
  const show = () => {
    due = false;
    if (!timeline.frames.length) return;
    measure(player);
    player.added(dropped);
    dropped = 0;
  };
  // What arrives together is shown together; a tab that nobody sees is not drawn, but kept up to date.
  const onItem = (item) => {
    dropped += timeline.add(item);
    if (due) return;
    due = true;
    queueMicrotask(show);
  };
  source(onItem, (away) => {
    if (player.away === away) return;
    player.away = away;
    player.words();
    if (!timeline.frames.length) set($('typed'), {}, away ? 'No connection to the console; trying again…' : '');
  });
  return player;
}

let measured = '';

// measure makes one unit of the window's size, so that a larger wall shows the same picture larger.
function measure(player) {
  const u = phone() ? 1 : Math.max(.75, Math.min(innerWidth / 1280, innerHeight / 720));
  unit.rem = 16 * u;
  if (document.documentElement.style.fontSize !== unit.rem + 'px') document.documentElement.style.fontSize = unit.rem + 'px';
  const b = $('ring').getBoundingClientRect(), key = [b.width, b.height, unit.rem].join();
  if (key === measured || !b.width) return;
  measured = key;
  unit.W = b.width;
  unit.H = b.height;
  resized();
  player.repaint();
}

function setUpTheme() {
  const wish = document.documentElement.dataset.theme || new URLSearchParams(location.search).get('theme');
  document.documentElement.dataset.theme = wish === 'dark' || wish === 'light' ? wish : matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

function flipTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
}

const toggle = (d) => (d.open ? d.close() : d.showModal());

function sheet(player) {
  const c = player.frames[player.at]?.command, parts = printedOf(c);
  $('large').replaceChildren(...parts.length ? parts : [el('p', '', 'This command printed nothing.')]);
  toggle($('sheet'));
  $('sheet').scrollTop = 0;
}

function setUpKeys(player) {
  const data = () => { player.machine = !player.machine; player.repaint(); }, on = () => player.eventOn(), space = () => player.settle() || player.play();
  const keys = {
    ArrowRight: on, ArrowLeft: () => player.eventBack(), PageDown: player.stored ? on : () => player.commandOn(), PageUp: player.stored ? () => player.eventBack() : () => player.commandBack(),
    ' ': player.stored ? on : space, p: () => player.play(), Home: () => player.first(), End: () => player.follow(), f: () => player.follow(),
    d: flipTheme, '?': () => toggle($('help')), m: data, o: () => sheet(player),
  };
  addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || !keys[e.key] || e.target.matches?.('input:not([type=range]), textarea')) return;
    const open = document.querySelector('dialog[open]');
    if (open) { if (e.key === 'o' || e.key === '?') open.close(); return; } // the other keys scroll what is open
    if (e.key === ' ' && e.target.matches?.('button')) return;
    e.preventDefault();
    keys[e.key]();
  });
  const buttons = { first: keys.Home, prevc: () => player.commandBack(), prev: keys.ArrowLeft, play: () => player.play(), next: on, nextc: () => player.commandOn(), follow: keys.f, theme: flipTheme, help: keys['?'] };
  for (const [id, f] of Object.entries(buttons)) $('b-' + id).onclick = f;
  if (player.stored) for (const b of [$('b-prevc'), $('b-nextc')]) b.title = b.getAttribute('aria-label'); // Page Up and Page Down go by events there
  $('slider').oninput = (e) => player.slide(+e.target.value);
  $('told').ondblclick = keys.o;
  for (const d of document.querySelectorAll('dialog')) d.onclick = (e) => { if (e.target === d) d.close(); };
  document.addEventListener('visibilitychange', () => { if (document.hidden) player.settle(); });
}
