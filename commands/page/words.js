// The command, what it printed or the story of its events, the banners, the lines below the ring.
import { $, el, said, set, plural } from './dom.js';
import { groupsOf } from './layout.js';
import { configOf, shortType, isReply } from './facts.js';
import { blocksOf } from './blocks.js';

const LOUD = new Set(['role', 'committed', 'truncated', 'crashed', 'restarted', 'frozen', 'thawed', 'cut', 'healed', 'lost', 'bug', 'completed', 'clock', 'voted', 'breach']);
const STORY = 14; // lines of the story that are shown at most

// paintWords shows all words of frame i; state says whether the console is away.
export function paintWords(timeline, i, away) {
  const f = timeline.frames[i];
  paintCommand(f, timeline.title);
  paintBanners(f.state, away);
  paintFlight(f.state);
  paintClients(f);
  set($('ringtext'), {}, [...f.state.nodes.values()].map((n) => `${n.id} ${n.up ? n.role : 'down'} term ${n.term}`).join(', '));
  paintTold(timeline, i);
}

function paintCommand(f, title) {
  const c = f.command, say = c?.say || '';
  set($('command'), { class: say ? 'say' + (say.length > 110 ? ' long' : '') : c && !c.ok ? 'failed' : '', dir: 'auto' });
  set($('prompt'), {}, say ? '' : '›');
  set($('typed'), {}, c ? say || c.text : title || 'a new cluster');
  const branch = f.state.branch && f.state.branch !== 'main' ? f.state.branch + ' · ' : '';
  set($('where'), {}, `${f.state.live ? 'live' : `${branch}event ${f.state.position}`} · tick ${f.state.clock}`);
}

const BANNERS = 3; // of broken invariants and of departures, at most

function paintBanners(s, away) {
  const wrong = [...firstOfEach(s.violations, (v) => v.property).map(([v, more]) => banner('broken', `✕ ${v.property} is broken: `, v.text, more)),
    ...firstOfEach(s.departures, (d) => d.rule + d.sort).map(([d, more]) => banner('departed', `≠ ${[d.nodes?.join(' '), d.sort, d.rule].filter(Boolean).join(' · ')}: `, d.text, more))];
  const out = s.bugs.length ? [banner('bug', '', '⚠ bug on: ' + s.bugs.join(', '))] : [];
  if (away) out.push(banner('away', '', 'No connection to the console; trying again…'));
  out.push(...wrong.slice(0, wrong.length > BANNERS ? BANNERS - 1 : BANNERS));
  const left = wrong.slice(BANNERS - 1).map((p) => p.firstChild.textContent.replace(/: $/, ''));
  if (wrong.length > BANNERS) out.push(banner(wrong[BANNERS - 1].className, '', left.join(', ')));
  const box = $('banners'), key = JSON.stringify(out.map((p) => p.textContent));
  if (box.dataset.key === key) return; // so that a screen reader says it once
  box.dataset.key = key;
  box.replaceChildren(...out);
}

// firstOfEach is the first of each kind, and how many more of it there are.
function firstOfEach(list, kindOf) {
  const kinds = new Map();
  for (const x of list) kinds.set(kindOf(x), [kinds.get(kindOf(x))?.[0] ?? x, (kinds.get(kindOf(x))?.[1] ?? -1) + 1]);
  return [...kinds.values()];
}

function banner(cls, head, text, more = 0) {
  const p = el('p', cls);
  if (head) p.append(el('b', '', head));
  p.append(said('span', '', text));
  if (more) p.append(el('span', '', ` (and ${more} more)`));
  return p;
}

function paintFlight(s) {
  const kinds = new Map(), stuck = new Set(), sides = new Map(groupsOf(s).flatMap((g, i) => g.map((id) => [id, i])));
  for (const m of s.messages.values()) {
    const upTo = m.type === 'InstallSnapshot' && m.snapshot ? ` up to entry ${m.snapshot.index}` : '';
    const k = `${isReply(m) ? shortType(m) + ' ' : shortType(m) + ' '}${m.type} of term ${m.term}${upTo}`;
    kinds.set(k, (kinds.get(k) ?? 0) + 1);
    const cut = /^the link (.*) is cut$/.exec(m.why ?? '');
    if (m.arrives !== false || !m.why || cut && sides.get(m.from) !== sides.get(m.to)) continue; // the sides are named
    stuck.add(cut ? `${m.from}→${m.to} is cut` : m.why);
  }
  const line = [];
  for (const [k, n] of kinds) line.push(...(line.length ? [',  '] : []), el('b', '', `${n} × ${k}`));
  if (s.inFlight > s.messages.size) line.push(`,  and ${s.inFlight - s.messages.size} more`);
  $('flight').replaceChildren(...(line.length ? line : [s.live ? '' : 'nothing is in flight'])); // what runs by itself tells no messages
  const reasons = [...stuck], parts = [sidesText(s), configText(s)];
  if (reasons.length) parts.push(`cannot arrive: ${reasons.slice(0, 2).join('; ')}${reasons.length > 2 ? ' …' : ''}`);
  set($('apart'), {}, parts.filter(Boolean).join('  ·  '));
}

