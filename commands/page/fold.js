// The stream becomes frames. A frame is a whole state with what led to it; everything on
// the screen is a function of two neighbouring frames. The page knows no rule of Raft.

const WHOLE = ['position', 'clock', 'branch', 'live', 'timeoutMax', 'inFlight', 'cut', 'sides', 'bugs', 'violations', 'departures', 'clients'];
const EMPTY = { position: 0, clock: 0, branch: '', live: false, timeoutMax: 0, cut: [], sides: [], bugs: [], violations: [], departures: [], clients: [] };

// MOST frames are kept, so that a session of a day takes no more memory than one of an hour.
const MOST = 3000, ROOM = 500;

export class Timeline {
  frames = [];
  commands = []; // { first: index of its first frame, command }
  card = null;   // the question, or the answers, that are shown now
  fresh = false; // whether the command that shows the answers is still to come: its item follows theirs
  pace = 2000;   // milliseconds in which a command is played
  title = '';
  dropped = 0;   // frames that were let go at the front

  // add folds an item of the stream and returns how many frames were dropped at the front.
  add(item) {
    const fold = this['on_' + item.kind];
    if (fold) fold.call(this, item);
    return this.trim();
  }

  get last() { return this.frames.at(-1); }

  push(state, more) {
    const f = { state, command: this.command ?? null, card: this.card, base: this.base ?? state, story: [], gone: [], ...more };
    this.frames.push(f);
    return f;
  }

  on_snapshot(x) {
    const state = { ...EMPTY, nodes: byId(x.nodes), messages: byId(x.messages) };
    for (const k of WHOLE) if (x[k] != null) state[k] = x[k];
    if (x.pace !== undefined) this.pace = x.pace;
    if (x.title !== undefined) this.title = x.title;
    this.base = state;
    this.push(state, { whole: true });
  }

  on_frame(x) {
    if (!this.last) return;
    if (x.number) this.begin(x);
    this.steps(x.steps);
  }

  on_command(x) {
    if (!this.last) return;
    const c = this.begin(x), before = this.frames.length;
    Object.assign(c, x, { done: true });
    this.steps(x.steps);
    this.fresh = false;
    if (this.frames.length > before) return;
    const f = this.last;
    if (f.whole && f.command !== c) { // the state came just before the command that asked for it
      f.whole = false;
      f.command = c;
      f.card = this.card;
      this.commands.at(-1).first = this.frames.length - 1;
    } else if (f.command !== c || !c.changed) this.push(f.state);
  }

  // begin is the command of that number, a new one if it is not the one that runs.
  begin(x) {
    if (this.command?.number === x.number && !this.command.done) return this.command;
    this.command = { number: x.number, text: x.text ?? '', ok: true, error: '', hint: '', blocks: [], say: '', changed: false };
    this.base = this.last.state;
    if (this.card?.kind === 'answers' && !this.fresh) this.card = null;
    this.commands.push({ first: this.frames.length, command: this.command });
    return this.command;
  }

  steps(steps) {
    for (const step of steps ?? []) {
      if (this.command && !this.command.done || step.story?.length) this.mark();
      this.push(apply(this.last.state, step), { story: step.story ?? [], gone: step.gone ?? [] });
    }
  }

  mark() { if (this.command) this.command.changed = true; }

  on_question(x) {
    if (this.card?.kind === 'question' && this.card.name === x.name && this.card.round === x.round) {
      Object.assign(this.card, x); // only the counts differ
      return;
    }
    this.show(x);
  }

  on_answers(x) { this.show(x); this.fresh = true; }

  on_closed() { this.show(null); } // a second round comes at once

  show(card) {
    this.card = card;
    if (this.last) this.last.card = card;
  }

  trim() {
    const over = this.frames.length - MOST;
    if (over <= ROOM) return 0;
    this.frames.splice(0, over);
    for (const c of this.commands) c.first -= over;
    while (this.commands.length > 1 && this.commands[1].first <= 0) this.commands.shift();
    if (this.commands.length && this.commands[0].first < 0) this.commands[0].first = 0;
    this.dropped += over;
    return over;
  }

  commandAt(i) { return this.commands.findLastIndex((c) => c.first <= i); }

  endOf(k) { return k + 1 < this.commands.length ? this.commands[k + 1].first - 1 : this.frames.length - 1; }
}

const byId = (list) => new Map((list ?? []).map((x) => [x.id, x]));

function apply(old, step) {
  const s = { ...old };
  for (const k of WHOLE) if (step[k] != null) s[k] = step[k];
  if (step.nodes?.length) {
    s.nodes = new Map(old.nodes);
    for (const n of step.nodes) s.nodes.set(n.id, n);
  }
  if (step.gone?.length || step.messages?.length) {
    s.messages = new Map(old.messages);
    for (const g of step.gone ?? []) s.messages.delete(g.id);
    for (const m of step.messages ?? []) s.messages.set(m.id, m);
  }
  return s;
}
