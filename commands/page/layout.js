// Where things are. All lengths are pixels.
import { unit, phone } from './dom.js';
import { remembered } from './facts.js';

const GRID = 9; // more servers than these stand in a grid

// groupsOf are the servers that reach each other: what the stream says, or by the cut links.
export const groupsOf = (state) => remembered(state, 'groups', findGroups);

function findGroups(state) {
  const ids = [...state.nodes.keys()], sides = (state.sides ?? []).map((g) => g.filter((id) => state.nodes.has(id)));
  const told = sides.length > 1 && sides.flat().length === ids.length && new Set(sides.flat()).size === ids.length;
  return told ? sides : reached(ids, new Set(state.cut));
}

function reached(ids, cut) {
  const seen = new Set(), out = [];
  for (const id of ids) {
    if (seen.has(id)) continue;
    const g = [id];
    seen.add(id);
    for (let i = 0; i < g.length; i++) for (const o of ids) {
      if (seen.has(o) || cut.has(g[i] + '->' + o) && cut.has(o + '->' + g[i])) continue;
      seen.add(o);
      g.push(o);
    }
    out.push(g);
  }
  return out;
}

// placesOf gives each server its place, its radius and the side of its label.
export function placesOf(state) {
  const size = [unit.W, unit.H, unit.rem, phone()].join();
  return remembered(state, 'places ' + size, state.nodes.size > GRID ? grid : circle);
}

// ringHeight is what the ring is given on a phone, in rem: the page is scrolled there, and each
// server has its word below it.
export function ringHeight(state) {
  const n = state.nodes.size, rows = n > GRID ? gridOf(state).rows : 0;
  return rows ? Math.max(24, rows * 8) : n <= 3 ? 21.5 : n <= 5 ? 24 : n <= 7 ? 28.5 : 34;
}

const sizes = (n, small) => (small ? (n <= 5 ? 2.2 : n <= 7 ? 1.9 : 1.7) : n <= 3 ? 4 : n <= 5 ? 3.6 : n <= 7 ? 3.2 : 2.55);
const RIM = .62; // rem, from a disc to its arc

// circle is the ring. Where it is narrow the words stand below the discs, and where it is low as
// well the discs become smaller, until no two touch.
function circle(state) {
  const order = ringOrder(state), n = order.length, small = phone(), below = small || n > 5 && unit.W < 40 * unit.rem;
  let r = sizes(n, small), ring;
  do ring = ellipse(state, order, r * unit.rem, below); while (ring.gap < (2 * RIM + .5) * unit.rem && (r -= .15) > 1.3);
  return ring;
}

function ellipse(state, ids, r, below) {
  const { rem, W, H } = unit, n = ids.length, at = new Map(), groups = groupsOf(state);
  const label = rem * (below ? 1.1 : n < 8 ? 7.2 : 6.4), foot = below ? 2.9 * rem : 0, head = !below && n > 7 ? .7 * rem : 0;
  const low = n % 2 ? Math.cos(Math.PI / n) : 1, wide = n < 3 ? 1 : Math.max(...ids.map((_, i) => Math.sin(2 * Math.PI * i / n)));
  const rx = Math.max(r, Math.min((W / 2 - r - label) / wide, H * .62)), high = H - 2 * r - (groups.length > 1 ? 3 : 1.8) * rem - foot - head;
  const ry = Math.max(r, Math.min(high / (1 + low), rx * (below ? 2 : 1.35))), cy = (H - foot + head - (1 + low) * ry) / 2 + ry;
  ids.forEach((id, i) => {
    const a = 2 * Math.PI * i / n - Math.PI / 2, x = W / 2 + rx * Math.cos(a);
    at.set(id, { x, y: cy + ry * Math.sin(a), r, side: below ? 0 : x < W / 2 - 1 ? -1 : 1, shift: below || n < 7 ? 0 : i === 0 ? -1 : x > W / 2 - 1 && x < W / 2 + 1 ? 1 : n > 7 && Math.sin(a) > .9 ? .6 : 0 });
  });
  const places = [...at.values()], gap = Math.min(...places.map((p, i) => { const q = places[(i + 1) % n]; return n < 2 ? 1e9 : Math.hypot(p.x - q.x, p.y - q.y) - 2 * r; }));
  apart(groups, at, cy);
  return { at, grid: false, gap, room: below ? Math.max(5.2 * rem, 2 * rx * Math.sin(Math.PI / n)) : 0 };
}

