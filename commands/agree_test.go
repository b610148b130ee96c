package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/ask"
	"raftlab/commands/lab"
	"raftlab/commands/search"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// The claims. Each is put to the test in many worlds, and none may fall.
const (
	whatifComes     = "what whatif shows is what happens"
	whatifRefuses   = "whatif fails where the command does"
	nextComes       = "what next says of a command happens when it is done"
	nextWins        = "who wins by next wins some order of its election's mail"
	nextSurely      = "who wins by next, without an if, wins every order of its mail and of what is in flight"
	nextLoses       = "who cannot win by next wins no order of its election's mail"
	numbersAreNow   = "the logs that an answer about now names are those of now"
	couldYes        = "could says yes to whoever wins by next or by settle"
	couldShows      = "the schedule of could makes it a leader"
	couldNo         = "whoever could says cannot win does not"
	lossShows       = "the schedule of can loses the entry"
	lossNever       = "what can says cannot be lost is not lost"
	oneOfTwo        = "why and why not are not both answered as if true"
	roleIsSo        = "the role that why explains is the server's"
	voteIsSo        = "the vote that why explains was given"
	commitIsSo      = "the entry that why calls committed is, and the one that it does not is not"
	refusalIsSo     = "why not COMMAND answers where the command fails"
	eventsExplained = "every event is explained"
	causesBefore    = "no cause is later than what it caused"
	numbersAreSo    = "every number in an answer is the state's"
	reachableOwn    = "reachable? says yes to what came about here"
)

var allClaims = []string{whatifComes, whatifRefuses, nextComes, nextWins, nextSurely, nextLoses, numbersAreNow, couldYes, couldShows, couldNo, lossShows, lossNever,
	oneOfTwo, roleIsSo, voteIsSo, commitIsSo, refusalIsSo, eventsExplained, causesBefore, numbersAreSo, reachableOwn,
	linesAreSo, voteEither, clientsAreSo, nothingIsSo, countedIsSo, mailHelps, verdictIs, stepIs}

// known is the claims that fall for now, and why.
var known = map[string]string{}

// judge asks about the present.
func (c *court) judge() {
	c.aboutNext()
	c.aboutWinning()
	q := inquiryOf(c.s)
	c.aboutRoles(q)
	c.aboutVotes(q)
	c.aboutCommits(q)
	c.aboutEvents(q)
	c.aboutClients(q)
	c.aboutRefusals()
	c.aboutLoss()
	if c.some(4) {
		c.aboutReachable()
	}
}

// ask puts a why question, as it is typed.
func (c *court) ask(q *inquiry.Inquiry, question string) (*inquiry.Answer, error) {
	call, _, err := c.s.ParseNext(question, 0)
	if err != nil {
		return nil, err
	}
	call.Ctx = q.Ctx
	r, err := call.Command.Run(call)
	if err != nil {
		return nil, err
	}
	a := r.Value.(*inquiry.Answer)
	if a.Position == 0 {
		c.numbersOfNow(question, a)
	}
	return a, nil
}

func inJSON(x any) string { text, _ := json.Marshal(x); return string(text) }

// compareWhatif compares what whatif said of a command with what it did.
func (c *court) compareWhatif(line string, said *Result, refused error, before *cluster.World, done *Result, err error) {
	if !c.holds(whatifRefuses, (refused == nil) == (err == nil), "whatif %s: %v; when it is done: %v", line, refused, err) || err != nil {
		return
	}
	value := said.Value.(ask.WhatifResult)
	c.holds(whatifComes, inJSON(value.Events) == inJSON(done.Events), "whatif %s: the events are %s; when it is done: %s", line, inJSON(value.Events), inJSON(done.Events))
	rows := tell.Differences(tell.DeltaOf(before, c.world()))
	noted := strings.HasPrefix(line, "wipe ") || strings.HasPrefix(line, "given ") // what is so already is noted as made by hand, and no more
	noted = noted || strings.HasPrefix(line, "heartbeat ")                         // a leader without followers only counts its rounds, for a lease
	c.holds(nothingIsSo, len(rows) > 0 || noted || before.Fingerprint() == c.world().Fingerprint(), "whatif %s: nothing would change, but it does", line)
	c.holds(whatifComes, inJSON(value.Differences) == inJSON(rows), "whatif %s: %s; when it is done: %s", line, inJSON(value.Differences), inJSON(rows))
}

// nextItem is a line of next.
type nextItem struct {
	Number  int
	Command string
	Brings  string
}

