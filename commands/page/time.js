// Time on the page: following the console, playing, scrolling back.
import { $, svg, set, colour, phone } from './dom.js';
import { leadersOf } from './facts.js';
import { paintServers, drawWay } from './ring.js';
import { paintLogs } from './logs.js';
import { paintWords } from './words.js';
import { paintCard } from './card.js';

const LONGEST = 650, SHORTEST = 40, ONE = 600, REST = 1300, ASKED = 2500, LIVE = 250; // milliseconds

// Player shows a timeline. It follows the console until somebody scrolls back.
export class Player {
  at = 0;           // the frame that is shown, or that the motion goes to
  prev = 0;
  t = 1;            // how much of the way from prev to at is gone
  queue = [];
  following = true;
  playing = false;
  machine = false;  // whether what the state machines hold is shown
  away = false;
  seen = 0;         // the latest frame that was shown: what lies behind is the future
  #painted = -1;
  #timer = 0;
  #ms = 0;
  #then = 0;
  #calm = matchMedia('(prefers-reduced-motion: reduce)');

  // stored is a recorded stream: it begins at its beginning, and its future is hidden.
  constructor(timeline, stored) {
    this.timeline = timeline;
    this.stored = stored;
    this.following = !stored;
  }

  get frames() { return this.timeline.frames; }
  get moving() { return this.t < 1; }

  // added is called after the timeline grew: what is new is played, in at most pace
  // milliseconds; a page is never more than one command behind.
  added(dropped) {
    if (dropped) this.#shift(dropped);
    const end = this.frames.length - 1;
    if (!this.following || this.stored) { this.words(); this.chrome(); return; }
    if (document.hidden || !this.timeline.pace || this.#calm.matches || this.frames[end]?.whole || !this.frames[this.at]) { this.go(end); return; }
    const commands = this.timeline.commands, newest = this.timeline.commandAt(end), start = newest > 0 ? commands[newest - 1].first - 1 : 0;
    if (this.at < start) this.go(Math.max(0, commands[newest].first - 1));
    this.#enqueue(end, this.frames[end].state.live ? Math.min(LIVE, this.timeline.pace) : this.timeline.pace);
  }

  #shift(n) {
    const back = (i) => Math.max(0, i - n);
    this.at = back(this.at);
    this.prev = back(this.prev);
    this.seen = back(this.seen);
    this.queue = this.queue.map(back);
    this.#painted = -1;
  }

