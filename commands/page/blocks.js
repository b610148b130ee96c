// What a command printed: lines, prose, tables, diagrams and large words, as in the terminal.
import { el, said, svg } from './dom.js';

// blocksOf is the blocks as elements.
export const blocksOf = (blocks) => (blocks ?? []).map((b) => (MAKE[b.block] ?? textBlock)(b));

// spansInto puts spans into an element: strings, or { s: style, t: text }.
function spansInto(e, spans) {
  e.dir = 'auto';
  for (const x of [].concat(spans ?? [])) {
    const text = typeof x === 'string' ? x : x.t ?? x.text ?? '', style = typeof x === 'string' ? '' : x.s ?? '';
    e.append(style ? el('span', 's-' + style, text) : text);
  }
  return e;
}

const textOf = (spans) => [].concat(spans ?? []).map((x) => (typeof x === 'string' ? x : x.t ?? '')).join('');

const LETTER_EM = .56; // about the width of a letter

// textBlock is lines as they are. A label before its text, as in an answer to why, and blanks that
// stand below it become a column, since these letters are not all of one width.
function textBlock(b) {
  const box = el('div', 'text');
  for (const l of b.lines ?? []) {
    const text = textOf(l), line = box.appendChild(el('p')), column = LABEL.exec(text)?.[1].length ?? 0;
    if (column > 3 && column < 24) {
      const [head, rest] = cutSpans(l, column);
      line.className = 'cols';
      line.append(spansInto(el('span'), head), spansInto(el('span'), rest));
      line.firstChild.style.width = column * LETTER_EM + 'em';
      continue;
    }
    const lead = text.match(/^ */)[0].length, hang = b.indent ?? 0;
    spansInto(line, lead ? cutSpans(l, lead)[1] : l);
    if (lead + hang) { line.style.paddingLeft = (lead + hang) * LETTER_EM + 'em'; line.style.textIndent = -hang * LETTER_EM + 'em'; }
  }
  return box;
}

const LABEL = /^( {0,4}\S+(?: \S+)? {2,})\S/;

// cutSpans is the spans before and behind a place in their text.
function cutSpans(spans, at) {
  const head = [], rest = [];
  for (const x of [].concat(spans)) {
    const t = typeof x === 'string' ? x : x.t ?? '', n = Math.max(0, Math.min(t.length, at)), s = x.s;
    if (n) head.push({ s, t: t.slice(0, n) });
    if (n < t.length) rest.push({ s, t: t.slice(n) });
    at -= t.length;
  }
  return [head, rest];
}

const proseBlock = (b) => spansInto(el('p', 'prose'), b.words);

function tableBlock(b) {
  const table = el('table'), body = el('tbody'), right = b.right ?? [];
  if (b.head?.some((h) => (h.t ?? h) !== '')) {
    const head = table.appendChild(el('thead')).appendChild(el('tr'));
    b.head.forEach((h, i) => { const th = spansInto(el('th', right[i] ? 'right' : ''), h); th.scope = 'col'; head.append(th); });
  }
  for (const r of b.rows ?? []) {
    const tr = body.appendChild(el('tr'));
    r.forEach((cell, i) => tr.append(spansInto(el('td', right[i] ? 'right' : ''), cell)));
  }
  table.append(body);
  const wide = el('div', 'wide');
  wide.append(table);
  return wide;
}

function bigBlock(b) {
  const box = el('div', 'big');
  for (const row of b.rows ?? []) {
    const p = box.appendChild(el('p'));
    for (const w of [...row.head ?? [], ...row.tail ?? []]) p.append(said('span', (w.style ? 's-' + w.style : '') + (w.bar ? ' under' : ''), w.text), ' ');
  }
  return box;
}

const ROW = 26, LANE = 72, LEFT = 56, GAP = 18, LETTER = 7.4, NOTES = 520; // pixels

// diagramBlock draws lanes downwards, a row for each thing that happened.
function diagramBlock(b) {
  const box = el('div', 'wide'), lanes = b.lanes ?? [], rows = b.rows ?? [], right = LEFT + lanes.length * LANE, height = (rows.length + 1) * ROW + 8;
  const width = right + GAP + Math.min(NOTES, Math.max(0, ...rows.map((r) => textOf(r.note).length)) * LETTER);
  for (const l of b.title ?? []) box.append(spansInto(el('p', 'prose'), l));
  const pic = svg('svg', { class: 'diagram', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img' }), x = (i) => LEFT + i * LANE + LANE / 2;
  pic.style.minWidth = width * .85 + 'px'; // it may be made smaller, as long as it can be read
  pic.style.maxWidth = width * 1.6 + 'px';
  lanes.forEach((name, i) => pic.append(svg('text', { x: x(i), y: 18, class: 'lane' }, name)));
  rows.forEach((r, i) => diagramRow(pic, r, (i + 1) * ROW + ROW / 2, x, right));
  box.append(pic);
  return box;
}

function diagramRow(pic, r, y, x, right) {
  pic.append(svg('text', { x: LEFT - 12, y: y + 5, class: 'mark' }, r.mark ?? ''));
  (r.tracks ?? []).forEach((t, n) => { if (t.line && t.line !== 'none') pic.append(svg('line', { x1: x(n), x2: x(n), y1: y - ROW / 2, y2: y + ROW / 2, class: `track l-${t.line} s-${t.style ?? ''}` })); });
  if (r.rule) pic.append(svg('line', { x1: LEFT, x2: right, y1: y, y2: y, class: 'rule' }));
  if (r.arrow) arrowInto(pic, r.arrow, x, y);
  if (r.dot) pic.append(svg('circle', { cx: x(r.at ?? 0), cy: y, r: 4.5, class: `dot d-${r.dot}` }));
  const note = pic.appendChild(svg('text', { x: right + GAP, y: y + 5, class: 'note' }));
  for (const s of r.note ?? []) note.append(svg('tspan', { class: s.s ? 's-' + s.s : '' }, s.t));
}

function arrowInto(pic, a, x, y) {
  const from = x(a.from), to = x(a.to), way = Math.sign(to - from) || 1, lost = a.end === 'lost', end = lost ? from + (to - from) * .6 : to - way * 3, cls = `arrow e-${a.end ?? 'arrives'}`;
  pic.append(svg('line', { x1: from + way * 4, x2: end, y1: y, y2: y, class: cls }));
  pic.append(svg('path', { class: cls, d: lost ? `M${end - 5} ${y - 5}L${end + 5} ${y + 5}M${end - 5} ${y + 5}L${end + 5} ${y - 5}` : `M${end} ${y}L${end - way * 8} ${y - 4}L${end - way * 8} ${y + 4}Z` }));
  pic.append(svg('text', { x: (from + to) / 2, y: y - 4, class: 'says' }, a.label ?? ''));
}

const MAKE = { text: textBlock, prose: proseBlock, table: tableBlock, big: bigBlock, diagram: diagramBlock };