func (c *court) next() []nextItem {
	r, err := c.run("next")
	if err != nil {
		c.holds(nextComes, false, "next: %v", err)
		return nil
	}
	var got struct{ Result struct{ Next []nextItem } }
	if err := json.Unmarshal(r.JSON(), &got); err != nil {
		panic(err)
	}
	return got.Result.Next
}

var (
	winsTerm  = regexp.MustCompile(`^wins term (\d+)`)
	losesTerm = regexp.MustCompile(`cannot win term (\d+)|can no longer win term (\d+)`)
)

func (c *court) aboutNext() {
	for _, item := range c.next() {
		id, timer := strings.CutPrefix(item.Command, "timeout ")
		switch {
		case !timer:
			if c.some(8) {
				c.doNext(item)
			}
		case winsTerm.MatchString(item.Brings):
			term := number1(winsTerm.FindStringSubmatch(item.Brings))
			led := c.someOrderWins(idOf(id), term, 200)
			c.holds(nextWins, led, "next: %s: %s; no order of its mail makes it leader of that term", item.Command, item.Brings)
			if !strings.Contains(item.Brings, ", if ") {
				lost := c.someOrderLoses(idOf(id), term, 20)
				c.holds(nextSurely, !lost, "next: %s: %s; but in some order of its mail and of what is in flight it does not", item.Command, item.Brings)
			}
		case losesTerm.MatchString(item.Brings):
			term := number1(losesTerm.FindStringSubmatch(item.Brings))
			led := c.someOrderWins(idOf(id), term, 3)
			c.holds(nextLoses, !led, "next: %s: %s; but in some order of its mail it leads that term", item.Command, item.Brings)
			c.namedLogs("next: "+item.Command, item.Brings)
		}
	}
}

func number1(groups []string) uint64 {
	for _, g := range groups[1:] {
		if n, err := strconv.ParseUint(g, 10, 64); err == nil {
			return n
		}
	}
	return 0
}

func idOf(name string) raft.ID {
	n, _ := strconv.Atoi(strings.TrimPrefix(name, "S"))
	return raft.ID(n)
}

// doNext does one of the things that next lists, and looks for what it said.
func (c *court) doNext(item nextItem) {
	c.trying(func() {
		before := c.world().Clone()
		r, err := c.run(fmt.Sprintf("next %d", item.Number))
		if !c.holds(nextComes, err == nil, "next: %s: %s; it fails: %v", item.Command, item.Brings, err) {
			return
		}
		c.nothingElse(item, before)
		for _, x := range r.Events {
			e := x.(*event.Event)
			switch e.What.(type) {
			case event.RoleChanged, event.TermChanged, event.Voted, event.Appended, event.Truncated, event.Committed, event.SnapshotLoaded:
				text := tell.Story(e).String()
				c.holds(nextComes, strings.Contains(item.Brings, text), "next: %s: %s; when it is done: %s", item.Command, item.Brings, text)
			case event.Lost:
				c.holds(nextComes, strings.Contains(item.Brings, "lost"), "next: %s: %s; when it is done it is lost", item.Command, item.Brings)
			}
		}
	})
}

// someOrderWins has the server's timer fire, and its election's own mail
// delivered in random orders: whether some order makes it leader of the term.
// The mail of some servers, other ones each time, waits until nothing else is
// left: with PreVote the answer of one in a later term must wait for two rounds,
// and no random order has that happen often.
func (c *court) someOrderWins(id raft.ID, term uint64, orders int) bool {
	for range orders {
		w := c.world().Clone()
		before := sentSoFar(w)
		if w.Apply(cluster.Timeout{Node: id}) != nil {
			return false
		}
		coins := c.r.Uint64()
		late := func(id raft.ID) bool { return coins>>id&1 != 0 }
		for w.State(id).Role != raft.Leader || w.State(id).CurrentTerm != term {
			var mail, waiting []uint64
			for _, f := range w.Flights() {
				switch {
				case f.ID <= before || w.Waits(&f):
				case f.From == id && tell.IsVoteRequest(f.Message) && !late(f.To), f.To == id && tell.IsVoteReply(f.Message) && !late(f.From):
					mail = append(mail, f.ID)
				case f.From == id && tell.IsVoteRequest(f.Message), f.To == id && tell.IsVoteReply(f.Message):
					waiting = append(waiting, f.ID)
				}
			}
			if len(mail) == 0 {
				mail = waiting
			}
			if len(mail) == 0 {
				break
			}
			_ = w.Apply(cluster.Deliver{ID: mail[c.r.IntN(len(mail))]})
		}
		if n := w.State(id); n.Role == raft.Leader && n.CurrentTerm == term {
			return true
		}
	}
	return false
}

