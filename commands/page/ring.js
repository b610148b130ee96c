// The servers, the links and the messages between them.
import { $, svg, set, colour, unit, phone, shorten } from './dom.js';
import { placesOf, ringHeight, groupsOf, restOf, onLink, ballSize, hull, mix } from './layout.js';
import { memberOf, concernsOf, isYes, shortType } from './facts.js';

const layers = {}, servers = new Map(), balls = new Map();
const CROWN = 'M-8 6 L-10 -5 L-4.5 0 L0 -8 L4.5 0 L10 -5 L8 6 Z';
const PARTS = { glow: 'circle', ice: 'rect', wrong: 'circle', arcbed: 'circle', arc: 'path', body: 'circle', inner: 'circle', strike: 'path', name: 'text',
  badterm: 'line', term: 'text', pill: 'rect', crown: 'path', word: 'text', under: 'text', under2: 'text', votes: 'g', held: 'text' };

export function setUpRing() {
  for (const l of ['areas', 'links', 'nodes', 'balls']) layers[l] = $('ring').appendChild(svg('g'));
}

// resized forgets what was drawn in another size.
export function resized() {
  set($('ring'), { viewBox: `0 0 ${unit.W} ${unit.H}` });
  for (const [id, ball] of balls) { ball.g.remove(); balls.delete(id); }
  drawn.links = drawn.areas = '';
}

function serverOf(id) {
  if (servers.has(id)) return servers.get(id);
  const g = svg('g'), p = {};
  for (const [k, tag] of Object.entries(PARTS)) p[k] = g.appendChild(svg(tag, { class: k }));
  layers.nodes.append(g);
  servers.set(id, { g, p });
  return servers.get(id);
}

// paintServers shows what the servers are; show says whether their data is wanted.
export function paintServers(frame, before, showData) {
  if (phone()) document.documentElement.style.setProperty('--tall', ringHeight(frame.state) + 'rem');
  const places = placesOf(frame.state), s = frame.state;
  const hit = new Set(frame.gone.filter((g) => g.fate === 'delivered').map((g) => before.state.messages.get(g.id)?.to));
  for (const [id, n] of servers) if (!s.nodes.has(id)) { n.g.remove(); servers.delete(id); }
  for (const n of s.nodes.values()) paintServer(n, places.at.get(n.id), { state: s, hit: hit.has(n.id), grid: places.grid, room: places.room, showData });
}

function arcPath(r, part) {
  if (part >= .999) return `M0 ${-r}A${r} ${r} 0 1 1 -.01 ${-r}`;
  const a = 2 * Math.PI * Math.max(part, .004);
  return `M0 ${-r}A${r} ${r} 0 ${part > .5 ? 1 : 0} 1 ${(r * Math.sin(a)).toFixed(1)} ${(-r * Math.cos(a)).toFixed(1)}`;
}

function timerPart(n, state) {
  const whole = n.timerKind === 'heartbeat' ? n.timerOf : state.timeoutMax || n.timerOf;
  return Math.min(1, n.timer / (whole || 1));
}

function paintServer(n, place, view) {
  const { g, p } = serverOf(n.id), { rem } = unit, r = place.r, out = r + .62 * rem, role = n.up ? n.role : 'down';
  const wrong = concernsOf(view.state), member = memberOf(view.state, n.id);
  set(g, { class: `node ${colour(n.term)} ${role} m-${member}${n.frozen ? ' frozen' : ''}${view.hit ? ' hit' : ''}${wrong.nodes.has(n.id) ? ' concerned' : ''}` });
  set(p.glow, { r: out + .5 * rem });
  set(p.wrong, { r: out + .42 * rem });
  set(p.ice, { x: -out - .3 * rem, y: -out - .3 * rem, width: 2 * out + .6 * rem, height: 2 * out + .6 * rem, rx: .9 * rem });
  set(p.body, { r });
  set(p.inner, { r: r - (r < 2.5 * rem ? .2 : .32) * rem });
  set(p.arcbed, { r: out });
  set(p.arc, { d: n.up && n.timerKind !== 'none' ? arcPath(out, timerPart(n, view.state)) : '' });
  set(p.strike, { d: `M${-r * .72} ${r * .72}L${r * .72} ${-r * .72}` });
  const k = phone() ? .66 * r / (2.2 * rem) : Math.min(1, r / (2 * rem)), y = 1.55 * rem * k;
  p.name.style.fontSize = 1.95 * k + 'rem';
  p.term.style.fontSize = (n.term > 999 ? 1.5 : 1.8) * k + 'rem';
  set(p.name, { y: -.1 * rem * k }, n.id);
  set(p.term, { y }, (n.term > 99 || r < 3.1 * rem ? 't' : n.term > 9 ? 't ' : 'term ') + n.term);
  const marked = wrong.terms.has(n.term) && wrong.nodes.has(n.id);
  set(p.badterm, { x1: marked ? -r * .62 : 0, x2: marked ? r * .62 : 0, y1: y + .45 * rem * k, y2: y + .45 * rem * k });
  paintLabel(n, p, place, role, member, view);
}

