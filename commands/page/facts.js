// What a state says, in the few forms that several parts of the page need.

const known = new WeakMap();

// remembered is what make finds out about a state, worked out once for each state.
export function remembered(state, name, make) {
  let facts = known.get(state);
  if (!facts) known.set(state, facts = {});
  return facts[name] ??= make(state);
}

// configOf is the configuration that the cluster uses now, as far as one server can tell:
// the leader of the highest term, else the server of the highest term.
export const configOf = (state) => remembered(state, 'config', findConfig);

const NONE = { voters: [], oldVoters: [], learners: [] };

function findConfig(state) {
  let best = null;
  for (const n of state.nodes.values()) {
    if (n.voters && (!best || rank(n) > rank(best))) best = n;
  }
  return best ? { voters: best.voters ?? [], oldVoters: best.oldVoters ?? [], learners: best.learners ?? [] } : NONE;
}

const rank = (n) => (n.up ? 1e9 : 0) + n.term * 2 + (n.role === 'leader' ? 1 : 0);

// memberOf is what a server is in the configuration: voter, learner or outside; in joint
// consensus also old, new or both.
export function memberOf(state, id) {
  const c = configOf(state);
  if (!c.voters.length) return 'voter';
  const now = c.voters.includes(id), old = c.oldVoters.includes(id);
  if (c.oldVoters.length && (now || old)) return now && old ? 'both' : now ? 'new' : 'old';
  return now ? 'voter' : c.learners.includes(id) ? 'learner' : 'outside';
}

// concernsOf is what the broken invariants and the departures are about.
export const concernsOf = (state) => remembered(state, 'concerns', findConcerns);

function findConcerns(state) {
  const all = [...state.violations ?? [], ...state.departures ?? []], gather = (k) => new Set(all.flatMap((v) => v[k] ?? []));
  return { nodes: gather('nodes'), terms: gather('terms'), indexes: gather('indexes') };
}

export const leadersOf = (state) => [...state.nodes.values()].filter((n) => n.up && n.role === 'leader');

const SHORT = { RequestVote: 'RV', PreVote: 'PV', AppendEntries: 'AE', InstallSnapshot: 'IS', TimeoutNow: 'TN' };
export const isReply = (m) => m.type.endsWith('Reply');
export const isYes = (m) => m.granted ?? m.success ?? true;
export const shortType = (m) => (isReply(m) ? (isYes(m) ? 'yes' : 'no') : SHORT[m.type] ?? '?');
export const cellText = ([, kind, data]) => (kind === 'noop' ? 'no-op' : data || kind);