// someOrderLoses is the same for an election that cannot fail: whether it does
// in some order of its own mail and of the mail that was in flight before.
func (c *court) someOrderLoses(id raft.ID, term uint64, orders int) bool {
	for range orders {
		w := c.world().Clone()
		before := sentSoFar(w)
		if w.Apply(cluster.Timeout{Node: id}) != nil {
			return true
		}
		for w.State(id).Role != raft.Leader || w.State(id).CurrentTerm != term {
			var mail []uint64
			for _, f := range w.Flights() {
				own := f.From == id && tell.IsVoteRequest(f.Message) || f.To == id && tell.IsVoteReply(f.Message)
				if (f.ID <= before || own) && !w.Waits(&f) {
					mail = append(mail, f.ID)
				}
			}
			if len(mail) == 0 {
				return true
			}
			_ = w.Apply(cluster.Deliver{ID: mail[c.r.IntN(len(mail))]})
		}
	}
	return false
}

// sentSoFar is the number of the last message that was sent and is in flight.
func sentSoFar(w *cluster.World) (last uint64) {
	for _, f := range w.Flights() {
		last = max(last, f.ID)
	}
	return last
}

var holdsLog = regexp.MustCompile(`((?:S\d+(?:, | and )?)+) holds? \((\d+), t(\d+)\)`)

// namedLogs compares the logs that a text about now names.
func (c *court) namedLogs(what, text string) {
	for _, m := range holdsLog.FindAllStringSubmatch(text, -1) {
		for _, name := range regexp.MustCompile(`S\d+`).FindAllString(m[1], -1) {
			l := &c.world().Stored(idOf(name)).Log
			is := fmt.Sprintf("(%d, t%d)", l.LastIndex(), l.LastTerm())
			c.holds(numbersAreNow, is == fmt.Sprintf("(%s, t%s)", m[2], m[3]), "%s: %s; but %s holds %s", what, text, name, is)
		}
	}
}

// leadsAfter tells whether the server leads after its timer and settle.
func leadsAfter(w *cluster.World, id raft.ID) bool {
	w = w.Clone()
	if w.Apply(cluster.Timeout{Node: id}) != nil {
		return false
	}
	for n := 0; n < 500; n++ {
		if lab.LeadsNow(w, id) {
			return true
		}
		if w.Apply(cluster.DeliverNext{}) != nil {
			break
		}
	}
	return false
}

// aboutWinning asks could, of whoever wins in a few commands, and at times of
// others.
func (c *court) aboutWinning() {
	for _, id := range c.world().IDs() {
		if !c.some(24) {
			continue
		}
		how := c.winsSomehow(id)
		line := fmt.Sprintf("could %s win", id)
		c.trying(func() {
			r, err := c.within(line, func(x any) bool { return how == "" || x.(*ask.Finding).Answer == "yes" })
			if !c.holds(couldYes, err == nil, "%s: %v", line, err) {
				return
			}
			a := r.Value.(*ask.Finding)
			if how != "" {
				c.holds(couldYes, a.Answer == "yes", "%s: %s, %s; but it leads after %s", line, a.Answer, a.Reason, how)
			}
			switch {
			case a.Answer == "yes":
				w, err := c.play(a.Path)
				c.holds(couldShows, err == nil && lab.LeadsNow(w, id), "%s: %s; %v", line, a.Reason, err)
			case a.Answer == "no" && a.Bounds == nil:
				c.holds(couldNo, how == "", "%s: %s; but it leads after %s", line, a.Reason, how)
			}
		})
	}
}

// within asks a question that has a bound of time: with a short one, and where the
// answer is not good with a long one, so that a busy machine is no contradiction.
func (c *court) within(line string, good func(any) bool) (*Result, error) {
	r, err := c.run(line + " within 10ms")
	if err == nil && !good(r.Value) {
		r, err = c.run(line + " within 30s")
	}
	return r, err
}

// play does a schedule on a copy.
func (c *court) play(path []cluster.Action) (*cluster.World, error) {
	w := c.world().Clone()
	for _, a := range path {
		if err := w.Apply(a); err != nil {
			return w, err
		}
	}
	return w, nil
}

