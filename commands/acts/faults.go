package acts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/execute"
	"raftlab/cluster/machine"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

var wipeNode = words.NodeThat(words.Down)

// atNodes is a command that does an action at each of some nodes that should be so.
func atNodes(c lang.Command, fits func(words.NodeFacts) bool, should string,
	action func(raft.ID) cluster.Action) *lang.Command {
	nodes := words.NodesThat(fits)
	c.Changes, c.Args = true, lang.Params{nodes}
	c.Run = func(c *lang.Call) (*lang.Result, error) {
		if group := nodes.Of(c).NeverThat(fits); group != "" {
			return nil, lang.Errorf("%s takes no server that is %s", c.Command.Name, group).
				WithHint("status shows what each server is")
		}
		return eachNode(c, nodes.Of(c), should, are(c, fits), action)
	}
	return &c
}

// are says of a node whether it is such.
func are(c *lang.Call, such func(words.NodeFacts) bool) func(raft.ID) bool {
	return func(id raft.ID) bool {
		facts, _ := lab.WorldOf(c.World).Node(id)
		return such(facts)
	}
}

// eachNode does an action for each of the nodes. Those that came with a word
// like `all` and are not what they should be are skipped.
func eachNode(c *lang.Call, nodes words.NodeSet, should string, fits func(raft.ID) bool,
	action func(raft.ID) cluster.Action) (*lang.Result, error) {
	ids := each.Only(nodes.IDs, func(id raft.ID) bool { return nodes.Named(id) || fits(id) })
	if len(ids) == 0 {
		return lang.Tell("None of these servers " + should + ": there is nothing to do."), nil
	}
	return lang.OK(), lab.WorldOf(c.World).DoAll(each.As(ids, action)...)
}

var _ = Commands.Register(atNodes(lang.Command{
	Name: "kill", Aliases: []string{"crash"}, Topic: lab.TopicFaults,
	Summary: "crashes servers: volatile state is lost, stable storage is kept",
	Details: "It says what was lost (unsynced writes, and requests that still wait for a reply) and what " +
		"survived on disk.",
	Examples: []string{"kill S2", "kill S1 S3", "kill all"},
	Results:  []any{lab.NodesResult{}},
}, words.Up, "is up", func(id raft.ID) cluster.Action { return cluster.Kill{Node: id} }))

var _ = Commands.Register(atNodes(lang.Command{
	Name: "restart", Topic: lab.TopicFaults,
	Summary: "starts dead servers from their disks, as followers",
	Details: "A server that restarts must learn again what is committed, because commitIndex is volatile (Figure " +
		"2).",
	Examples: []string{"kill S2; restart S2", "kill S1 S2; restart all"},
	Results:  []any{lab.NodesResult{}},
}, words.Down, "is down", func(id raft.ID) cluster.Action { return cluster.Restart{Node: id} }))

var _ = Commands.Register(atNodes(lang.Command{
	Name: "freeze", Topic: lab.TopicFaults,
	Summary:  "stops processes: no timer fires and messages to them wait, but their clocks keep running",
	Examples: []string{"freeze S1"},
	Needs:    lab.Needs(lab.Stepping, "isolate NODE cuts it off, and kill NODE stops it"),
}, words.Running, "is running", func(id raft.ID) cluster.Action { return cluster.Freeze{Node: id} }))

var _ = Commands.Register(atNodes(lang.Command{
	Name: "thaw", Topic: lab.TopicFaults,
	Summary:  "resumes stopped processes: timers that are overdue fire at the next tick, and a lease may have ended",
	Examples: []string{"freeze S1; thaw S1", "freeze S1 S2; thaw all"},
	Needs:    lab.Needs(lab.Stepping, "heal mends links, and restart NODE starts one that is down"),
}, words.Stalled, "is frozen", func(id raft.ID) cluster.Action { return cluster.Thaw{Node: id} }))

var _ = Commands.Register(atNodes(lang.Command{
	Name: "sync", Topic: lab.TopicFaults,
	Summary:  "writes unsynced data to the disks of servers",
	Details:  "With `fsync on`, which is the default, there is never any unsynced data.",
	Examples: []string{"set fsync off; timeout S1; sync S1"},
	Needs:    lab.Needs(lab.Stepping, "everything is synced here before any reply"),
}, words.Up, "is up", func(id raft.ID) cluster.Action { return cluster.Sync{Node: id} }))

var _ = Commands.Register(&lang.Command{
	Name: "wipe", Topic: lab.TopicFaults, Changes: true,
	Summary: "destroys a dead server's disk",
	Args:    lang.Params{wipeNode},
	Details: "Raft cannot handle this by itself. The server forgets its votes and its entries, so it may vote " +
		"twice in a term.",
	Examples: []string{"kill S2; wipe S2; restart S2"},
	Needs: lab.Needs(lab.Stepping, "a server that forgets what it promised must not come back under its name; start "+
		"a new cluster in another directory"),
	Run: func(c *lang.Call) (*lang.Result, error) {
		return lang.OK(), lab.Of(c).Do(cluster.Wipe{Node: wipeNode.Of(c)})
	},
})

type rollResult struct {
	Keys   int      `json:"keys" doc:"keys that were compared"`
	Rolled []string `json:"rolled" doc:"the servers that were restarted"`
}

var _ = Commands.Register(&lang.Command{
	Name: "roll", Topic: lab.TopicFaults, Changes: true,
	Summary: "kills and restarts every server in turn, and compares the data before and after",
	Details: "After each restart, the cluster gets time to elect a leader and to bring the server up to date. The " +
		"command fails if a server does not catch up, or if any data is lost. Requests that were on their way may " +
		"still change it.",
	Examples: []string{"timeout S1; settle; put a 1; settle; roll"},
	Results:  []any{rollResult{}},
	Needs:    lab.Needs(lab.Stepping),
	Run:      runRoll,
})