// apart moves the sides of a partition away from each other.
function apart(groups, at, cy) {
  if (groups.length < 2) return;
  for (const g of groups) {
    const mean = (k) => g.reduce((s, id) => s + at.get(id)[k], 0) / g.length;
    const mx = mean('x') - unit.W / 2, my = mean('y') - cy, d = Math.hypot(mx, my) || 1, by = unit.rem * .8;
    for (const id of g) {
      at.get(id).x += mx / d * by;
      at.get(id).y += my / d * by * .6;
    }
  }
}

// ringOrder is the servers clockwise. The sides of a partition stand together, so that the
// area of one does not cover another: of all such orders the one that moves the fewest servers.
export function ringOrder(state) {
  const ids = [...state.nodes.keys()], groups = groupsOf(state), n = ids.length;
  if (groups.length < 2 || groups.length > 5 || groups.every((g) => together(g, ids))) return ids;
  const home = new Map(ids.map((id, i) => [id, i]));
  let best = ids, fewest = Infinity;
  for (const order of permutations(groups)) {
    const flat = order.flatMap((g) => [...g].sort((a, b) => home.get(a) - home.get(b)));
    for (let turn = 0; turn < n; turn++) {
      const turned = ids.map((_, i) => flat[(i + turn) % n]), moved = turned.filter((id, i) => home.get(id) !== i).length;
      if (moved < fewest) { fewest = moved; best = turned; }
    }
  }
  return best;
}

function together(group, ids) {
  const inside = new Set(group);
  return ids.filter((id, i) => inside.has(id) && !inside.has(ids[(i + 1) % ids.length])).length <= 1;
}

function permutations(list) {
  if (list.length < 2) return [list];
  return list.flatMap((x, i) => permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [x, ...rest]));
}

// gridOf is how many columns and rows many servers take, so that their discs are as large as can be;
// each side of a partition begins a row. On a phone there is as much height as there are rows.
function gridOf(state) {
  const { rem, W, H } = unit, groups = groupsOf(state), small = phone(), best = { cols: 0, rows: 0, r: 0 };
  for (let cols = small ? Math.max(2, Math.floor(W / (5.4 * rem))) : 2; cols <= state.nodes.size && (!best.r || !small && W / cols > 6.6 * rem); cols++) {
    const rows = groups.reduce((s, g) => s + Math.ceil(g.length / cols), 0), r = Math.min(2.9 * rem, W / cols * (small ? .29 : .34), H / rows * .27);
    if (r > best.r + .1) Object.assign(best, { cols, rows, r });
  }
  return best;
}

function grid(state) {
  const { rem, W, H } = unit, at = new Map(), { cols, rows, r } = gridOf(state), near = r + (RIM + .5) * rem;
  let row = 0;
  for (const g of groupsOf(state)) {
    g.forEach((id, i) => at.set(id, { x: W * (i % cols + .5) / cols, y: H * (row + Math.floor(i / cols) + .5) / rows - .9 * rem, r, near, side: 0, shift: 0 }));
    row += Math.ceil(g.length / cols);
  }
  return { at, grid: true, cell: { w: W / cols, h: H / rows }, room: W / cols };
}

// ballSize is the radius of a message.
export function ballSize(places) {
  const n = places.at.size;
  return unit.rem * (places.grid ? (phone() ? .4 : .5) : phone() ? .95 : n <= 5 ? 1.36 : n <= 7 ? 1.22 : 1.1);
}

// onLink is a place on a lane: from 0, beside the sender, to 1, beside the receiver;
// -1 is inside the one and 2 inside the other. Each direction keeps to its right; off is how much
// farther to the right.
export function onLink(at, from, to, f, off = 0) {
  const a = at.get(from), b = at.get(to), d = Math.hypot(b.x - a.x, b.y - a.y) || 1, ux = (b.x - a.x) / d, uy = (b.y - a.y) / d;
  const inset = Math.min(a.near ?? a.r + 2.2 * unit.rem, d / 2 - 2), lane = (d - 2 * inset < 3 * unit.rem ? .8 : .5) * unit.rem + off;
  const s = f < 0 ? mix(inset, a.r * .6, -f) : f > 1 ? mix(d - inset, d - a.r * .6, f - 1) : mix(inset, d - inset, f);
  return { x: a.x + ux * s - uy * lane, y: a.y + uy * s + ux * lane, a: Math.atan2(uy, ux) };
}