// winsSomehow is a few commands that make a server leader with links as they
// are, or nothing.
func (c *court) winsSomehow(id raft.ID) string {
	if lab.LeadsNow(c.world(), id) || leadsAfter(c.world(), id) {
		return "its timer and settle"
	}
	w := c.world().Clone()
	if n := w.State(id); n != nil && !w.Frozen(id) && !n.MayCampaign() {
		_ = w.Apply(cluster.Kill{Node: id})
	}
	for _, s := range w.IDs() {
		_ = w.Apply(cluster.Restart{Node: s})
	}
	campaign := func(s raft.ID) bool {
		for _, v := range w.IDs() {
			_ = w.Apply(cluster.Fire{Timer: "minimum", Node: v})
		}
		_ = w.Apply(cluster.Timeout{Node: s})
		search.DeliverAll(w)
		_ = w.Apply(cluster.Heartbeat{Node: s})
		search.DeliverAll(w)
		return lab.LeadsNow(w, s)
	}
	for range 3 {
		if campaign(id) {
			return "restart all, and elections of its own"
		}
	}
	other := c.server()
	for range 2 {
		campaign(other)
	}
	for range 3 {
		if campaign(id) {
			return fmt.Sprintf("restart all, elections of %s, and of its own", other)
		}
	}
	return ""
}

func (c *court) aboutRoles(q *inquiry.Inquiry) {
	leader := c.world().Leader()
	_, err := c.ask(q, "why no leader")
	c.holds(roleIsSo, (err == nil) == (leader == 0), "why no leader: %v; the leader is %v", err, leader)
	for _, id := range c.world().IDs() {
		for _, role := range []string{"leader", "follower", "candidate", "pre-candidate", "down"} {
			is := tell.RoleOf(c.world(), id) == role
			if !is && !c.some(3) {
				continue
			}
			_, yes := c.ask(q, fmt.Sprintf("why %s %s", id, role))
			question := fmt.Sprintf("why %s not %s", id, role)
			why, no := c.ask(q, question)
			if no == nil && role == "leader" {
				c.votesOnTheirWay(question, why, id)
			}
			c.holds(oneOfTwo, yes != nil || no != nil, "why %s %s and why %s not %s are both answered", id, role, id, role)
			c.holds(roleIsSo, (yes == nil) == is, "why %s %s: %v; it is %s", id, role, yes, tell.RoleOf(c.world(), id))
			c.holds(roleIsSo, no != nil || !is, "why %s not %s is answered, and it is", id, role)
		}
	}
}

func (c *court) aboutVotes(q *inquiry.Inquiry) {
	w := c.world()
	for _, id := range w.IDs() {
		other := c.server()
		has := w.Stored(id).VotedFor == other
		yes, noYes := c.ask(q, fmt.Sprintf("why %s voted %s", id, other))
		no, noNo := c.ask(q, fmt.Sprintf("why %s not voted %s", id, other))
		if noYes == nil {
			e := q.Record.At(yes.Position)
			c.holds(voteIsSo, e != nil && (event.Is[event.Given](e) || e.Node == id && event.As[event.Voted](e).For == other),
				"why %s voted %s: %s", id, other, yes.Answer)
		}
		c.holds(voteIsSo, noNo != nil || !has, "why %s not voted %s: %s; it has", id, other, text(no))
		c.eitherVote(id, other, q, yes, no, noYes, noNo)
		if noYes == nil && noNo == nil {
			e := q.Record.At(yes.Position)
			c.holds(oneOfTwo, e != nil && (e.View().Term < w.Stored(id).CurrentTerm || !has), "why %s voted %s: %s; why %s not voted %s: %s", id, other, yes.Answer, id, other, no.Answer)
		}
	}
}

func text(a *inquiry.Answer) string {
	if a == nil {
		return ""
	}
	return a.Answer
}