// paintLabel writes beside the disc, or below it: the role in a word, then the votes or the vote.
function paintLabel(n, p, place, role, member, view) {
  const { rem } = unit, r = place.r, out = r + .62 * rem, small = phone(), below = !place.side, high = place.shift < 0;
  const word = n.frozen ? 'frozen' : role === 'follower' && (member === 'learner' || member === 'outside') ? member : role, crown = word === 'leader';
  const x0 = place.side * (out + .55 * rem), room = below ? view.room - .2 * rem : (place.side > 0 ? unit.W - place.x : place.x) - Math.abs(x0) + 1.3 * rem;
  const data = view.showData && n.up ? dataOf(n, room / rem) : '';
  const { w, ws } = wordInto(p.word, below && data || word, crown, { room, usual: small || r < 2.7 * rem ? .8 : 1 });
  const mid = below ? 0 : x0 + place.side * w / 2, y0 = (high ? -1.2 : 1.5 * place.shift) * rem, up = below ? out + .45 * rem : -.85 * rem;
  set(p.pill, { x: mid - w / 2, y: y0 + up - .88 * rem * ws, width: w, height: 1.76 * rem * ws, rx: .88 * rem * ws });
  set(p.word, { x: mid + (crown ? .72 * rem * ws : 0), y: y0 + up + .42 * rem * ws });
  set(p.crown, { d: crown ? CROWN : '', transform: `translate(${mid - w / 2 + 1.15 * rem * ws} ${y0 + up}) scale(${rem / 16 * .9 * ws})` });
  const tally = n.up && n.votes && n.role.includes('candidate') ? n.votes : null, all = labelLines(n, member, tally, view), lines = high ? [tally ? '' : all.join(' · ')] : all;
  const first = below ? up + (small ? 1.7 : 2.1) * rem : high ? y0 - 2.1 * rem : y0 + 1.15 * rem;
  const skip = tally && !view.grid ? (tally.old ? 2 : 1) : 0, x = below ? 0 : x0, anchor = below ? 'middle' : place.side > 0 ? 'start' : 'end';
  for (const [i, part] of [p.under, p.under2, p.held].entries()) {
    const text = part === p.held ? (below ? '' : data) : lines[i] ?? '', row = part === p.held && !high ? lines.length : i;
    set(part, { x, y: high && part === p.held ? y0 + 1.15 * rem : first + (row + (high ? 0 : skip)) * 1.3 * rem }, text);
    part.style.textAnchor = anchor;
  }
  p.votes.replaceChildren();
  if (!tally || view.grid) return;
  const under = below ? up + 1.5 * rem * ws : y0 + .95 * rem, at = { y: high ? y0 - 2.35 * rem : under, ws, below, side: place.side, x0, room };
  paintVotes(p.votes, tally, at);
  if (tally.old) paintVotes(p.votes, tally.old, { ...at, y: high ? under : at.y + 1.35 * rem * ws });
}

// wordInto writes a word of its usual size, or smaller if there is no room, and returns the
// pill's width and the size.
function wordInto(part, word, crown, { room, usual }) {
  const { rem } = unit;
  part.style.fontSize = 1.2 * usual + 'rem';
  set(part, {}, word);
  const w = part.getComputedTextLength() + (1.5 + (crown ? 1.5 : 0)) * rem * usual, k = Math.min(1, room / w);
  if (k < 1) part.style.fontSize = 1.2 * usual * k + 'rem';
  return { w: w * k, ws: usual * k };
}

const SEATS = { old: 'old only', new: 'new only', both: 'old and new' };

// labelLines is what is said below the role, at most two lines.
function labelLines(n, member, tally, view) {
  if (view.grid) return tally ? [`${tally.granted.length} of ${tally.needed}`] : [];
  if (view.room) return []; // below the disc
  const vote = tally || !n.vote ? '' : 'voted ' + shorten(n.vote, 8), role = n.frozen ? n.role : '';
  const seat = SEATS[member] ?? (member === 'learner' && n.role !== 'follower' ? 'learner' : '');
  return [role, ...(n.transfer ? ['hands over', 'to ' + n.transfer] : []), vote, seat].filter(Boolean).slice(0, 2);
}

