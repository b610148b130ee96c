package commands

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/search"
	"raftlab/raft"
)

// A long run: go test ./commands -run TestAnswersAgree -agree.for 1h -timeout 2h
var (
	agreeWorlds = flag.Int("agree.worlds", 300, "in how many random worlds TestAnswersAgree asks")
	agreeSeed   = flag.Uint64("agree.seed", 1, "the seed of the first of them")
	agreeFor    = flag.Duration("agree.for", 0, "how long to go on with further worlds")
)

// court is a session in which a random world comes about, command by command,
// and what its answers contradict.
type court struct {
	s      *Session
	nodes  int // at first
	r      *rand.Rand
	script []string
	every  bool            // asks everything, not a sample
	put    map[string]int  // how often each claim was put to the test
	wrong  []contradiction // what was found
	safe   []lab.Entry     // that were said never to be lost
	byHand bool            // things are done that Raft does not do by itself
}

// contradiction is a claim that does not hold, and what speaks against it.
type contradiction struct{ claim, text string }

func newCourt(seed uint64) *court {
	c := &court{r: rand.New(rand.NewPCG(seed, 9)), put: map[string]int{}}
	c.nodes = 3 + c.r.IntN(5)
	s, err := NewSession(Options{Nodes: c.nodes, Seed: seed, KeepGoing: true})
	if err != nil {
		panic(err)
	}
	c.s, c.byHand = s, c.r.IntN(3) == 0
	return c
}

func (c *court) world() *cluster.World { return c.s.world.(*lab.Lab).World() }

// holds puts a claim to the test.
func (c *court) holds(claim string, ok bool, format string, args ...any) bool {
	c.put[claim]++
	if !ok {
		c.wrong = append(c.wrong, contradiction{claim, fmt.Sprintf(format, args...)})
	}
	return ok
}

// some is true once in n times, or always where everything is asked.
func (c *court) some(n int) bool { return c.every || c.r.IntN(n) == 0 }

// run runs a line and returns the last result and the error.
func (c *court) run(line string) (*Result, error) {
	f := &screen{}
	err := c.s.Run(context.Background(), line, f)
	return f.results[len(f.results)-1], err
}

// trying takes back what f does.
func (c *court) trying(f func()) {
	c.s.world.Begin("")
	defer c.s.world.Rollback()
	f()
}

// come has a world come about, and asks about it.
func (c *court) come() {
	for _, line := range c.settings(c.r.IntN(7)) {
		c.step(line)
	}
	if c.r.IntN(3) > 0 { // or most worlds would have no leader
		c.step(fmt.Sprintf("timeout %s", c.server()))
		c.step("settle")
	}
	for range 3 + c.r.IntN(22) {
		c.step(c.command())
	}
	c.judge()
}

// again does a script again, those of its commands that can be done.
func (c *court) again(script []string) {
	c.every = true
	for _, line := range script {
		c.step(line)
	}
	c.judge()
}

// step does a command; what whatif says of it is compared.
func (c *court) step(line string) {
	c.script = append(c.script, line)
	var said *Result
	var refused error
	asked := c.some(5)
	if asked {
		said, refused = c.run("whatif " + line)
	}
	before := c.world().Clone()
	done, err := c.run(line)
	if strings.Contains(fmt.Sprint(err), "fault of raftlab") {
		c.holds("no command panics", false, "%s: %v", line, err)
	}
	if err == nil {
		c.verdictOf(line, before, done)
	}
	if asked {
		c.compareWhatif(line, said, refused, before, done, err)
	}
	c.lookAtSafe(line)
}

// settings sets n of the settings, as commands.
func (c *court) settings(n int) []string {
	pick := func(values ...string) string { return values[c.r.IntN(len(values))] }
	all := []string{
		"noop " + pick("on", "off"), "prevote on", "check-quorum on", "stickiness on", "sessions on", "pipeline on",
		"reads " + pick("read-index", "lease", "local"), "snapshot-every " + pick("1", "2", "5"), "max-entries " + pick("1", "2"),
		"max-bytes " + pick("3", "8"), "back-off conflict-term", "latency " + pick("2", "1..3", "1..12"), "loss 0.1", "duplication 0.1",
		"election-timeout " + pick("10..20", "5", "30..60"), "heartbeat-interval " + pick("2", "8"), "clock-bound 5",
	}
	if c.byHand {
		all = append(all, "fsync off", "fsync off")
	}
	c.r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var lines []string
	for _, s := range all[:n] {
		lines = append(lines, "set "+s)
	}
	return lines
}

