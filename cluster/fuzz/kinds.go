package fuzz

import (
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/machine"
	"raftlab/cluster/network"
	"raftlab/raft"
)

// kind is a kind of action. A run draws a weight for each.
type kind uint8

const (
	deliver kind = iota
	timeout
	beat
	submit
	drop
	duplicate
	kill
	restart
	freeze
	thaw
	isolate
	cut
	heal
	fire
	read
	retry
	compact
	sync
	transfer
	member
	pass
	kinds
)

// weights of a kind are drawn from these: some runs lose one message in a
// hundred, some most of them (Groce, Swarm Testing, 2012).
var scale = [...]uint16{1, 4, 16, 64, 256}

// rare is the kinds that most runs do without, and how many of them do with.
var rare = [kinds]int{
	read: 2, drop: 2, duplicate: 4, kill: 2, freeze: 4, isolate: 4, cut: 6, compact: 6, sync: 2, transfer: 6, member: 3,
}

// chances is what a run draws, and now and then draws anew.
type chances struct {
	weight [kinds]uint16
	total  int
	order  order // in which messages arrive
	crowd  int   // with more messages than this in flight the oldest are lost
	phase  int   // steps, on average, for which the same servers act; 0: all do
	jump   int   // a change of role, a commit or a command ends a phase once in so many times; 0: never
}

// order is which of the messages in flight is likely to arrive next.
type order uint8

const (
	any order = iota
	newest
	oldest
	orders
)

// draw draws the chances.
func (g *run) draw() {
	for k := range kinds {
		g.weight[k] = scale[g.below(len(scale))]
		if n := rare[k]; n > 0 && !g.oneIn(n) && !(k == member && g.sure) {
			g.weight[k] = 0
		}
	}
	g.weight[deliver] = 64
	g.weight[timeout] = scale[g.below(3)] // or no election would ever end
	if g.clocked {                        // much time passes between few reads otherwise
		g.weight[pass], g.weight[read] = scale[g.below(3)], scale[2+g.below(3)]
	}
	g.leaveOut()
	g.total = 0
	for k := range kinds {
		g.total += int(g.weight[k])
	}
	g.order = order(g.below(int(orders)))
	g.crowd = g.world.Size() << g.below(5)
	g.phase, g.jump = 0, g.below(4)
	if !g.oneIn(4) {
		g.phase = 4 << g.below(4)
	}
	g.focus()
}

// leaveOut takes out the kinds that could do nothing, which costs time.
func (g *run) leaveOut() {
	s := g.world.Settings()
	for k, idle := range [kinds]bool{
		pass:   !g.clocked,
		member: !g.changes, retry: !g.retries, sync: !g.unsyncs,
		timeout: g.clocked, beat: g.clocked,
		fire:    g.clocked || !s.PreVote && !s.CheckQuorum && !s.Stickiness && g.weight[transfer] == 0,
		restart: g.weight[kill] == 0 && !g.anyone(g.down),
		thaw:    g.weight[freeze] == 0 && !g.anyone(g.frozen),
		heal:    g.weight[isolate]+g.weight[cut] == 0 && !g.parted,
	} {
		if idle {
			g.weight[k] = 0
		}
	}
}

// anyone tells whether there is such a server.
func (g *run) anyone(is func(raft.ID) bool) bool {
	for id := raft.ID(1); int(id) <= g.world.Size(); id++ {
		if is(id) {
			return true
		}
	}
	return false
}

// focus is another set of servers that act: mostly a bare majority, so that the
// others lag behind for a while, as in Figure 8.
func (g *run) focus() {
	n := g.world.Size()
	size := n
	if g.phase > 0 && !g.oneIn(8) {
		size = n/2 + 1
	}
	g.active = raft.Set{}
	for id, left := 1, n; left > 0; id, left = id+1, left-1 {
		if g.below(left) < size {
			g.active = g.active.With(raft.ID(id))
			size--
		}
	}
}

// turn ends a phase by chance, after a step that was notable or not.
func (g *run) turn(notable bool) {
	if g.phase > 0 && (g.oneIn(g.phase) || notable && g.jump > 0 && g.oneIn(g.jump)) {
		g.focus()
	}
}

// pick is a kind, by weight, less those that are out; left is the others' weight.
func (g *run) pick(out uint32, left int) kind {
	at := g.below(left)
	for k := range kinds {
		if out&(1<<k) != 0 {
			continue
		}
		if at -= int(g.weight[k]); at < 0 {
			return k
		}
	}
	panic("fuzz: the weights do not add up")
}

// toServer is the kinds that are done to one server, and to which they may be.
var toServer = [kinds]struct {
	may func(*run, raft.ID) bool
	do  func(raft.ID) cluster.Action
}{
	timeout: {(*run).mayTimeOut, func(id raft.ID) cluster.Action { return cluster.Timeout{Node: id} }},
	beat:    {(*run).leads, func(id raft.ID) cluster.Action { return cluster.Heartbeat{Node: id} }},
	kill:    {(*run).up, func(id raft.ID) cluster.Action { return cluster.Kill{Node: id} }},
	restart: {(*run).down, func(id raft.ID) cluster.Action { return cluster.Restart{Node: id} }},
	freeze:  {(*run).runs, func(id raft.ID) cluster.Action { return cluster.Freeze{Node: id} }},
	thaw:    {(*run).frozen, func(id raft.ID) cluster.Action { return cluster.Thaw{Node: id} }},
	compact: {(*run).mayCompact, func(id raft.ID) cluster.Action { return cluster.Snapshot{Node: id} }},
	sync:    {(*run).unsynced, func(id raft.ID) cluster.Action { return cluster.Sync{Node: id} }},
}