// roller is a rolling restart under way, with the commands that it amounts to,
// in case it is cut short.
type roller struct {
	*lab.Lab
	c    *lang.Call
	done []string
}

func runRoll(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	r := &roller{Lab: l, c: c}
	id, applied := furthest(l.World())
	before := dataOf(l.World(), id)
	var rolled []raft.ID
	for _, id := range l.World().IDs() {
		if !l.World().Up(id) {
			continue
		}
		if err := r.roll(id); err != nil {
			c.SaveAs("%s", strings.Join(r.done, "; "))
			return nil, lang.Kept(err)
		}
		rolled = append(rolled, id)
	}
	if len(rolled) == 0 {
		return nil, lang.Errorf("no server is up").WithHint("restart all starts them")
	}
	id, last := furthest(l.World())
	after := dataOf(l.World(), id)
	if id != 0 && !cameThrough(before, after, l.World().State(id), applied) {
		return nil, lang.Kept(lang.Errorf("the data is not what it was: %s before, %s after",
			prose.Plural(before.Len(), "key"), prose.Plural(after.Len(), "key")).
			WithHint("kv shows what is there, and events shows how it was lost"))
	}
	says := alive(after.Len())
	if !same(before, after) {
		says = fmt.Sprintf("the data is the same as before, except for what %s changed, applied in the meantime",
			tell.Entries(applied+1, last))
	}
	res := lang.OK().With(rollResult{Rolled: raft.SetOf(rolled...).Names(), Keys: after.Len()})
	res.Quiet = true
	return res.Block(view.Says(view.Good, fmt.Sprintf(
		"Killed and restarted %s in turn: %s.", raft.SetOf(rolled...), says))), nil
}

// cameThrough tells whether the data after is that of before, with what the server has applied since: requests that
// were on their way. Where a snapshot has taken the place of these entries, no key may be gone.
func cameThrough(before, after machine.Machine, n *raft.State, applied uint64) bool {
	if n.Log.FirstIndex() > applied+1 {
		for key := range before.All() {
			if _, ok := after.Get(key); !ok {
				return false
			}
		}
		return true
	}
	for i := applied + 1; i <= n.LastApplied; i++ {
		before, _, _ = execute.Entry(before, i, n.Log.Entry(i))
	}
	return same(before, after)
}

func same(a, b machine.Machine) bool { return maps.Equal(maps.Collect(a.All()), maps.Collect(b.All())) }

// alive says that so many keys came through.
func alive(keys int) string {
	switch keys {
	case 0:
		return "there was no data to lose"
	case 1:
		return "the one key is alive, the same as before"
	}
	return fmt.Sprintf("all %d keys are alive, the same as before", keys)
}

// furthest is the server that has applied most, and how much; 0: none is up.
func furthest(w *cluster.World) (id raft.ID, applied uint64) {
	for _, v := range w.IDs() {
		if n := w.State(v); n != nil && n.LastApplied >= applied {
			id, applied = v, n.LastApplied
		}
	}
	return id, applied
}

// dataOf is the data of a server, if there is one.
func dataOf(w *cluster.World, id raft.ID) machine.Machine {
	if id == 0 {
		return machine.NewKV()
	}
	return w.Machine(id)
}

// rollTicks is how long a cluster gets to recover, several election timeouts.
func (r *roller) rollTicks() int { return 20*r.World().Settings().ElectionTimeout.Max + 200 }

func (r *roller) roll(id raft.ID) error {
	_, applied := furthest(r.World())
	if err := r.step(cluster.Kill{Node: id}); err != nil {
		return err
	}
	if r.quorumUp() {
		if err := r.wait(fmt.Sprintf("while %s is down, no server is elected", id),
			func() bool { return r.World().Leader() != 0 }); err != nil {
			return err
		}
	}
	if err := r.step(cluster.Restart{Node: id}); err != nil {
		return err
	}
	if !r.quorumUp() {
		return nil
	}
	return r.wait(fmt.Sprintf("%s does not catch up", id), func() bool {
		n := r.World().State(id)
		return r.World().Leader() != 0 && n.LastApplied >= applied
	})
}

func (r *roller) step(a cluster.Action) error {
	if err := r.Do(a); err != nil {
		return err
	}
	r.done = append(r.done, a.String())
	return nil
}

// quorumUp tells whether enough servers run to elect a leader.
func (r *roller) quorumUp() bool {
	w := r.World()
	up := raft.SetOf(running(w, w.IDs())...)
	return slices.ContainsFunc(up.Slice(), func(id raft.ID) bool { return w.State(id).Configuration.Majority(up) })
}

// wait lets time pass until good, at most rollTicks.
func (r *roller) wait(otherwise string, good func() bool) error {
	ticks := 0
	defer func() {
		if ticks > 0 {
			r.done = append(r.done, fmt.Sprintf("run %d", ticks))
		}
	}()
	for limit := r.rollTicks(); !good(); ticks++ {
		if r.c.Ctx.Err() != nil {
			return lang.Interrupted("in the middle of rolling: " + strings.Join(r.done, "; "))
		}
		if ticks == limit {
			return lang.Errorf("%s within %d ticks", otherwise, limit).
				WithHint("status shows why; with noop off a new leader commits nothing until the next put")
		}
		if err := passTick(r.Lab); err != nil {
			return err
		}
	}
	return nil
}
