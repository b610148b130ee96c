package ballot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/words"
	"raftlab/raft"
)

// An election that has not been held is tried on a copy of the cluster. Only
// the candidate's own requests and their answers travel there, the refusals
// last, so that whatever it says is of the logs, terms and votes of now. What
// is in flight already may still arrive before: that is a matter of order, and
// is asked on further copies.

// Consequence tells how an election of the server would end if its
// timer fired now.
func Consequence(w *cluster.World, id raft.ID) string {
	b, err := holdBallot(w, id, nil, false)
	if err != nil {
		return "cannot start an election: " + err.Error()
	}
	if !b.wins {
		return fmt.Sprintf("cannot win term %d%s%s", b.term, b.whyNot(), b.halves())
	}
	provided := each.Only([]string{b.deposing(), b.overtaken(w, id)}, func(s string) bool { return s != "" })
	return fmt.Sprintf("wins term %d%s%s", b.term, prose.Either(len(provided) > 0, ", if ", ""),
		strings.Join(provided, ", and if "))
}

// ballot is an election on a copy, played out.
type ballot struct {
	w      *cluster.World // the copy
	id     raft.ID        // the candidate
	term   uint64
	wins   bool
	sent   uint64        // messages beyond this number are the election's
	events []event.Event // with what the rules decided
	late   raft.Set      // who answer with a higher term, which would end the election
	no     [2]raft.Set   // who were asked, and did not say yes: to a RequestVote, and to a PreVote
}

// holdBallot has the server's timer fire on a copy, and plays the election out. The
// messages of first arrive between the two; with answers, what these bring about as well.
func holdBallot(w *cluster.World, id raft.ID, first []uint64, answers bool) (*ballot, error) {
	b, err := beginBallot(w, id)
	if err != nil {
		return nil, err
	}
	for _, m := range first {
		_ = b.w.Apply(cluster.Deliver{ID: m})
	}
	for n := 0; answers && n < manyAnswers && b.answer(); n++ {
	}
	b.play()
	return b, nil
}

// beginBallot has the server's timer fire on a copy.
func beginBallot(w *cluster.World, id raft.ID) (*ballot, error) {
	b := &ballot{w: w.Clone(), id: id, term: w.State(id).CurrentTerm + 1, sent: w.LastSent()}
	l := &cluster.Listener{Decide: true}
	b.w.Listen(l)
	err := b.w.Apply(cluster.Timeout{Node: id})
	b.events = l.Events
	return b, err
}

// play has the election's own messages arrive.
func (b *ballot) play() {
	l := &cluster.Listener{Decide: true}
	b.w.Listen(l)
	for !b.over() && b.deliver() {
	}
	b.wins, b.events = b.over(), append(b.events, l.Events...)
}

// again is a copy of a ballot that has begun, and is not played out yet.
func (b *ballot) again() *ballot {
	return &ballot{w: b.w.Clone(), id: b.id, term: b.term, sent: b.sent}
}

// halves is, in a joint configuration, the votes that the candidate got of each
// of the two majorities that it needs (section 6).
func (b *ballot) halves() string {
	if d := lab.Tried(b.events, raft.Majority, false, b.id); d != nil && d.Halves.Joint() {
		return "; it has the votes of " + tell.Halves(d.Halves)
	}
	return ""
}

// over tells whether the election is won.
func (b *ballot) over() bool {
	n := b.w.State(b.id)
	return n != nil && n.Role == raft.Leader && n.CurrentTerm == b.term
}

// own tells whether a message in flight is the election's.
func (b *ballot) own(f *cluster.Flight) bool {
	return f.From == b.id && tell.IsVoteRequest(f.Message) || f.To == b.id && tell.IsVoteReply(f.Message)
}

// deliver lets one more message of the election arrive: requests first, then
// votes, then refusals.
func (b *ballot) deliver() bool {
	best, rank := cluster.Flight{}, 3
	for _, f := range b.w.FlightsAfter(b.sent) {
		if !b.own(&f) || b.w.Waits(&f) {
			continue
		}
		r := 0
		if tell.SaysNo(f.Message) {
			r = 2
		} else if tell.IsVoteReply(f.Message) {
			r = 1
		}
		if r < rank {
			best, rank = f, r
		}
		if r == 2 && f.Message.MessageTerm() > b.w.State(b.id).CurrentTerm && b.w.Fate(&f) == "" {
			b.late = b.late.With(f.From)
		}
	}
	if rank == 3 {
		return false
	}
	last := b.w.LastSent()
	done := b.w.Apply(cluster.Deliver{ID: best.ID}) == nil
	if rank == 0 && !slices.ContainsFunc(b.w.FlightsAfter(last), func(f cluster.Flight) bool {
		return f.To == b.id && tell.IsVoteReply(f.Message) && !tell.SaysNo(f.Message)
	}) {
		round := 0
		if best.Message.Type() == "PreVote" {
			round = 1
		}
		b.no[round] = b.no[round].With(best.To)
	}
	return done
}