func (c *court) server() raft.ID { return raft.ID(1 + c.r.IntN(c.world().Size())) }

// servers is up to n different ones, as words.
func (c *court) servers(n int) string {
	var names []string
	for range 1 + c.r.IntN(n) {
		if s := c.server().String(); !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	return strings.Join(names, " ")
}

// commands is what is done, with weights.
var commands = []struct {
	weight int
	byHand bool // Raft does not do it by itself
	line   func(c *court) string
}{
	{14, false, func(c *court) string { return fmt.Sprintf("timeout %s", c.server()) }},
	{10, false, func(c *court) string { return "settle" }},
	{4, false, func(c *court) string { return "settle " + c.servers(4) }},
	{20, false, (*court).delivery},
	{4, false, func(c *court) string { return strings.Replace(c.delivery(), "deliver", "drop", 1) }},
	{3, false, func(c *court) string { return strings.Replace(c.delivery(), "deliver", "duplicate", 1) }},
	{2, false, func(c *court) string { return strings.Replace(c.delivery(), "deliver", "delay", 1) + " 9" }},
	{6, false, func(c *court) string { return "heartbeat " + c.leaderOr() }},
	{9, false, func(c *court) string { return fmt.Sprintf("put x %d%s", c.r.IntN(9), c.via()) }},
	{3, false, func(c *court) string {
		return "get x reads " + []string{"log", "read-index", "lease", "local"}[c.r.IntN(4)] + c.via()
	}},
	{2, false, func(c *court) string { return fmt.Sprintf("incr y as C%d%s", 1+c.r.IntN(3), c.via()) }},
	{1, false, func(c *court) string { return "retry" }},
	{6, false, func(c *court) string { return fmt.Sprintf("run %d", 1+c.r.IntN(40)) }},
	{2, false, func(c *court) string { return fmt.Sprintf("step %d", 1+c.r.IntN(5)) }},
	{2, false, func(c *court) string { return fmt.Sprintf("tick %d %s", 1+c.r.IntN(25), c.servers(2)) }},
	{6, false, func(c *court) string { return fmt.Sprintf("kill %s", c.server()) }},
	{5, false, func(c *court) string { return "restart all" }},
	{2, false, func(c *court) string { return fmt.Sprintf("freeze %s", c.server()) }},
	{2, false, func(c *court) string { return "thaw all" }},
	{4, false, func(c *court) string { return "partition " + c.servers(4) }},
	{3, false, func(c *court) string { return fmt.Sprintf("isolate %s", c.server()) }},
	{2, false, func(c *court) string { return fmt.Sprintf("cut S1->%s", max(c.server(), 2)) }},
	{6, false, func(c *court) string { return "heal" }},
	{3, false, func(c *court) string { return fmt.Sprintf("snapshot %s", c.server()) }},
	{3, false, func(c *court) string { return fmt.Sprintf("transfer %s", c.server()) }},
	{2, false, func(c *court) string { return fmt.Sprintf("add S%d", min(c.world().Size()+1, 9)) }},
	{3, false, func(c *court) string { return fmt.Sprintf("add S%d as learner", min(c.world().Size()+1, 9)) }},
	{2, false, func(c *court) string { return fmt.Sprintf("promote %s", c.server()) }},
	{2, false, func(c *court) string { return fmt.Sprintf("remove %s", c.server()) }},
	{3, false, func(c *court) string { return "reconfigure " + c.servers(5) }},
	{1, false, func(c *court) string { return fmt.Sprintf("sync %s", c.server()) }},
	{1, false, func(c *court) string { return c.settings(1)[0] }},
	{4, true, func(c *court) string { return fmt.Sprintf("kill %s", c.server()) }},
	{5, true, func(c *court) string { return fmt.Sprintf("wipe %s", c.server()) }},
	{8, true, (*court).given},
	{3, true, (*court).injected},
}

// command is one that may make sense now.
func (c *court) command() string {
	total := 0
	for _, k := range commands {
		total += k.weight
	}
	for {
		at := c.r.IntN(total)
		i := 0
		for ; at >= commands[i].weight; i++ {
			at -= commands[i].weight
		}
		if commands[i].byHand && !c.byHand {
			continue
		}
		return commands[i].line(c)
	}
}

func (c *court) via() string {
	if c.r.IntN(3) == 0 {
		return fmt.Sprintf(" via %s", c.server())
	}
	return ""
}

func (c *court) leaderOr() string {
	if ids := c.world().Leaders(); len(ids) > 0 {
		return ids[c.r.IntN(len(ids))].String()
	}
	return c.server().String()
}

// delivery is a delivery by type and link, which stays the same where other
// commands are left out.
func (c *court) delivery() string {
	f := c.world().Flights()
	if len(f) == 0 {
		return fmt.Sprintf("deliver AE S1->%s", max(c.server(), 2))
	}
	m := f[c.r.IntN(len(f))]
	return fmt.Sprintf("deliver %s %s->%s", m.Message.Type(), m.From, m.To)
}

// given is a log made by hand, mostly of terms that there are.
func (c *court) given() string {
	var words []string
	term, highest := 0, int(search.HighestTerm(c.world()))
	for range c.r.IntN(4) {
		if term += c.r.IntN(3); term > 0 {
			words = append(words, fmt.Sprint(term))
		}
	}
	return fmt.Sprintf("given %s term %d log \"%s\"", c.server(), max(term, highest-c.r.IntN(2)), strings.Join(words, " "))
}

func (c *court) injected() string {
	from := c.server()
	to := from%raft.ID(c.world().Size()) + 1
	term := int(search.HighestTerm(c.world())) + c.r.IntN(2)
	switch c.r.IntN(3) {
	case 0:
		return fmt.Sprintf("inject RequestVote %s->%s term=%d last=%d/%d", from, to, term, c.r.IntN(3), c.r.IntN(2))
	case 1:
		return fmt.Sprintf("inject AppendEntries %s->%s term=%d", from, to, term)
	}
	return fmt.Sprintf("inject RequestVoteReply %s->%s term=%d granted=true", from, to, term)
}

// What no answer may contradict, in worlds that come about at random, with all
// settings and faults. A failure is shown as the shortest script that was found
// for it.
func TestAnswersAgree(t *testing.T) {
	put, begun := map[string]int{}, time.Now()
	found, worlds := map[string]int{}, 0
	for seed := *agreeSeed; worlds < *agreeWorlds || time.Since(begun) < *agreeFor; seed++ {
		worlds++
		c := newCourt(seed)
		c.come()
		for claim, n := range c.put {
			put[claim] += n
		}
		seen := map[string]bool{}
		for _, w := range c.wrong {
			if seen[w.claim] {
				continue
			}
			seen[w.claim] = true
			if found[w.claim]++; found[w.claim] <= 3 && known[w.claim] == "" {
				script, text := leastScript(seed, c.script, w)
				t.Errorf("%s:\n%s\nseed %d: raftlab --nodes %d --seed %d -c '%s'", w.claim, text, seed, c.nodes, seed, strings.Join(script, "; "))
			}
		}
	}
	for claim, why := range known {
		t.Logf("%s does not hold yet, in %d worlds: %s", claim, found[claim], why)
	}
	t.Log(worlds, "worlds:", put)
	for _, claim := range allClaims {
		if put[claim] < worlds/50 && known[claim] == "" {
			t.Errorf("%q was put to the test only %d times", claim, put[claim])
		}
	}
}

// leastScript leaves commands out of a script as long as the claim still falls.
func leastScript(seed uint64, script []string, w contradiction) ([]string, string) {
	text := w.text
	falls := func(script []string) bool {
		c := newCourt(seed)
		c.again(script)
		for _, x := range c.wrong {
			if x.claim == w.claim {
				text = x.text
				return true
			}
		}
		return false
	}
	for i := len(script) - 1; i >= 0; i-- {
		if less := slices.Delete(slices.Clone(script), i, i+1); falls(less) {
			script = less
		}
	}
	return script, text
}