function sidesText(s) {
  const gs = groupsOf(s), n = s.nodes.size;
  if (gs.length < 2) return '';
  return gs.map((g) => `${g.length > 6 ? g.slice(0, 5).join(' ') + ' …' : g.join(' ')} (${g.length} of ${n})`).join('  |  ');
}

function configText(s) {
  const { voters, oldVoters, learners } = configOf(s), without = oldVoters.filter((id) => !voters.includes(id)), joining = voters.filter((id) => !oldVoters.includes(id));
  const joint = !oldVoters.length ? '' : oldVoters.length < 6 ? `joint consensus: ${oldVoters.join(' ')} → ${voters.join(' ')}`
    : 'joint consensus: ' + [without.length && 'without ' + without.join(' '), joining.length && 'with ' + joining.join(' ')].filter(Boolean).join(', ');
  return [joint, learners.length && plural(learners.length, 'learner') + ': ' + learners.join(' ')].filter(Boolean).join('  ·  ');
}

const CLIENTS = 4;

// paintClients shows the requests that are open, and those that this command has brought to an end.
function paintClients(f) {
  const list = clientsOf(f.state), before = new Map(clientsOf(f.base).map((c) => [c.id, JSON.stringify(c)]));
  const shown = list.filter((c) => c.status === 'pending' || before.get(c.id) !== JSON.stringify(c)), out = [];
  for (const c of shown.slice(0, CLIENTS)) {
    const chip = el('span', 'client ' + c.status), text = [c.command, c.node && 'to ' + c.node].filter(Boolean).join(' ');
    chip.append(el('b', '', c.id), ' ', said('span', '', text), el('i', '', c.status === 'done' ? `✓ ${c.result || 'done'}` : c.status === 'pending' ? 'waits' : c.status));
    out.push(chip);
  }
  if (shown.length > CLIENTS) out.push(el('span', 'client', `and ${shown.length - CLIENTS} more`));
  $('clients').hidden = !out.length;
  $('clients').replaceChildren(...out);
}

const clientsOf = (s) => (Array.isArray(s.clients) ? s.clients : Object.values(s.clients ?? {}));

// paintTold shows what the command printed where it failed or changed nothing, else the story of events. What is
// printed of a question is in the card: while the class is asked, with counts that go on, and at the end as bars.
function paintTold(timeline, i) {
  const f = timeline.frames[i], c = f.command, polled = f.card && /^(poll|predict|reveal)\b/.test(c?.text);
  const printed = c?.done && (!c.ok || !c.changed && c.blocks?.length > 0 && !polled);
  $('output').hidden = !printed;
  $('story').hidden = Boolean(printed);
  if (printed) paintPrinted(c);
  else $('story').replaceChildren(...storyOf(timeline, i));
  document.body.classList.toggle('reading', Boolean(printed) && shownLong);
  document.body.classList.toggle('solo', Boolean(printed) && c.blocks?.some((b) => PICTURES.has(b.block)));
}

const PICTURES = new Set(['diagram', 'big']); // they take the place of the ring and of the logs
const SMALLEST = .7;                           // of a table that is too wide, in the size of its letters

let shownCommand = null, shownLong = false;

function paintPrinted(c) {
  if (shownCommand === c) return;
  shownCommand = c;
  document.body.classList.remove('reading', 'solo');
  $('output').replaceChildren(...printedOf(c));
  $('output').scrollTop = 0;
  for (const table of $('output').querySelectorAll('table')) {
    const room = table.parentNode.clientWidth / table.offsetWidth;
    if (room < 1) table.style.fontSize = Math.max(SMALLEST, room * .98) + 'em';
  }
  shownLong = $('output').scrollHeight > $('told').clientHeight + 4;
}

// printedOf is all that a command printed, as elements; an error is among it.
export function printedOf(c) {
  const out = blocksOf(c?.blocks);
  if (c && !c.ok) {
    const [what, ...where] = (c.error || 'That did not work.').split('\n'); // then the line, with a caret below its mistake
    out.push(said('p', 'error', what));
    if (where.length) out.push(said('pre', 'error', where.join('\n')));
    if (c.hint) out.push(said('p', 'hint', c.hint));
  }
  return out;
}

function storyOf(timeline, i) {
  const { frames } = timeline, out = [];
  for (let j = i; j >= 0 && out.length < STORY; j--) {
    const g = frames[j];
    for (const e of [...g.story].reverse()) {
      const li = el('li', `${j === i ? 'now' : ''}${LOUD.has(e.kind) ? ' loud' : ''}${e.kind === 'breach' ? ' breach' : ''}`);
      li.append(el('span', '', g.state.live ? g.state.clock : '#' + e.position), said('span', '', e.text.replaceAll('->', '-\u2060>')));
      out.push(li);
    }
    if (j > 0 && frames[j - 1].command !== g.command && g.command) {
      const li = el('li', 'cmd');
      li.append(el('span', '', '›'), said('span', '', g.command.text));
      out.push(li);
    }
  }
  return out.slice(0, STORY);
}
