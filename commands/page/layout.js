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

const sizes = (n, small) => (small ? (n <= 5 ? 2.2 : n <= 7 ? 1.9 : 1.7) : n <= 3 ? 4 : n <= 5 ? 3.6 : n <= 7 ? 3.2 : 2.55);

function circle(state) {
  const { rem, W, H } = unit, ids = ringOrder(state), n = ids.length, at = new Map(), small = phone(), groups = groupsOf(state);
  const r = rem * sizes(n, small), label = rem * (small ? 1.2 : n < 8 ? 7.2 : 6.4), foot = small ? 2.9 * rem : 0;
  const low = n % 2 ? Math.cos(Math.PI / n) : 1, wide = n < 3 ? 1 : Math.max(...ids.map((_, i) => Math.sin(2 * Math.PI * i / n)));
  const rx = Math.max(r, Math.min((W / 2 - r - label) / wide, H * .62)), ry = Math.max(r, Math.min((H - 2 * r - (groups.length > 1 ? 3 : 1.8) * rem - foot) / (1 + low), rx * 1.35));
  const cy = (H - foot - (1 + low) * ry) / 2 + ry;
  ids.forEach((id, i) => {
    const a = 2 * Math.PI * i / n - Math.PI / 2, x = W / 2 + rx * Math.cos(a);
    at.set(id, { x, y: cy + ry * Math.sin(a), r, side: small ? 0 : x < W / 2 - 1 ? -1 : 1, shift: small || n < 7 ? 0 : i === 0 ? -1 : x > W / 2 - 1 && x < W / 2 + 1 ? 1 : 0 });
  });
  apart(groups, at, cy);
  return { at, grid: false };
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

// grid places many servers in rows; each side of a partition begins a row of its own.
function grid(state) {
  const { rem, W, H } = unit, n = state.nodes.size, groups = groupsOf(state), small = phone(), at = new Map();
  let cols = Math.max(2, Math.ceil(Math.sqrt(n * W / H * .8)));
  const rowsFor = (c) => groups.reduce((s, g) => s + Math.ceil(g.length / c), 0);
  while (cols < n && rowsFor(cols) > (small ? 7 : 4) && W / (cols + 1) > rem * 5.4) cols++;
  const rows = rowsFor(cols), r = Math.min(2.9 * rem, W / cols * .34, H / rows * .27);
  let row = 0;
  for (const g of groups) {
    g.forEach((id, i) => at.set(id, { x: W * (i % cols + .5) / cols, y: H * (row + Math.floor(i / cols) + .5) / rows - .9 * rem, r, side: 0 }));
    row += Math.ceil(g.length / cols);
  }
  return { at, grid: true, cell: { w: W / cols, h: H / rows } };
}

// ballSize is the radius of a message.
export function ballSize(places) {
  const n = places.at.size;
  return unit.rem * (places.grid ? .5 : phone() ? .95 : n <= 5 ? 1.36 : n <= 7 ? 1.22 : 1.1);
}

// onLink is a place on a lane: from 0, beside the sender, to 1, beside the receiver;
// -1 is inside the one and 2 inside the other. Each direction keeps to its right.
export function onLink(at, from, to, f) {
  const a = at.get(from), b = at.get(to), d = Math.hypot(b.x - a.x, b.y - a.y) || 1, ux = (b.x - a.x) / d, uy = (b.y - a.y) / d;
  const inset = Math.min(a.r + 2.2 * unit.rem, d / 2 - 2), lane = (d - 2 * inset < 3 * unit.rem ? .8 : .5) * unit.rem;
  const s = f < 0 ? mix(inset, a.r * .6, -f) : f > 1 ? mix(d - inset, d - a.r * .6, f - 1) : mix(inset, d - inset, f);
  return { x: a.x + ux * s - uy * lane, y: a.y + uy * s + ux * lane, a: Math.atan2(uy, ux) };
}

export const mix = (a, b, t) => a + (b - a) * t;

const CAREFUL = 60; // with more messages than these, they may hide each other

// restOf says how far on its link each message waits: the newest beside its sender, and
// then as far along as it must be to hide no other message and no server.
export function restOf(state) {
  const places = placesOf(state);
  places.rest ??= findRest(state, places);
  return places.rest;
}

function findRest(state, places) {
  const lanes = new Map(), f = new Map(), taken = [], r = ballSize(places);
  for (const m of [...state.messages.values()].reverse()) {
    if (!places.at.has(m.from) || !places.at.has(m.to)) continue;
    const lane = m.from + ' ' + m.to, from = lanes.get(lane) ?? 0;
    const spot = state.messages.size > CAREFUL ? Math.min(from + .2, .9) : freeSpot(places, m, from, taken, r);
    f.set(m.id, spot);
    taken.push(onLink(places.at, m.from, m.to, spot));
    lanes.set(lane, spot);
  }
  return f;
}

function freeSpot(places, m, from, taken, r) {
  let best = from, least = Infinity;
  for (let f = from; f <= .96; f += .04) {
    const p = onLink(places.at, m.from, m.to, f);
    let hidden = 0;
    for (const o of taken) hidden += Math.max(0, 2.15 * r - Math.hypot(p.x - o.x, p.y - o.y));
    for (const s of places.at.values()) {
      hidden += Math.max(0, s.r + r + (places.grid ? .8 * unit.rem : r * .2) - Math.hypot(p.x - s.x, p.y - s.y));
      if (!s.side) hidden += Math.max(0, 1.2 * unit.rem + r - Math.hypot((p.x - s.x) * .5, p.y - s.y - s.r - unit.rem)); // its label
    }
    if (hidden < least - .01) { least = hidden; best = f; }
    if (!hidden) break;
  }
  return best;
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
