package commands

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// A schedule is told step by step: each action in a few words with what came
// of it, so that a room can follow it without looking at messages by number.

// told is one action of a schedule.
type told struct {
	Number   int             `json:"number"`
	Command  string          `json:"command"`
	Position uint64          `json:"position"` // behind it
	Says     string          `json:"says"`
	Broken   []string        `json:"broken,omitempty"` // rules that a bug breaks here for the first time
	Breach   string          `json:"breach,omitempty"` // the invariant that falls here
	Events   []cluster.Event `json:"-"`
	turning  bool            // a milestone: what a long story keeps
	pivotal  bool            // a leader is elected, an entry committed or removed: what a very long one keeps
}

// tellSchedule does the actions on a copy of the world and tells them.
func tellSchedule(w *cluster.World, actions []cluster.Action) ([]told, error) {
	w = w.Clone()
	lanes := newBugLanes(w)
	out := make([]told, 0, len(actions))
	for i, a := range actions {
		l := &cluster.Listener{Decide: true, NoTicks: true}
		w.Listen(l)
		if err := w.Apply(a); err != nil {
			return nil, fmt.Errorf("%s: %w", a, err)
		}
		t := told{Number: i + 1, Command: a.String(), Position: w.Position(), Events: l.Events}
		t.Broken = lanes.step(w, a, l.Events)
		t.tell()
		out = append(out, t)
	}
	return out, nil
}

// tell fills in what the events of the step say.
func (t *told) tell() {
	var says []string
	votes := voteGiven(t.Events)
	again := slices.ContainsFunc(t.Events, kindOf(cluster.ElectionTimeout)) &&
		!slices.ContainsFunc(t.Events, kindOf(cluster.RoleChanged))
	for i := range t.Events {
		e := &t.Events[i]
		if said := (e.Kind == cluster.Delivered || e.Kind == cluster.Sent) && votes; said {
			continue
		}
		if e.Kind == cluster.TermChanged && again { // a candidate stays one, so no change of role tells it
			says = append(says, fmt.Sprintf("%s is a candidate of term %d", e.Node, e.Term))
			t.turning = true
		}
		if text := tellEvent(e); text != "" {
			says = append(says, text)
		}
		t.pivotal = t.pivotal || e.Kind == cluster.RoleChanged && e.To == "leader" || e.Kind == cluster.Committed ||
			e.Kind == cluster.Truncated
		switch e.Kind {
		case cluster.Breached:
			t.Breach = string(cluster.DetailOf[cluster.BreachOf](e))
		case cluster.Delivered, cluster.Sent, cluster.Appended, cluster.TermChanged:
		default:
			t.turning = t.turning || milestones[e.Kind]
		}
	}
	t.turning = t.turning || t.Breach != "" || len(t.Broken) > 0
	t.Says = strings.Join(says, "; ")
}

func kindOf(kind cluster.EventKind) func(cluster.Event) bool {
	return func(e cluster.Event) bool { return e.Kind == kind }
}

// voteGiven tells whether a vote is given in the step, which says already that
// it was asked for.
func voteGiven(events []cluster.Event) bool {
	return slices.ContainsFunc(events, func(e cluster.Event) bool { return e.Kind == cluster.Voted && e.Peer != e.Node })
}

// tellEvent is an event in the few words of a schedule, or nothing for what
// follows from the others.
func tellEvent(e *cluster.Event) string {
	switch e.Kind {
	case cluster.Delivered:
		return tellDelivery(e)
	case cluster.Sent:
		return tellAnswer(e)
	case cluster.Lost, cluster.Dropped:
		return tellLoss(e)
	case cluster.Corrupted:
		return fmt.Sprintf("%s refuses it: %s", e.Node, e.Text)
	case cluster.Voted:
		if e.Peer != e.Node {
			return fmt.Sprintf("%s votes for %s in term %d", e.Node, e.Peer, e.Term)
		}
	case cluster.RoleChanged:
		return tellRole(e)
	case cluster.Appended:
		return fmt.Sprintf("%s appends %s", e.Node, entriesTold(e))
	case cluster.Truncated:
		return fmt.Sprintf("%s deletes %s", e.Node, entriesTold(e))
	case cluster.Breached:
		return "BREACH of " + string(cluster.DetailOf[cluster.BreachOf](e))
	case cluster.Restarted:
		return fmt.Sprintf("%s restarts as follower of term %d", e.Node, e.Term)
	case cluster.Crashed:
		return e.Node + " crashes"
	case cluster.HeartbeatDue:
		return e.Node + " sends heartbeats"
	case cluster.Ticked, cluster.ClockTicked, cluster.ElectionTimeout, cluster.TermChanged, cluster.Applied,
		cluster.Accepted:
	default:
		return eventLine(e).String()
	}
	return ""
}

func tellRole(e *cluster.Event) string {
	switch e.To {
	case "leader":
		return fmt.Sprintf("%s leads term %d", e.Node, e.Term)
	case "candidate":
		return fmt.Sprintf("%s is a candidate of term %d", e.Node, e.Term)
	case "pre-candidate":
		return fmt.Sprintf("%s asks whether it would win term %d", e.Node, e.Term+1)
	}
	if e.From == "leader" {
		return fmt.Sprintf("%s no longer leads, in term %d", e.Node, e.Term)
	}
	return fmt.Sprintf("%s is a follower in term %d", e.Node, e.Term)
}

// tellDelivery is the arrival of a message.
func tellDelivery(e *cluster.Event) string { return tellMail(e, e.Peer, e.Node) }