func (c *court) aboutCommits(q *inquiry.Inquiry) {
	w := c.world()
	longest := uint64(0)
	for _, id := range w.IDs() {
		longest = max(longest, w.Stored(id).Log.LastIndex())
	}
	for i := uint64(1); i <= longest+1; i++ {
		if !c.some(2) {
			continue
		}
		_, _, term, committed := w.Memory().CommittedAt(i)
		alike := true // no log holds another entry there
		for _, id := range w.IDs() {
			if t, ok := w.Stored(id).Log.Term(i); ok && committed && t != term && i >= w.Stored(id).Log.FirstIndex() {
				alike = false
			}
		}
		yes, noYes := c.ask(q, fmt.Sprintf("why %d committed", i))
		no, noNo := c.ask(q, fmt.Sprintf("why %d not committed", i))
		for _, question := range []string{fmt.Sprintf("why %d", i), fmt.Sprintf("why %d not committed", i), fmt.Sprintf("why %d not committed on %s", i, c.server())} {
			if a, err := c.ask(q, question); err == nil {
				c.linesOfEntry(question, a, w.Leader(), i)
				c.entryOnItsWay(question, a, w.Leader(), i)
			}
		}
		if noYes == nil {
			c.holds(commitIsSo, committed, "why %d committed: %s; nobody has committed it", i, yes.Answer)
		}
		if noNo == nil && committed && alike {
			c.holds(commitIsSo, !strings.Contains(no.Answer, fmt.Sprintf("Entry %d is not committed", i)), "why %d not committed: %s; it is", i, no.Answer)
		}
		if noYes == nil && noNo == nil && alike {
			c.holds(commitIsSo, !strings.Contains(no.Answer, "is not committed"), "why %d committed: %s; why %d not committed: %s", i, yes.Answer, i, no.Answer)
		}
	}
}

// aboutEvents asks about some of the events.
func (c *court) aboutEvents(q *inquiry.Inquiry) {
	end := q.Record.End()
	n := min(int(end), 6)
	if c.every {
		n = int(end)
	}
	for k := range n {
		p := 1 + uint64(c.r.IntN(int(end)))
		if c.every {
			p = uint64(k + 1)
		}
		question := fmt.Sprintf("why #%d", p)
		a, err := c.ask(q, question)
		if !c.holds(eventsExplained, err == nil && sound(a) == "", "%s: %v %s", question, err, soundOf(a)) {
			continue
		}
		c.causes(q, question, a)
		c.answersCounted(q, question, a)
		c.numbersThen(q, question, a)
	}
}

func soundOf(a *inquiry.Answer) string {
	if a == nil {
		return ""
	}
	return sound(a) + ": " + a.Answer
}

// causes looks at what an answer gives as causes.
func (c *court) causes(q *inquiry.Inquiry, question string, a *inquiry.Answer) {
	e := q.Record.At(a.Position)
	if e == nil {
		return
	}
	last := e.Position // of the action
	for p := e.Position + 1; q.Record.At(p) != nil && q.Record.At(p).Began == e.Began; p++ {
		last = p
	}
	for _, b := range a.Because {
		c.holds(causesBefore, b.Position <= last, "%s: %s, because %s, at #%d", question, a.Answer, b.Text, b.Position)
	}
}

var ofServer = regexp.MustCompile(`^(S\d+)'s (.+)$`)

// stateNumber is a number of a server, by the name that answers give it; ok is
// false where it has no such number.
func stateNumber(w *cluster.World, id raft.ID, name string) (value string, ok bool) {
	if !w.Has(id) {
		return "", false
	}
	d, n := w.Stored(id), w.State(id)
	switch name {
	case "currentTerm", "term":
		return fmt.Sprint(d.CurrentTerm), true
	case "last entry":
		return tell.EntryPlace(d.Log.LastIndex(), d.Log.LastTerm()), true
	case "last index":
		return fmt.Sprint(d.Log.LastIndex()), true
	case "commitIndex", "commitIndex before":
		if n != nil {
			return fmt.Sprint(n.CommitIndex), true
		}
	}
	return "", false
}

// numbersThen compares the numbers of a server in the explanation of an event
// with its state before and after the action.
func (c *court) numbersThen(q *inquiry.Inquiry, question string, a *inquiry.Answer) {
	e := q.Record.At(a.Position)
	if e == nil || len(a.Compared) == 0 {
		return
	}
	id := e.Node
	if id == 0 {
		return
	}
	if x, ok := e.What.(event.TermChanged); ok && a.Rule == raft.HigherTerm.ID {
		c.holds(numbersAreSo, fmt.Sprint(a.Compared[0].Value) == fmt.Sprint(x.Term), "%s: %s: by the message's term, %v", question, a.Answer, a.Compared[0].Value)
	}
	moments := figuresUpTo(q.Record, e)
	for _, n := range a.Compared {
		m := ofServer.FindStringSubmatch(n.Name)
		if m == nil || m[1] != e.Node.String() {
			continue
		}
		if _, ok := stateNumber(q.Record.After(e), id, m[2]); !ok {
			continue
		}
		was := []string{}
		for _, f := range moments {
			was = append(was, f.number(m[2]))
		}
		c.holds(numbersAreSo, slices.Contains(was, fmt.Sprint(n.Value)), "%s: %s: %s is %v; up to there the action made it %s", question, a.Answer, n.Name, n.Value, was)
	}
}