export const mix = (a, b, t) => a + (b - a) * t;

const CAREFUL = 60; // with more messages than these, they may hide each other

// restOf says where each message waits: how far on its link, and how far off it. The newest waits
// beside its sender, and then as far along, or beside the link, as it must to hide no other message
// and no server. In a grid, where a link leads below others, it waits beside its receiver.
export function restOf(state) {
  const places = placesOf(state);
  places.rest ??= findRest(state, places);
  return places.rest;
}

function findRest(state, places) {
  const lanes = new Map(), rest = new Map(), taken = [], r = ballSize(places), kept = [...places.at].map(([id, s]) => ({ s, label: labelBox(s, places, state.nodes.get(id)) }));
  for (const m of [...state.messages.values()].reverse()) {
    if (!places.at.has(m.from) || !places.at.has(m.to)) continue;
    const lane = m.from + ' ' + m.to, from = lanes.get(lane) ?? 0;
    const spot = state.messages.size > CAREFUL ? { f: Math.min(from + .2, .9), off: 0 } : freeSpot(places, m, from, taken, kept, r);
    rest.set(m.id, spot);
    taken.push(onLink(places.at, m.from, m.to, spot.f, spot.off));
    lanes.set(lane, places.grid ? 0 : spot.f);
  }
  return rest;
}

// labelBox is about where a server's words and votes are: half of their width and height around a point.
function labelBox(s, { room }, n) {
  const { rem } = unit, out = s.r + RIM * rem, votes = n.up && n.votes && n.role.includes('candidate') ? (n.votes.old ? 1.1 : .6) * rem : 0;
  if (!s.side) return { x: s.x, y: s.y + out + .45 * rem + votes, w: Math.min(3.3 * rem, room / 2), h: .75 * rem + votes };
  return { x: s.x + s.side * (out + 3.6 * rem), y: s.y + (s.shift < 0 ? -1.8 : 1.5 * s.shift) * rem + votes, w: 3.4 * rem, h: 1.7 * rem + votes };
}

const BESIDE = [0, 2.3, -2.3, 4.6, -4.6], OUTSIDE = [...BESIDE, 6.9, -6.9]; // radii of a ball; outside the words of a grid

function freeSpot(places, m, from, taken, kept, r) {
  let best = { f: from, off: 0 }, least = Infinity;
  for (const beside of places.grid ? OUTSIDE : BESIDE) for (const f of along(from, places.grid)) {
    const p = onLink(places.at, m.from, m.to, f, beside * r), hidden = hides(p, taken, kept, r) + Math.abs(beside) * .05;
    if (hidden < least - .01) { least = hidden; best = { f, off: beside * r }; }
    if (least < .3) return best;
  }
  return best;
}

// along are the places on a link in the order in which they are tried.
function* along(from, grid) {
  if (!grid) for (let f = from; f <= .96; f += .04) yield f;
  else for (let f = 1; f > 0; f -= .04) yield f;
}

// hides is how much a ball hides, in pixels: a server and its words count more than another ball.
function hides(p, taken, kept, r) {
  let hidden = 5 * (Math.max(0, r - p.x, p.x + r - unit.W) + Math.max(0, r - p.y, p.y + r - unit.H)); // what leaves the ring's room
  for (const o of taken) hidden += Math.max(0, 2.15 * r - Math.hypot(p.x - o.x, p.y - o.y));
  for (const { s, label } of kept) {
    hidden += 3 * Math.max(0, s.r + RIM * unit.rem + r - Math.hypot(p.x - s.x, p.y - s.y));
    hidden += 2 * Math.max(0, r - Math.hypot(Math.max(0, Math.abs(p.x - label.x) - label.w), Math.max(0, Math.abs(p.y - label.y) - label.h)));
  }
  return hidden;
}

// hull is the outline of points.
export function hull(points) {
  const ps = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list) => {
    const h = [];
    for (const p of list) {
      while (h.length > 1 && turn(h.at(-2), h.at(-1), p) <= 0) h.pop();
      h.push(p);
    }
    h.pop();
    return h;
  };
  return [...half(ps), ...half(ps.reverse())];
}

const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