// dataOf is what the state machine holds, as far as there is room for it.
function dataOf(n, room) {
  const text = Object.entries(n.kv ?? {}).map(([a, b]) => a + '=' + b).join(' ');
  return shorten(text, Math.max(5, Math.min(14, Math.floor(room / .69)))) || '(empty)';
}

// paintVotes draws a dot a voter; behind the bar are those that are not needed.
function paintVotes(box, votes, at) {
  const { rem } = unit, voters = [...new Set([...votes.granted, ...votes.refused, ...votes.voters])];
  const gap = .5 * rem * at.ws, d = Math.min((voters.length > 7 ? .95 : 1.2) * rem * at.ws, (at.room - gap - .6 * rem) / voters.length), all = voters.length * d + gap;
  const from = at.below ? -all / 2 : at.side > 0 ? at.x0 : at.x0 - all, x = (i) => from + i * d + (i >= votes.needed ? gap : 0);
  voters.forEach((v, i) => box.append(svg('circle', { cx: x(i) + d / 2, cy: at.y, r: d * .375,
    class: 'vote' + (votes.granted.includes(v) ? ' yes' : votes.refused.includes(v) ? ' no' : '') })));
  const bar = x(votes.needed) - gap / 2;
  box.append(svg('line', { class: 'need', x1: bar, x2: bar, y1: at.y - .7 * rem * at.ws, y2: at.y + .7 * rem * at.ws }));
}

function ballOf(m) {
  if (balls.has(m.id)) return balls.get(m.id);
  const g = svg('g'), { rem } = unit, q = .26 * rem;
  const b = { g, nib: g.appendChild(svg('path')), type: g.appendChild(svg('text')), term: g.appendChild(svg('text', { class: 't' })), cargo: cargoOf(m) };
  g.append(...b.cargo);
  const x = g.appendChild(svg('g', { class: 'badge x' })), h = g.appendChild(svg('g', { class: 'badge h' }));
  for (const badge of [x, h]) badge.append(svg('circle', { r: .62 * rem }));
  x.append(svg('line', { x1: -q, y1: -q, x2: q, y2: q }), svg('line', { x1: -q, y1: q, x2: q, y2: -q }));
  h.append(svg('line', { x1: -.16 * rem, y1: -q, x2: -.16 * rem, y2: q }), svg('line', { x1: .16 * rem, y1: -q, x2: .16 * rem, y2: q }));
  b.badges = [x, h];
  b.title = g.appendChild(svg('title'));
  layers.balls.append(g);
  balls.set(m.id, b);
  return b;
}

// cargoOf is what hangs below a message: a square an entry in the colour of its term, at
// most three; for a snapshot one wide hatched box in the colour of its last term.
function cargoOf(m) {
  const { rem } = unit;
  if (m.type === 'InstallSnapshot') {
    const w = 2.3 * rem, h = .72 * rem, box = svg('g', { class: 'cargo snapshot ' + colour(m.snapshot?.term ?? 0) });
    box.append(svg('rect', { x: -w / 2, y: 0, width: w, height: h, rx: .14 * rem }));
    for (let i = 1; i < 5; i++) box.append(svg('line', { x1: -w / 2 + i * w / 5, y1: h, x2: -w / 2 + (i + .6) * w / 5, y2: 0 }));
    return [box];
  }
  const list = (m.entries ?? []).slice(0, 3).map((e) => e.term ?? e[0]);
  return list.map((term, i) => svg('rect', { class: 'cargo ' + colour(term), width: .68 * rem, height: .68 * rem, rx: .12 * rem, x: ((i - list.length / 2) * .74 + .03) * rem, y: 0 }));
}

