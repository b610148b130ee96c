// The logs, one under the other as in Figure 6 of the paper.
import { $, el, said, colour, unit, phone } from './dom.js';
import { concernsOf, cellText, leadersOf } from './facts.js';

const rowsBefore = new Map();

export function paintLogs(frame, before) {
  const box = $('rows'), all = [...frame.state.nodes.values()], look = columns(box, all);
  for (const k of ['label', 'cell', 'rowh', 'cellh']) box.style.setProperty('--' + k, look[k] + 'rem');
  box.style.setProperty('--k', look.k);
  box.classList.toggle('one', look.one);
  box.classList.toggle('dense', look.dense);
  const leaders = leadersOf(frame.state).filter((x) => x.next), wrong = concernsOf(frame.state);
  $('leadkey').hidden = !leaders.length || look.dense;
  $('synckey').hidden = !all.some((x) => unsyncedFrom(x) <= x.last);
  const out = [indexRow(look)];
  for (const x of all) {
    const marks = leaders.filter((l) => l.id !== x.id).map((l) => [l.term, l.next[x.id], l.match?.[x.id]]);
    const given = [x, frame.base.nodes.get(x.id), before.state.nodes.get(x.id), wrong], key = JSON.stringify([marks, look]);
    const old = rowsBefore.get(x.id);
    if (old?.key === key && given.every((v, i) => old.given[i] === v)) { out.push(old.row); continue; }
    const row = logRow(...given, marks, look);
    rowsBefore.set(x.id, { key, given, row });
    out.push(row);
  }
  for (const id of rowsBefore.keys()) if (!frame.state.nodes.has(id)) rowsBefore.delete(id);
  box.replaceChildren(...out);
}

// columns is how large the cells are, in rem, and which indexes fit. --little is the height for
// all rows where another pane needs the room.
function columns(box, all) {
  const n = all.length, small = phone(), little = small ? 0 : parseFloat(getComputedStyle(box).getPropertyValue('--little')) || 0;
  const one = n > 5 || little > 0, dense = n > 9, k = small ? .84 : 1;
  const label = small ? 3.3 : 4.1, room = Math.max(6, box.clientWidth / unit.rem - label);
  let longest = 3;
  const last = Math.max(1, ...all.map((x) => x.last));
  for (const x of all) for (const e of x.entries.slice(-24)) longest = Math.max(longest, cellText(e).length);
  const cell = Math.min(Math.max((longest * .77 + (one ? 1.9 : .9)) * k, 3, String(last).length * .75), 11, room / 4), fit = Math.max(1, Math.floor(room / cell));
  const free = small ? 40 : little || 27, tall = small ? 40 : Math.min(28, $('logs').parentElement.clientHeight / unit.rem - 7); // leaves the story some lines
  const rowh = dense ? Math.max(1.6, tall / n) : Math.min(small ? 3.7 : 4.55, Math.max(2.35, (free - 2) / n));
  const cellh = dense ? rowh - .25 : one ? Math.min(2, rowh - .95) : Math.min(small ? 2.6 : 3.15, rowh - 1.1);
  return { label, cell, fit, rowh, cellh, k, one, dense, last, lo: Math.max(1, last - fit + 1) };
}

function indexRow(look) {
  const head = el('div', 'index'), track = el('div', 'track');
  head.append(el('span', '', look.lo > 1 ? '…' : ''), track);
  for (let i = look.lo; i <= Math.max(look.last, Math.min(look.fit, 5)); i++) {
    const s = el('span', '', i);
    s.style.left = (i - look.lo) * look.cell + 'rem';
    track.append(s);
  }
  return head;
}

// entryAt is a server's entry at an index; a long log has only its newest entries here.
const entryAt = (x, index) => x.entries[index - (x.last - x.entries.length + 1)];
const isNew = (before, index, e) => !before || index >= before.first && !sameEntry(entryAt(before, index), e);
const sameEntry = (a, b) => a && b && a[0] === b[0] && a[2] === b[2];

// unsyncedFrom is the first index that is written but not yet synced to the disk.
function unsyncedFrom(x) {
  if (typeof x.synced === 'number' && x.synced < x.last) return x.synced + 1;
  return x.last + 1;
}

function logRow(x, base, was, wrong, marks, look) {
  const row = el('div', 'row'), who = el('div', `who ${colour(x.term)} ${x.up ? x.role : 'down'}`), track = el('div', 'track');
  who.append(el('i'), el('span', '', x.id));
  row.append(who, track);
  const put = (index, cls, entry) => {
    const c = el('div', 'cell ' + cls);
    c.style.left = (index - look.lo) * look.cell + 'rem';
    if (entry) c.append(el('b', '', entry[0]), said('span', '', cellText(entry)));
    track.append(c);
    return c;
  };
  if (x.first > look.lo) {
    const c = put(look.lo, 'snap', null);
    c.title = 'in the snapshot';
    c.style.width = (x.first - look.lo) * look.cell - .3 + 'rem';
  }
  const concerned = wrong.nodes.has(x.id) || !wrong.nodes.size, loose = unsyncedFrom(x);
  for (let at = Math.max(x.first, look.lo); at <= x.last; at++) {
    const e = entryAt(x, at), cls = e && [colour(e[0])];
    if (!e) continue;
    if (at <= x.commit) cls.push('sure');
    if (e[1] === 'noop') cls.push('quiet');
    if (isNew(base, at, e)) cls.push('fresh');
    if (isNew(was, at, e)) cls.push('pop');
    if (at >= loose) cls.push('loose');
    if (concerned && wrong.indexes.has(at)) cls.push('concerned');
    put(at, cls.join(' '), e);
  }
  removed(x, base, look, put);
  if (x.commit >= look.lo) {
    const f = el('div', 'frame');
    f.style.left = '-.08rem';
    f.style.width = (x.commit - look.lo + 1) * look.cell + .16 + 'rem';
    track.append(f);
  }
  leaderMarks(track, marks, look);
  return row;
}

// removed entries of this command stand behind the end, struck out.
function removed(x, base, look, put) {
  let behind = x.last + 1;
  for (let at = Math.max(x.first, look.lo); base && at <= base.last && behind - look.lo < look.fit; at++) {
    const e = entryAt(base, at);
    if (!e || sameEntry(entryAt(x, at), e)) continue;
    put(behind++, 'gone ' + colour(e[0]), e);
  }
}

function leaderMarks(track, marks, look) {
  marks.forEach(([term, next, match], i) => {
    for (const [sign, at] of [['●', match], ['▲', next]]) {
      if (!at || at < look.lo || at - look.lo >= look.fit + 1) continue;
      const m = el('span', `mark ${colour(term)}`, sign);
      m.style.left = (at - look.lo + .5) * look.cell - .6 + (i - (marks.length - 1) / 2) * 1.1 + 'rem';
      track.append(m);
    }
  });
}
