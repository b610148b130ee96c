// Where the stream comes from. A source is a function of two: what to do with an item, and
// what to do when the console is away (true) or back (false). It never waits for the page.

const SOONEST = 500, LATEST = 8000; // milliseconds between two tries

// sse follows a console over server-sent events. The browser reconnects by itself and sends
// Last-Event-ID; where it gives up (the console is gone for a while), we begin anew.
export function sse(url) {
  return (onItem, onAway) => {
    let wait = SOONEST;
    const open = () => {
      const events = new EventSource(url);
      events.onopen = () => { wait = SOONEST; onAway(false); };
      events.onmessage = (e) => onItem(JSON.parse(e.data));
      events.onerror = () => {
        onAway(true);
        if (events.readyState !== EventSource.CLOSED) return;
        events.close();
        setTimeout(open, wait);
        wait = Math.min(LATEST, wait * 2);
      };
    };
    open();
  };
}

// stored is a stream that is over. In a lean one a step has of a server only what changed: null
// is a field that is gone, more is what was appended to the entries.
export function stored(items, lean) {
  return (onItem) => {
    const servers = new Map();
    for (const x of items) {
      if (lean && x.nodes) for (const n of x.nodes) servers.set(n.id, n);
      if (lean) for (const step of x.steps ?? []) if (step.nodes) step.nodes = step.nodes.map((n) => completed(n, servers));
      onItem(x);
    }
  };
}

function completed(n, servers) {
  const whole = { ...servers.get(n.id) };
  for (const [k, v] of Object.entries(n)) {
    if (k === 'more') whole.entries = [...whole.entries, ...v];
    else if (v === null) delete whole[k];
    else whole[k] = v;
  }
  servers.set(n.id, whole);
  return whole;
}

// browserID tells the server which browser answers, and nothing else about it. Where storage
// is off, it lasts as long as the page.
let ownID = '';
export function browserID() {
  if (ownID) return ownID;
  try { ownID = localStorage.getItem('raftlab-browser') ?? ''; } catch { /* storage is off */ }
  if (ownID) return ownID;
  ownID = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
  try { localStorage.setItem('raftlab-browser', ownID); } catch { /* storage is off */ }
  return ownID;
}

const REFUSED = { 409: 'This question is closed.', 429: 'Too fast. Please try again in a second.' };

// answerTo sends an answer and resolves to '' or to why it was not taken.
export function answerTo(url) {
  return async (name, answer) => {
    try {
      const body = JSON.stringify({ name, answer, browser: browserID() });
      const r = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      return r.ok ? '' : REFUSED[r.status] ?? `The console refused the answer (${r.status}).`;
    } catch { return 'No connection to the console. Please try again.'; }
  };
}

// presenter talks to the console's input line with the presenter's token.
export function presenter(token) {
  const headers = { Authorization: 'Bearer ' + token };
  const ask = async (path, none) => {
    try {
      const r = await fetch(path, { headers });
      return r.ok ? await r.json() : none;
    } catch { return none; }
  };
  const post = async (path, body) => {
    try {
      const r = await fetch(path, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      if (r.ok) return '';
      return r.status === 401 || r.status === 403 ? 'This is not the presenter’s link of this session.' : (await r.text()).trim() || `The console refused the line (${r.status}).`;
    } catch { return 'No connection to the console.'; }
  };
  return {
    run: (text) => post('line', { text }),
    interrupt: () => post('interrupt', {}),
    complete: (line, pos) => ask(`complete?line=${encodeURIComponent(line)}&pos=${pos}`, { from: pos, candidates: [] }),
    hint: (line) => ask('hint?line=' + encodeURIComponent(line), { hint: '' }),
    history: async () => (await ask('history', { lines: [] })).lines,
  };
}