func tellMail(e *cluster.Event, from, to string) string {
	answer := func(what string) string { return fmt.Sprintf("%s's %s reaches %s", from, what, to) }
	switch m := e.Body.(type) {
	case *raft.RequestVote:
		return fmt.Sprintf("%s asks %s for its vote in term %d", from, to, m.Term)
	case *raft.RequestVoteReply:
		return answer(voteText(m.VoteGranted))
	case *raft.PreVote:
		return fmt.Sprintf("%s asks %s whether it would have its vote", from, to)
	case *raft.PreVoteReply:
		return answer(map[bool]string{true: "yes", false: "no"}[m.VoteGranted])
	case *raft.AppendEntries:
		if n := uint64(len(m.Entries)); n > 0 {
			text := answer(entries(m.PrevLogIndex+1, m.PrevLogIndex+n))
			if n > 1 {
				text = strings.Replace(text, " reaches ", " reach ", 1)
			}
			return text
		}
		return answer("heartbeat")
	case *raft.AppendEntriesReply:
		if m.Success {
			return answer(fmt.Sprintf("confirmation up to %d", m.MatchIndex))
		}
		return answer("refusal")
	case *raft.InstallSnapshot:
		if m.Snapshot != nil {
			return answer(fmt.Sprintf("snapshot up to %d", m.Snapshot.Index))
		}
	case *raft.InstallSnapshotReply:
		return answer(fmt.Sprintf("confirmation up to %d", m.MatchIndex))
	}
	return answer(e.Type)
}

func voteText(granted bool) string {
	if granted {
		return "vote"
	}
	return "refusal"
}

// tellAnswer is an answer that nothing else tells.
func tellAnswer(e *cluster.Event) string {
	switch m := e.Body.(type) {
	case *raft.RequestVoteReply:
		if !m.VoteGranted {
			return fmt.Sprintf("%s refuses", e.Node)
		}
		return fmt.Sprintf("%s says yes", e.Node)
	case *raft.PreVoteReply:
		return fmt.Sprintf("%s says %s", e.Node, map[bool]string{true: "yes", false: "no"}[m.VoteGranted])
	case *raft.AppendEntriesReply:
		if !m.Success {
			return fmt.Sprintf("%s refuses", e.Node)
		}
	}
	return ""
}

func tellLoss(e *cluster.Event) string {
	from, to := e.Peer, e.Node
	if e.Kind == cluster.Dropped {
		from, to = e.Node, e.Peer
	}
	return fmt.Sprintf("lost: a %s from %s to %s", e.Type, from, to)
}

// propertySays is what an invariant says, with where the paper has it.
func propertySays(name string) string {
	for _, p := range invariants.Properties {
		if p.Name == name {
			return p.Says
		}
	}
	return beyondInvariants[name]
}

// figure3 is the properties that the paper's Figure 3 lists.
func figure3(name string) bool {
	return name != invariants.Durability && name != invariants.Monotony && beyondInvariants[name] == ""
}

// How many lines a schedule may take, so that it stands with what is said
// about it on a screen of 24 lines, and how wide its last column is there.
const (
	scheduleLines = 13
	scheduleWidth = 54
)

// scheduleTable is a schedule to read: whole when it is short, else its
// milestones and what lies between in a line.
func scheduleTable(steps []told) view.Table {
	t := view.Table{Fixed: 1, Right: []bool{true}}
	shown := pickSteps(steps)
	var between []string
	flush := func() {
		if n := len(between); n > 0 {
			text := prose.Shorten(strings.Join(between, ", "), scheduleWidth-12)
			t.Rows = append(t.Rows, []view.Line{view.LS(view.Quiet, "…"), nil,
				view.LS(view.Quiet, fmt.Sprintf("(%s: %s)", prose.Plural(n, "step"), text))})
		}
		between = nil
	}
	for i := range steps {
		if !shown[i] {
			between = append(between, prose.Visible(steps[i].Command))
			continue
		}
		flush()
		t.Rows = append(t.Rows, steps[i].row())
	}
	flush()
	return t
}

func (t *told) row() []view.Line {
	style := view.Plain
	if t.Breach != "" {
		style = view.Bad
	}
	says := view.LS(style, prose.Visible(t.Says))
	if len(t.Broken) > 0 {
		says = append(says, view.S(view.Bad, "  <- breaks "+strings.Join(t.Broken, ", ")))
	}
	return []view.Line{view.LS(view.Quiet, fmt.Sprint(t.Number)),
		view.LS(view.Code, prose.Shorten(prose.Visible(t.Command), 24)), says}
}

// height is about how many lines the step takes.
func (t *told) height() int {
	n := len([]rune(t.Says))
	if len(t.Broken) > 0 {
		n += len("  <- breaks ") + len(strings.Join(t.Broken, ", "))
	}
	return 1 + max(0, n-1)/scheduleWidth
}

// pickSteps is which steps are shown: all, or else what fits of the milestones,
// the first ones and the last; always those in which something breaks.
func pickSteps(steps []told) []bool {
	shown := make([]bool, len(steps))
	for i := range steps {
		shown[i] = true
	}
	drop := func(from, to int, spare func(*told) bool) {
		for i := from; i < to && tall(steps, shown) > scheduleLines; i++ {
			shown[i] = shown[i] && spare(&steps[i])
		}
	}
	breaks := func(t *told) bool { return t.Breach != "" || len(t.Broken) > 0 }
	drop(0, len(steps), func(t *told) bool { return t.turning })                // first what only travels
	drop(3, len(steps)-2, func(t *told) bool { return breaks(t) || t.pivotal }) // then the middle
	drop(3, len(steps)-2, breaks)
	return shown
}

// tall is about how many lines the steps take, and those that stand for the
// steps left out.
func tall(steps []told, shown []bool) int {
	n := 0
	for i := range steps {
		switch {
		case shown[i]:
			n += steps[i].height()
		case i == 0 || shown[i-1]:
			n++
		}
	}
	return n
}