  #enqueue(to, time) {
    const all = [];
    for (let i = this.at + 1; i <= to; i++) all.push(i);
    if (!all.length) { if (!this.moving) this.repaint(); return; }
    const most = Math.max(1, Math.floor(time / SHORTEST)), step = all.length / most;
    this.queue = step > 1 ? Array.from({ length: most }, (_, i) => all[Math.min(all.length - 1, Math.ceil((i + 1) * step) - 1)]) : all;
    this.#ms = Math.min(LONGEST, time / this.queue.length);
    document.body.classList.remove('still');
    if (!this.moving) this.#step();
  }

  // go moves to a frame: at once, or through the frames between in the given time.
  go(to, time = 0) {
    to = Math.max(0, Math.min(this.frames.length - 1, to));
    if (this.moving) this.finish();
    this.queue = [];
    if (time && !this.#calm.matches && to > this.at) { this.#enqueue(to, time); return; }
    document.body.classList.add('still');
    this.prev = this.at = to;
    this.t = 1;
    this.repaint();
  }

  #step() {
    this.prev = this.at;
    this.at = this.queue.shift();
    this.t = 0;
    this.#then = performance.now();
    requestAnimationFrame((now) => this.#tick(now));
  }

  finish() {
    this.at = this.queue.length ? this.queue.at(-1) : this.at;
    this.queue = [];
    this.t = 1;
    this.prev = this.at;
    this.repaint();
  }

  #tick(now) {
    if (!this.moving || !this.frames[this.at]) return;
    this.t = Math.min(1, this.t + Math.max(0, now - this.#then) / this.#ms);
    this.#then = now;
    if (this.t >= .55 && this.#painted !== this.at) this.#paint(this.at);
    drawWay(this.frames[this.prev], this.frames[this.at], this.t);
    if (this.t < 1) requestAnimationFrame((then) => this.#tick(then));
    else if (this.queue.length) this.#step();
    else this.#arrived();
  }

  // repaint shows the frame again, at rest.
  repaint() {
    if (!this.frames.length) return;
    this.#paint(this.at);
    drawWay(this.frames[this.at], this.frames[this.at], 1);
  }

  #paint(i) {
    this.#painted = i;
    this.seen = Math.max(this.seen, i);
    const f = this.frames[i], before = this.frames[Math.max(0, i - 1)];
    paintServers(f, before, this.machine);
    this.words();
    paintLogs(f, before);
    this.chrome();
  }

  // words shows the texts of the frame and the card; a question that is open is shown
  // wherever one has scrolled to.
  words() {
    const i = Math.max(0, this.#painted), f = this.frames[i], open = this.timeline.card;
    if (!f) return;
    paintWords(this.timeline, i, this.away);
    const asked = !this.stored && open?.kind === 'question';
    paintCard(asked ? open : f.card, f, asked);
  }

  // chrome shows the slider and the buttons.
  chrome() {
    const end = this.frames.length - 1;
    $('slider').max = Math.max(1, end);
    $('slider').value = Math.max(0, this.#painted);
    set($('slider'), { 'aria-valuetext': $('where').textContent });
    set($('b-follow'), { class: this.following ? 'live' : 'past' }, this.following ? 'following' : phone() ? 'follow' : 'looking back · f follows');
    $('b-follow').hidden = this.stored;
    set($('b-play'), {}, this.playing ? '‖' : '▶');
    this.#eras();
  }

  #erasKey = '';

  // #eras colours the slider with the leaders' terms; what was not reached yet stays plain.
  #eras() {
    const end = this.stored ? this.seen : this.frames.length - 1, key = [end, this.frames.length, this.timeline.dropped].join();
    if (key === this.#erasKey) return;
    this.#erasKey = key;
    const box = $('eras'), out = [], runs = [], all = Math.max(1, this.frames.length - 1);
    for (let i = 0; i <= end; i++) {
      const terms = leadersOf(this.frames[i].state).map((n) => n.term).sort((a, b) => a - b), name = terms.join();
      if (runs.at(-1)?.name === name) runs.at(-1).to = i + 1;
      else runs.push({ name, terms, from: i, to: i + 1 });
    }
    for (const r of runs) r.terms.forEach((term, j) => {
      const h = 10 / r.terms.length;
      out.push(svg('rect', { x: r.from, y: j * h, width: Math.min(r.to, all) - r.from + .05, height: h, class: colour(term) }));
    });
    for (const c of this.timeline.commands) if (c.first <= end) out.push(svg('line', { x1: c.first, x2: c.first, y1: 0, y2: 10 }));
    set(box, { viewBox: `0 0 ${all} 10` });
    box.replaceChildren(...out);
  }

  #arrived() {
    this.chrome();
    if (!this.playing) return;
    if (this.at >= this.frames.length - 1) { this.pause(); this.repaint(); return; }
    this.#timer = setTimeout(() => this.playing && this.#playOn(), this.frames[this.at].card ? ASKED : REST);
  }

  #playOn() {
    const k = this.timeline.commandAt(this.at), end = k < 0 ? 0 : this.timeline.endOf(k);
    this.go(this.at < end ? end : this.timeline.endOf(k + 1), this.timeline.pace || 2000);
    if (!this.moving) this.#arrived(); // nothing moves where motion is reduced
  }

  #own() {
    this.pause();
    this.following = false;
  }

  // settle ends a motion at once, and says whether there was one.
  settle() {
    if (!this.moving) return false;
    this.finish();
    return true;
  }

  pause() {
    this.playing = false;
    clearTimeout(this.#timer);
  }

  // ---- what keys and buttons do

  play() {
    if (this.playing) { this.pause(); this.settle(); this.repaint(); return; }
    this.#own();
    this.playing = true;
    if (this.at >= this.frames.length - 1) this.go(0);
    this.#playOn();
  }

  follow() {
    this.pause();
    this.following = !this.stored;
    this.go(this.frames.length - 1);
  }

  first() { this.#own(); this.go(0); }

  eventOn() {
    const many = this.queue.length;
    if (this.settle() && many) return;
    if (this.at >= this.frames.length - 1) { this.chrome(); return; }
    this.#own();
    this.go(this.at + 1, ONE);
  }

  eventBack() { this.#own(); this.go(this.at - 1); }

  commandOn() {
    if (this.settle()) return;
    if (this.at >= this.frames.length - 1) return;
    this.#own();
    const k = this.timeline.commandAt(this.at), end = k < 0 ? 0 : this.timeline.endOf(k);
    this.go(this.at < end ? end : this.timeline.endOf(k + 1), this.timeline.pace || 2000);
  }

  commandBack() {
    this.#own();
    const k = this.timeline.commandAt(this.at);
    this.go(k <= 0 ? 0 : this.timeline.commands[k].first - 1);
  }

  slide(to) { this.#own(); this.go(to); }
}