// manyAnswers is how many messages that others bring about are delivered, at most.
const manyAnswers = 60

// answer lets one message arrive that was sent since, and is not the election's.
func (b *ballot) answer() bool {
	for _, f := range b.w.FlightsAfter(b.sent) {
		if !b.own(&f) && !b.w.Waits(&f) {
			return b.w.Apply(cluster.Deliver{ID: f.ID}) == nil
		}
	}
	return false
}

// deposing is which answers must not arrive before the election is won, since
// a higher term in them ends it (§5.1).
func (b *ballot) deposing() string {
	if b.late.Empty() {
		return ""
	}
	refusals := prose.Either(b.late.Len() == 1, "refusal of %s, which has", "refusals of %s, which have")
	return fmt.Sprintf("the votes arrive before the "+refusals+" a higher term", prose.And(b.late.Names()))
}

// manyOlder is how many messages in flight are tried, at most, as the one that
// arrives first.
const manyOlder = 100

// overtaken is which messages that are in flight already would end the
// election if they arrived before it is won: one alone, those of one server, all
// together, or to each server those that turn it against the candidate.
func (b *ballot) overtaken(w *cluster.World, id raft.ID) string {
	voters := w.State(id).Configuration.AllVoters().With(id)
	var older []uint64
	from, to := make([][]uint64, w.Size()+1), make([][]uint64, w.Size()+1)
	flights := slices.DeleteFunc(w.Flights(), func(f cluster.Flight) bool {
		return !voters.Has(f.To) || w.Waits(&f) || w.Fate(&f) != "" ||
			f.Message.MessageTerm() < w.State(f.To).CurrentTerm
	})
	if len(flights) > manyOlder { // those of the latest terms do most
		slices.SortStableFunc(flights, func(a, b cluster.Flight) int {
			return cmp.Compare(b.Message.MessageTerm(), a.Message.MessageTerm())
		})
		flights = flights[:manyOlder]
	}
	for _, f := range flights {
		older = append(older, f.ID)
		from[f.From] = append(from[f.From], f.ID)
		to[f.To] = append(to[f.To], f.ID)
	}
	var names []string
	for _, m := range older {
		if !b.winsAfter(w, []uint64{m}, false) {
			names = append(names, words.MessageID(m).String())
		}
	}
	if len(names) > 0 {
		verb := prose.Either(len(names) == 1, "arrives", "arrive")
		if len(names) > 4 {
			names = append(names[:4], "others")
		}
		return fmt.Sprintf("it is over before %s %s", prose.And(names), verb)
	}
	for sender, mail := range from {
		if len(mail) > 1 && !b.winsAfter(w, mail, false) {
			return fmt.Sprintf("it is over before the older messages of %s arrive", raft.ID(sender))
		}
	}
	if len(older) > 1 && !b.winsAgainst(w, to) || len(older) > 0 && !b.winsAfter(w, older, true) {
		return "it is over before the older messages arrive"
	}
	return ""
}

// winsAgainst tells whether the election is won where each server has received,
// before it is asked, those of its older messages that turn it against the
// candidate, in the worst order. A message changes only the server that receives
// it, so the servers can be looked at one by one, and no order is worse than all
// of these together. A leader that counts two confirmations may commit a
// configuration and append the next one (section 6), and then its log is newer.
func (b *ballot) winsAgainst(w *cluster.World, mail [][]uint64) bool {
	begun, err := beginBallot(w, b.id)
	if err != nil {
		return false
	}
	rounds := 1
	if w.Settings().PreVote {
		rounds = 2
	}
	for round := range rounds {
		var first []uint64
		for v, its := range mail {
			if len(its) > 0 {
				o := orders{b: b, at: raft.ID(v), round: round, left: manyOrders, seen: map[uint64]bool{}}
				o.seen[begun.w.ServerHash(o.at)] = true
				first = append(first, o.turning(begun, its)...)
			}
		}
		if len(first) > 0 && !b.winsAfter(w, first, false) {
			return false
		}
	}
	return true
}

