// What hides something on the page, and what is smaller than it is to be: a list of sentences. Of a text,
// the letters count, and not the room above and below them. HIDES is how much of a ball may touch words.
(() => {
  const out = [], $$ = (x, of = document) => [...of.querySelectorAll(x)], phone = innerWidth <= 700;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize), n = $$('.node').length;
  const box = (e) => e.getBoundingClientRect(), seen = (e) => box(e).width > 1 && box(e).height > 1;
  const letters = (e) => { const b = box(e), h = e.tagName === 'text' ? b.height * .2 : 0;
    return { left: b.left, right: b.right, top: b.top + h, bottom: b.bottom - h, is: e.getAttribute('class') + ' ' + e.textContent }; };
  const disc = (e) => { const b = box(e); return { x: b.left + b.width / 2, y: b.top + b.height / 2, r: b.width / 2 }; };
  const deep = (b, d) => d.r - Math.hypot(Math.max(b.left - d.x, d.x - b.right, 0), Math.max(b.top - d.y, d.y - b.bottom, 0));
  const hit = (a, b) => a.left + 1.5 < b.right && b.left + 1.5 < a.right && a.top + 1.5 < b.bottom && b.top + 1.5 < a.bottom;
  const nodes = $$('.node').map((g) => ({ id: g.querySelector('.name').textContent, disc: disc(g.querySelector('.arcbed')),
    inner: $$('.name, .term', g).map(letters),
    words: [...$$('.pill, .under, .under2, .held', g), ...$$('.votes > *', g)].filter(seen).map(letters) }));
  const balls = $$('.ball').map((g) => { const m = g.getScreenCTM(), r = /A([\d.]+)/.exec(g.querySelector('path').getAttribute('d'))[1];
    return { is: g.querySelector('title').textContent, x: m.e, y: m.f, r: +r }; });
  const stage = box($$('#ring')[0]);
  for (const m of balls) if (m.y - m.r < stage.top - .6 * rem || m.y > stage.bottom || m.x < 0 || m.x > stage.right + m.r) out.push(m.is + ' leaves the stage');
  for (const a of nodes) for (const p of a.words) {
    for (const b of nodes) if (a !== b) {
      if (deep(p, b.disc) > 1.5) out.push(a.id + ' ' + p.is + ' on ' + b.id);
      for (const q of b.words) if (a.id < b.id && hit(p, q)) out.push(a.id + ' ' + p.is + ' on ' + b.id + ' ' + q.is);
    }
    for (const m of balls) if (deep(p, m) > m.r * HIDES) out.push(m.is + ' on ' + a.id + ' ' + p.is);
  }
  for (const a of nodes) {
    for (const b of nodes) if (a.id < b.id && Math.hypot(a.disc.x - b.disc.x, a.disc.y - b.disc.y) < a.disc.r + b.disc.r - 1) out.push(a.id + ' on ' + b.id);
    for (const m of balls) for (const p of a.inner) if (deep(p, m) > 2) out.push(m.is + ' on ' + a.id + ' ' + p.is);
  }
  const size = (e) => parseFloat(getComputedStyle(e).fontSize), r = n <= 5 ? 2.2 : n <= 7 ? 1.9 : n <= 9 ? 1.7 : 1.45;
  const least = (what, has, wanted) => { if (has < wanted - .01) out.push(what + ' has ' + has + ' px, not ' + wanted); };
  const k = phone ? .3 * r : 1, cell = phone ? .84 : 1;
  for (const e of $$('.node .name')) least('name ' + e.textContent, size(e), 1.95 * k * rem);
  for (const e of $$('.node .term')) least('term ' + e.textContent, size(e), 1.8 * k * rem);
  for (const e of $$('#rows .cell:not(.snap)')) if (seen(e)) least('cell ' + e.textContent, size(e), 1.25 * cell * rem);
  for (const g of $$('.node')) if (!g.querySelector('.word').textContent) out.push(g.querySelector('.name').textContent + ' has no word');
  for (const c of $$('#rows .cell.fresh, #rows .cell.gone')) {
    const sign = getComputedStyle(c, c.classList.contains('gone') ? '::before' : '::after'), b = box(c), w = parseFloat(sign.width);
    const right = b.right - parseFloat(sign.right), top = b.top + parseFloat(sign.top), badge = { left: right - w, right, top, bottom: top + w };
    for (const t of c.children) {
      const range = document.createRange();
      range.selectNodeContents(t);
      const l = range.getBoundingClientRect(), h = l.height * .22;
      if (l.width && hit({ left: l.left, right: Math.min(l.right, box(t).right - parseFloat(getComputedStyle(t).paddingRight)), top: l.top + h, bottom: l.bottom - h }, badge)) out.push('a badge on ' + c.textContent);
    }
  }
  return [...new Set(out)];
})()