function paintBall(m, spot, r, opacity, look) {
  const b = ballOf(m), k = r / (1.32 * unit.rem), h = .6, c = Math.cos(h) * r, s = Math.sin(h) * r;
  set(b.g, { class: `ball ${colour(m.term)}${isYes(m) ? '' : ' no'}${m.arrives === false ? ' stuck' : ''}${m.held ? ' held' : ''}${look.lost ? ' lost' : ''}${look.dot ? ' dot' : ''}`,
    transform: `translate(${spot.x.toFixed(1)} ${spot.y.toFixed(1)})`, opacity: opacity.toFixed(2) });
  set(b.nib, { d: `M${c} ${-s}A${r} ${r} 0 1 0 ${c} ${s}L${r * 1.4} 0Z`, transform: `rotate(${(spot.a * 180 / Math.PI).toFixed(1)})` }); // its point says where it goes
  if (!look.dot) {
    b.type.style.fontSize = 1.06 * k + 'rem';
    b.term.style.fontSize = (m.term > 99 ? .8 : 1) * k + 'rem';
    set(b.type, { y: -.08 * unit.rem * k }, shortType(m));
    set(b.term, { y: .86 * unit.rem * k }, 't' + m.term);
  }
  for (const x of b.cargo) set(x, { transform: `translate(0 ${r * .83})` });
  for (const badge of b.badges) set(badge, { transform: `translate(${r * .8} ${-r * .8})` });
  set(b.title, {}, `${m.id} ${m.type} ${m.from} to ${m.to}, term ${m.term}${m.says ? ': ' + m.says : ''}${m.why ? '; cannot arrive, ' + m.why : ''}`);
}

const ease = (t) => (t < .5 ? 4 * t * t * t : 1 - (-2 * t + 2) ** 3 / 2);

// drawWay shows the way from frame a to frame b, t of it gone (0 to 1).
export function drawWay(a, b, t) {
  const A = placesOf(a.state), B = placesOf(b.state), e = ease(t), at = new Map(), now = t < .5 ? a : b;
  for (const [id, p] of B.at) {
    const o = A.at.get(id) ?? p;
    at.set(id, { ...p, x: mix(o.x, p.x, e), y: mix(o.y, p.y, e) });
  }
  for (const [id, p] of at) set(serverOf(id).g, { transform: `translate(${p.x.toFixed(1)} ${p.y.toFixed(1)})` });
  drawAreas(now.state, at, B);
  drawLinks(now.state, at, B);
  const live = new Set();
  if (t < 1) leaving(a, b, t, at, live);
  staying(a, b, t, at, live);
  for (const [id, ball] of balls) if (!live.has(id)) { ball.g.remove(); balls.delete(id); }
}

const BESIDE_SENDER = { f: 0, off: 0 }, INSIDE_SENDER = { f: -.5, off: 0 };

// leaving draws the messages that the frame takes off the network: delivered ones go to
// their receiver and fade, lost ones stop at the gap or at the rim.
function leaving(a, b, t, at, live) {
  const from = restOf(a.state), gone = new Map(b.gone.map((g) => [g.id, g])), B = placesOf(b.state), r = ballSize(B);
  for (const m of a.state.messages.values()) {
    if (b.state.messages.has(m.id) || !at.has(m.from) || !at.has(m.to)) continue;
    const g = gone.get(m.id), lost = g && g.fate !== 'delivered', cut = lost && /link/.test(g.why ?? ''), { f, off } = from.get(m.id) ?? BESIDE_SENDER;
    if (!g && t > .3) continue;
    live.add(m.id);
    const way = ease(Math.min(t / .62, 1)), end = lost ? (cut ? .4 : 1.15) : 1.55;
    paintBall(m, onLink(at, m.from, m.to, mix(f, Math.max(end, f), way), mix(off, 0, way)), r, t < .62 ? 1 : 1 - (t - .62) / .38, { lost: lost && t > .3, dot: B.grid });
  }
}

function staying(a, b, t, at, live) {
  const ra = restOf(a.state), rb = restOf(b.state), B = placesOf(b.state), r = ballSize(B), e = ease(t);
  for (const m of b.state.messages.values()) {
    if (!at.has(m.from) || !at.has(m.to)) continue;
    const old = a.state.messages.has(m.id);
    if (!old && t < .35) continue;
    live.add(m.id);
    const way = old ? e : ease((t - .35) / .65), from = old ? ra.get(m.id) ?? BESIDE_SENDER : INSIDE_SENDER, to = rb.get(m.id) ?? BESIDE_SENDER;
    paintBall(m, onLink(at, m.from, m.to, mix(from.f, to.f, way), mix(from.off, to.off, way)), r, old ? 1 : Math.min(1, (t - .35) * 6), { dot: B.grid });
  }
}