// choose is an action of the kind, each that can be taken as likely as another,
// or nil when there is none now.
func (g *run) choose(k kind) cluster.Action {
	switch k {
	case deliver, drop, duplicate:
		return g.mail(k)
	case submit:
		return g.request()
	case read:
		return g.reading()
	case retry:
		return g.again()
	case isolate, cut, heal:
		return g.links(k)
	case fire:
		return g.timer()
	case transfer:
		return g.handOver()
	case member:
		return g.change()
	case pass:
		return g.time()
	}
	to := &toServer[k]
	if id := g.server(func(id raft.ID) bool { return to.may(g, id) }); id != 0 {
		return to.do(id)
	}
	return nil
}

// server is one of those that can, each as likely, or 0.
func (g *run) server(can func(raft.ID) bool) raft.ID {
	n := 0
	var list [cluster.MaxServers]raft.ID
	for id := g.active.Next(0); id != 0; id = g.active.Next(id) {
		if can(id) {
			list[n] = id
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return list[g.below(n)]
}

func (g *run) up(id raft.ID) bool     { return g.world.Up(id) }
func (g *run) down(id raft.ID) bool   { return !g.world.Up(id) }
func (g *run) frozen(id raft.ID) bool { return g.world.Up(id) && g.world.Frozen(id) }
func (g *run) runs(id raft.ID) bool   { return g.world.Up(id) && !g.world.Frozen(id) }
func (g *run) leads(id raft.ID) bool {
	return g.runs(id) && g.world.State(id).Role == raft.Leader
}
func (g *run) mayTimeOut(id raft.ID) bool {
	return g.runs(id) && g.world.State(id).Role != raft.Leader && g.world.State(id).MayCampaign()
}
func (g *run) mayCompact(id raft.ID) bool {
	return g.runs(id) && g.world.State(id).LastApplied >= g.world.State(id).Log.FirstIndex()
}
func (g *run) unsynced(id raft.ID) bool { return g.world.Up(id) && g.world.Unsynced(id) }
func (g *run) takes(id raft.ID) bool    { return g.leads(id) && g.world.State(id).Transferee == 0 }

// mail is a delivery, a loss or a copy of one of the messages in flight. A
// delivery to a server that is down, or on a cut link, is a loss.
func (g *run) mail(k kind) cluster.Action {
	w, n := g.world, g.world.Mail()
	if n == 0 || k == duplicate && n > g.crowd/2 {
		return nil
	}
	at := g.below(n)
	if k == deliver {
		at = g.place(n)
	}
	for range n {
		m := w.MailAt(at)
		if k == duplicate {
			return cluster.Duplicate{ID: m.ID}
		}
		if g.active.Has(m.From) && g.active.Has(m.To) && !w.Waits(m) {
			if k == drop {
				return cluster.Drop{ID: m.ID}
			}
			return cluster.Deliver{ID: m.ID}
		}
		if at++; at == n {
			at = 0
		}
	}
	return nil
}

// place is which of n messages is delivered: any, or rather one of the newest,
// as the run was drawn.
func (g *run) place(n int) int {
	switch {
	case g.order == newest && !g.oneIn(8):
		return n - 1 - g.below(min(n, 3))
	case g.order == oldest && !g.oneIn(8):
		return g.below(min(n, 3))
	}
	return g.below(n)
}

// links cuts a server off, cuts a link, or mends all.
func (g *run) links(k kind) cluster.Action {
	n := g.world.Size()
	switch k {
	case isolate:
		one := raft.SetOf(raft.ID(1 + g.below(n)))
		if n > 3 && g.oneIn(2) {
			one = one.With(raft.ID(1 + g.below(n)))
		}
		g.parted = true
		return cluster.Partition{Groups: []raft.Set{one}}
	case cut:
		from, to := raft.ID(1+g.below(n)), raft.ID(1+g.below(n))
		if from == to {
			return nil
		}
		g.parted = true
		return cluster.SetLinks{Cut: true, Links: []network.Link{{From: from, To: to}}}
	}
	if !g.parted {
		return nil
	}
	g.parted = false
	return cluster.SetLinks{Links: g.allLinks()}
}

func (g *run) allLinks() []network.Link {
	var all []network.Link
	for from := raft.ID(1); int(from) <= g.world.Size(); from++ {
		for to := raft.ID(1); int(to) <= g.world.Size(); to++ {
			if from != to && g.world.IsCut(from, to) {
				all = append(all, network.Link{From: from, To: to})
			}
		}
	}
	return all
}

// time is a while that passes, on all clocks alike; those of stopped processes
// go on with the cluster's.
func (g *run) time() cluster.Action {
	for range 1 + g.below(12) {
		g.ticks = append(g.ticks, cluster.ClockTick{})
		for id := raft.ID(1); int(id) <= g.world.Size(); id++ {
			if g.runs(id) {
				g.ticks = append(g.ticks, cluster.Tick{Node: id})
			}
		}
	}
	a := g.ticks[0]
	g.ticks = g.ticks[1:]
	return a
}

// timer lets one of the other timers run out where that makes a difference.
func (g *run) timer() cluster.Action {
	w := g.world
	id := g.server(g.runs)
	if id == 0 {
		return nil
	}
	n, s := w.State(id), w.Settings()
	var can [4]string
	some := can[:0]
	if n.HeardLeader && (s.PreVote || s.Stickiness) {
		some = append(some, "minimum")
	}
	if n.Role == raft.Leader && s.CheckQuorum {
		some = append(some, "quorum")
	}
	if n.Role == raft.Leader && n.Transferee != 0 {
		some = append(some, "transfer")
	}
	if n.Lease {
		some = append(some, "lease")
	}
	if len(some) == 0 {
		return nil
	}
	return cluster.Fire{Timer: some[g.below(len(some))], Node: id}
}

// The clients of a run, and what they ask.
var (
	askers   = [...]string{"C1", "C2", "C3", "C4"}
	commands = func() (out []string) {
		for i := range 128 {
			out = append(out, machine.Put("x", fmt.Sprint(i+1)))
		}
		return out
	}()
	increment, look = machine.Incr("n"), [...]string{machine.Get("x"), machine.Get("n")}
	keys            = [...]string{"x", "n"}
)

// client is any: it may ask something else before it knows what became of its
// last request.
func (g *run) client() string { return askers[g.below(len(askers))] }

// request is a command to a leader: a put, of a value of its own, or now and
// then an increment.
func (g *run) request() cluster.Action {
	id := g.server(g.takes)
	if id == 0 {
		return nil
	}
	client := g.client()
	g.asked++
	data := commands[g.asked%len(commands)]
	if g.oneIn(4) {
		data = increment
	}
	return cluster.Request{Client: client, Data: data, Via: id}
}

// reading is a get, answered as the settings say.
func (g *run) reading() cluster.Action {
	mode, which, can := g.world.Settings().Reads, g.below(len(keys)), g.leads
	switch mode {
	case "log":
		can = g.takes
	case "local":
		can = g.runs
	}
	id, client := g.server(can), g.client()
	switch {
	case id == 0:
		return nil
	case mode == "log":
		return cluster.Request{Client: client, Data: look[which], Via: id}
	}
	return cluster.Read{Client: client, Key: keys[which], Mode: mode, Via: id}
}

// again is a request sent again, by a client that does not know what became of
// it. Without sessions that may do it twice, which is no mistake of Raft's
// (§8), so then nobody does.
func (g *run) again() cluster.Action {
	if !g.retries {
		return nil
	}
	at := g.below(len(askers))
	for i := range askers {
		c := g.world.Client(askers[(at+i)%len(askers)])
		if c != nil && c.Status != clients.Done && g.server(g.takes) != 0 {
			return cluster.Retry{Client: c.Name}
		}
	}
	return nil
}

// handOver is a transfer of leadership to another voter.
func (g *run) handOver() cluster.Action {
	id := g.server(g.takes)
	if id == 0 {
		return nil
	}
	to := g.server(func(to raft.ID) bool {
		return to != id && g.world.State(id).Configuration.Voters.Has(to)
	})
	if to == 0 {
		return nil
	}
	return cluster.Transfer{Node: to, At: id}
}

// change is a change of the membership.
func (g *run) change() cluster.Action {
	id := g.server(g.takes)
	if id == 0 {
		return nil
	}
	n := g.world.State(id)
	if n.ConfigurationIndex > n.CommitIndex {
		return nil // one at a time
	}
	c := *n.Configuration
	who := raft.ID(1 + g.below(g.most))
	if !c.Learners.Empty() && g.oneIn(2) {
		who = c.Learners.Next(0)
	}
	switch {
	case c.Learners.Has(who):
		return cluster.Promote{Node: who, At: id}
	case !c.Voters.Has(who):
		return cluster.AddServer{Node: who, Learner: g.oneIn(2), At: id}
	case g.oneIn(2) && c.Voters.Len() > 1:
		return cluster.RemoveServer{Node: who, At: id}
	}
	voters := raft.SetOf(id)
	for range 1 + g.below(g.most) {
		voters = voters.With(raft.ID(1 + g.below(g.most)))
	}
	return cluster.Reconfigure{Voters: voters, At: id}
}

// changing is the mistakes that only a change of the membership brings out.
var changing = []string{"change-before-own-term", "direct-change", "learner-counts", "removed-disrupts"}

// mustChange tells whether runs change the membership in any case: where that is
// what is broken.
func mustChange(w *cluster.World) bool {
	return !w.Settings().OwnTermFirst || slices.ContainsFunc(w.Bugs(), func(b string) bool {
		return slices.Contains(changing, b)
	})
}