// numbersOfNow compares the numbers in an answer about now.
func (c *court) numbersOfNow(question string, a *inquiry.Answer) {
	for _, n := range a.Compared {
		if m := ofServer.FindStringSubmatch(n.Name); m != nil {
			if is, ok := stateNumber(c.world(), idOf(m[1]), m[2]); ok {
				c.holds(numbersAreSo, fmt.Sprint(n.Value) == is, "%s: %s: %s is %v; it is %s now", question, a.Answer, n.Name, n.Value, is)
			}
		}
	}
	c.namedLogs(question, a.Answer)
	for _, b := range a.Because {
		c.namedLogs(question, b.Text)
	}
	for _, n := range a.Nodes {
		c.namedLogs(question, n.Text)
	}
}

func (c *court) aboutRefusals() {
	for range 2 {
		line := c.command()
		c.trying(func() {
			said, not := c.run("why not " + line)
			if not == nil && said.Value.(*inquiry.Answer).Redirected { // an answer, though nothing refuses it
				not = errors.New("it is done by another server")
			}
			_, err := c.run(line)
			c.holds(refusalIsSo, (not == nil) == (err != nil), "why not %s: %v; when it is done: %v", line, not, err)
		})
	}
}

// aboutLoss asks whether entries can be lost; those that cannot are watched
// where the world goes on.
func (c *court) aboutLoss() {
	for _, id := range c.world().IDs() {
		l := &c.world().Stored(id).Log
		if l.LastIndex() < l.FirstIndex() || !c.some(6) {
			continue
		}
		c.askLoss(l.FirstIndex()+uint64(c.r.IntN(int(l.LastIndex()-l.FirstIndex()+1))), id)
	}
	c.goOn()
}

func (c *court) askLoss(i uint64, id raft.ID) {
	t, ok := c.world().Stored(id).Log.Term(i)
	e := lab.Entry{Index: i, Term: t}
	if !ok || i == 0 || i < c.world().Stored(id).Log.FirstIndex() {
		return
	}
	line := fmt.Sprintf("can %d be lost on %s depth 14 within 10ms", i, id)
	c.trying(func() {
		r, err := c.run(line)
		if err != nil {
			return // it is lost already
		}
		a := r.Value.(*ask.Finding)
		switch {
		case a.Answer == "yes":
			w, err := c.play(a.Path)
			c.holds(lossShows, err == nil && (e.Lost(w) || len(w.Breaches()) > 0), "%s: %s; %v", line, a.Reason, err)
		case a.Answer == "no" && a.Bounds == nil:
			c.safe = append(c.safe, e)
		}
	})
}

// goOn lives on for a while, with nothing done by hand.
func (c *court) goOn() {
	if len(c.safe) == 0 {
		return
	}
	c.trying(func() {
		byHand := c.byHand
		c.byHand = false
		for range 12 {
			line := c.command()
			_, _ = c.run(line)
			c.lookAtSafe(line)
		}
		c.byHand = byHand
	})
	c.safe = nil
}

// lookAtSafe looks whether what was said never to be lost is still there.
func (c *court) lookAtSafe(line string) {
	word, _, _ := strings.Cut(line, " ")
	if slices.Contains([]string{"given", "wipe", "inject"}, word) || strings.HasPrefix(line, "set fsync") {
		c.safe = nil
	}
	for _, e := range c.safe {
		c.holds(lossNever, !e.Lost(c.world()), "%s cannot be lost, and is after %s", e, line)
	}
}

// aboutReachable asks about what came about here without anything made by hand.
func (c *court) aboutReachable() {
	if len(ask.Unnatural(c.s.world.(*lab.Lab).History)) > 0 || len(c.world().Breaches()) > 0 {
		return
	}
	c.trying(func() {
		r, err := c.within("reachable?", func(x any) bool { return x.(*ask.ReachableView).Answer == "yes" })
		if c.holds(reachableOwn, err == nil, "reachable?: %v", err) {
			a := r.Value.(*ask.ReachableView)
			c.holds(reachableOwn, a.Answer == "yes", "reachable?: %s: %s", a.Answer, a.Reason)
		}
	})
}