// drawn is what the areas and links show already: they are made anew only when that differs.
const drawn = { areas: '', links: '' };
const placesKey = (at) => [...at].map(([id, p]) => `${id} ${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join();

function drawAreas(state, at, places) {
  const gs = groupsOf(state), key = JSON.stringify(gs) + placesKey(at);
  if (drawn.areas === key) return;
  drawn.areas = key;
  layers.areas.replaceChildren();
  if (gs.length < 2) return;
  gs.forEach((g, i) => {
    const e = layers.areas.appendChild(svg('path', { class: 'area a' + i % 4, d: places.grid ? bandOf(g, at, places.cell) : aroundOf(g, at) }));
    if (!places.grid) e.style.strokeWidth = 2 * (at.get(g[0]).r + 1.2 * unit.rem) + 'px';
  });
}

function aroundOf(group, at) {
  const { rem } = unit, pts = group.flatMap((id) => {
    const p = at.get(id), l = rem * (phone() ? 3.6 : 6);
    return p.side ? [[p.x, p.y], [p.x + p.side * l, p.y]] : [[p.x, p.y - .3 * rem], [p.x, p.y + rem]];
  });
  return 'M' + hull(pts).map((p) => p.map((v) => v.toFixed(1)).join(' ')).join('L') + 'Z';
}

// bandOf is a side in the grid: the cells of its servers, row by row.
function bandOf(group, at, cell) {
  const rows = new Map(), pad = .3 * unit.rem;
  for (const id of group) {
    const p = at.get(id), row = rows.get(p.y) ?? { y: p.y, lo: p.x, hi: p.x };
    row.lo = Math.min(row.lo, p.x);
    row.hi = Math.max(row.hi, p.x);
    rows.set(p.y, row);
  }
  const list = [...rows.values()];
  return list.map((row, i) => {
    const x0 = row.lo - cell.w / 2 + pad, x1 = row.hi + cell.w / 2 - pad;
    const y0 = row.y - cell.h / 2 + .9 * unit.rem + (i ? -pad : pad), y1 = row.y + cell.h / 2 + .9 * unit.rem - pad;
    return `M${x0} ${y0}L${x1} ${y0}L${x1} ${y1}L${x0} ${y1}Z`;
  }).join('');
}

function drawLinks(state, at, places) {
  const fan = places.grid ? [...state.messages.values()].filter((m) => at.has(m.from) && at.has(m.to)) : [];
  const key = state.cut.join() + '|' + fan.map((m) => m.id).join() + placesKey(at);
  if (drawn.links === key) return;
  drawn.links = key;
  const out = [], cut = new Set(state.cut), ids = [...at.keys()];
  const seg = (p, q, cls) => out.push(svg('line', { x1: p[0], y1: p[1], x2: q[0], y2: q[1], class: cls }));
  for (const m of fan) seg([at.get(m.from).x, at.get(m.from).y], [at.get(m.to).x, at.get(m.to).y], `fan ${colour(m.term)}${m.arrives === false ? ' stuck' : ''}`);
  const gs = groupsOf(state), sideOf = new Map(gs.flatMap((g, i) => g.map((id) => [id, i])));
  for (let i = 0; i < ids.length; i++) for (let j = i + 1; j < ids.length; j++) {
    const ab = cut.has(ids[i] + '->' + ids[j]), ba = cut.has(ids[j] + '->' + ids[i]);
    const between = ab && ba && sideOf.get(ids[i]) !== sideOf.get(ids[j]); // the areas say it
    if (places.grid ? !ab && !ba || between : between && ids.length > 5) continue;
    drawLink(at.get(ids[i]), at.get(ids[j]), ab, ba, seg);
  }
  layers.links.replaceChildren(...out);
}

function drawLink(a, b, ab, ba, seg) {
  const { rem } = unit, d = Math.hypot(b.x - a.x, b.y - a.y) || 1, ux = (b.x - a.x) / d, uy = (b.y - a.y) / d, gap = a.r + .9 * rem;
  const p = (s, n = 0) => [a.x + ux * s - uy * n, a.y + uy * s + ux * n], g = 1.15 * rem, k = .62 * rem, lane = .42 * rem, m = d / 2;
  if (!ab && !ba) return seg(p(gap), p(d - gap), 'link');
  if (ab && ba) {
    seg(p(gap), p(m - g), 'link');
    seg(p(m + g), p(d - gap), 'link');
    seg(p(m - g, -k), p(m - g, k), 'stop');
    return seg(p(m + g, -k), p(m + g, k), 'stop');
  }
  const s = ab ? 1 : -1; // one way: its lane ends in a bar, the other goes on
  seg(p(gap, -s * lane), p(d - gap, -s * lane), 'link');
  seg(p(ab ? gap : d - gap, s * lane), p(m - s * g, s * lane), 'link');
  seg(p(m - s * g, s * lane - k), p(m - s * g, s * lane + k), 'stop');
  return seg(p(m + s * g, s * lane), p(ab ? d - gap : gap, s * lane), 'link');
}