// manyOrders is how many orders of older messages are tried at one server, at most.
const manyOrders = 100

// orders are the orders in which older messages may arrive at one server.
type orders struct {
	b     *ballot // without older messages
	at    raft.ID
	round int             // of the ballot, as in no
	left  int             // how many more are tried
	seen  map[uint64]bool // by the hash of the server's state
}

// turning is messages in an order that turns the server against the candidate, or
// nothing. A state that was seen before is not followed again.
func (o *orders) turning(begun *ballot, mail []uint64) []uint64 {
	for i, m := range mail {
		if o.left--; o.left < 0 {
			break
		}
		after := begun.again()
		_ = after.w.Apply(cluster.Deliver{ID: m})
		state := after.w.ServerHash(o.at)
		if o.seen[state] {
			continue
		}
		o.seen[state] = true
		c := after.again()
		if c.play(); !c.wins || !c.late.Empty() || c.no[o.round].Has(o.at) && !o.b.no[o.round].Has(o.at) {
			return []uint64{m}
		}
		if more := o.turning(after, slices.Delete(slices.Clone(mail), i, i+1)); more != nil {
			return append([]uint64{m}, more...)
		}
	}
	return nil
}

// winsAfter tells whether the election is won, in any order of its own messages,
// when others arrive before them; with answers, also what these cause.
func (b *ballot) winsAfter(w *cluster.World, first []uint64, answers bool) bool {
	c, err := holdBallot(w, b.id, first, answers)
	return err == nil && c.wins && c.late.Empty()
}

// whyNot names those who stand in the way: with newer logs, with a vote given
// elsewhere, in a later term, with a leader, or out of reach.
func (b *ballot) whyNot() string {
	said := blame{}
	for _, e := range b.events {
		for _, d := range e.Decisions {
			if d.Peer == b.id {
				b.refusal(&said, &d)
			}
		}
	}
	t := b.w
	for peer := range t.State(b.id).Configuration.AllVoters().Without(b.id).All() {
		if !t.Has(peer) || !t.Up(peer) || t.Frozen(peer) || t.IsCut(b.id, peer) || t.IsCut(peer, b.id) {
			said.add(peer, "cannot", "cannot", "answer")
		}
	}
	if len(said) == 0 {
		return ""
	}
	return " because " + said.String()
}

// refusal is what one decision of a voter says against the candidate.
func (b *ballot) refusal(said *blame, d *raft.Decision) {
	switch {
	case d.Rule == raft.CandidateUpToDate && !d.Holds:
		said.add(d.Node, "holds", "hold", fmt.Sprintf("(%d, t%d)", d.Args[3], d.Args[2]))
	case d.Rule == raft.VoteOnce && !d.Holds:
		said.add(d.Node, "has", "have", fmt.Sprintf("voted for %s", raft.ID(d.Args[0])))
	case d.Rule == raft.Stickiness && d.Holds:
		if n := b.w.State(d.Node); n != nil && n.Role == raft.Leader {
			said.add(d.Node, "leads", "lead", fmt.Sprintf("term %d", n.CurrentTerm))
			break
		}
		said.add(d.Node, "has", "have", "heard a leader recently")
	case d.Rule == raft.StaleTerm && d.Holds:
		said.add(d.Node, "is", "are", fmt.Sprintf("in term %d", d.Args[1]))
	}
}

// blame is servers by what they did, in the order in which that came up.
type blame []blamed

type blamed struct {
	verb, verbs string // said of one and of several
	what        string
	who         []string
}

func (b *blame) add(id raft.ID, verb, verbs, what string) {
	i := slices.IndexFunc(*b, func(x blamed) bool { return x.verb == verb && x.what == what })
	if i < 0 {
		i = len(*b)
		*b = append(*b, blamed{verb: verb, verbs: verbs, what: what})
	}
	if who := &(*b)[i].who; !slices.Contains(*who, id.String()) {
		*who = append(*who, id.String())
	}
}

func (b blame) String() string {
	said := each.As(b, func(x blamed) string {
		return fmt.Sprintf("%s %s %s", prose.And(x.who), prose.Either(len(x.who) == 1, x.verb, x.verbs), x.what)
	})
	return strings.Join(said, "; ")
}
