package ask

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/invariants"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/search"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/raft"
)

// laneView is one lane of a contrast, in words.
type laneView struct {
	Rule     string   `json:"rule,omitempty"` // that was consulted
	Compared []string `json:"compared,omitempty"`
	Holds    *bool    `json:"holds,omitempty"`
	Stores   string   `json:"stores,omitempty"` // where what is stored differs
	Does     []string `json:"does"`
	Ends     string   `json:"ends"`
}

// ContrastView is what `contrast` has as its result: the step in which a world with a bug and one
// without it part.
type ContrastView struct {
	Bug      string   `json:"bug"`
	Says     string   `json:"says"`  // what the bug does
	Rule     string   `json:"rule"`  // the rule that it breaks
	Place    string   `json:"place"` // of the rule in the paper
	RuleSays string   `json:"ruleSays"`
	Why      string   `json:"why"`                // why the rule exists
	From     string   `json:"from"`               // where the counterexample comes from
	Before   string   `json:"before,omitempty"`   // the place right before, for goto
	Alike    int      `json:"alike"`              // how many steps both took alike since the bug was on
	Command  string   `json:"command"`            // the step
	Message  string   `json:"message,omitempty"`  // what it delivers
	Schedule []string `json:"schedule,omitempty"` // of a counterexample that is no branch
	Broken   laneView `json:"broken"`
	Intact   laneView `json:"intact"`
}

func contrastResult(bug *raft.Mutant, p *parting) *lang.Result {
	v := &ContrastView{
		Bug: bug.Name, Says: bug.Says, Rule: bug.Violates.ID, Place: bug.Violates.Place,
		RuleSays: bug.Violates.InFull(), Why: bug.Violates.Reason,
		From: p.from, Before: p.place, Alike: p.alike, Command: p.command, Message: p.message, Schedule: p.how,
	}
	v.Broken, v.Intact = laneViews(bug, p)
	head := view.Table{Fixed: 1}
	row := func(label string, says ...view.Span) {
		head.Add(view.LS(view.Strong, label), says)
	}
	row("the rule", view.S(view.Plain, fmt.Sprintf("%s, %s: %s", v.Rule, v.Place, v.RuleSays)))
	row("broken", view.S(view.Bad, v.Says))
	shown := v.From
	if v.Alike > 0 {
		shown = fmt.Sprintf("%s, after %s alike in both lanes", v.From, prose.Plural(v.Alike, "action"))
	}
	row("shown by", view.S(view.Plain, shown))
	step := view.Line{view.S(view.Code, prose.Visible(v.Command))}
	if v.Message != "" {
		step = append(step, view.S(view.Message, "  "+prose.Visible(v.Message)))
	}
	row("then", step...)
	r := lang.OK().With(v).Block(head, lanesTable(v))
	r.Block(view.Prose{Words: view.Line{view.S(view.Strong, "Why: "), view.S(view.Plain, v.Why)}})
	if len(p.how) > 0 {
		r.Block(search.Headline(view.Line{view.S(view.Plain, "Right before it: "),
			view.S(view.Code, strings.Join(p.how, "; "))}))
	}
	if v.Before != "" {
		r.Block(search.Headline(view.Line{view.S(view.Code, "goto "+v.Before),
			view.S(view.Plain, " is right before it.")}))
	}
	return r
}

// laneViews is what each lane does in the step in which they part.
func laneViews(bug *raft.Mutant, p *parting) (broken, intact laneView) {
	broken = laneView{Does: does(p.events), Ends: p.Ends[0]}
	if p.Ends[0] == nothingFalls && !slices.ContainsFunc(invariants.Properties,
		func(x invariants.Property) bool { return x.Name == bug.Breaks }) {
		broken.Ends += "; what breaks is " + bug.Breaks
	}
	intact = laneView{Does: does(p.intact.Events), Ends: p.Ends[1]}
	if p.intact.Err != nil {
		intact.Does = []string{p.intact.Err.Error()}
	}
	if d, e := differingDecisions(bug.Violates, p.events, p.intact.Events); d != nil || e != nil {
		broken.consult(d)
		intact.consult(e)
	}
	for _, id := range p.world.IDs() {
		if a, b := p.world.Stored(id), p.intact.World.Stored(id); !picture.SameDisk(a, b) {
			broken.Stores, intact.Stores = storedDifference(id, a, b), storedDifference(id, b, a)
			break
		}
		if p.world.Unsynced(id) != p.intact.World.Unsynced(id) {
			broken.Stores, intact.Stores = syncedText(p.world, id), syncedText(p.intact.World, id)
			break
		}
	}
	return broken, intact
}

// storedDifference is what a server has stored, as far as it differs.
func storedDifference(id raft.ID, s, other *raft.Stable) string {
	var says []string
	if s.CurrentTerm != other.CurrentTerm {
		says = append(says, fmt.Sprintf("term %d", s.CurrentTerm))
	}
	if s.VotedFor != other.VotedFor {
		says = append(says, tell.VoteOf(s))
	}
	if !picture.SameTerms(&s.Log, &other.Log) || len(says) == 0 {
		says = append(says, "log "+prose.Dash(picture.LogTerms(&s.Log)))
	}
	return id.String() + ": " + strings.Join(says, ", ")
}

func syncedText(w *cluster.World, id raft.ID) string {
	if w.Unsynced(id) {
		return id.String() + ": written, not synced"
	}
	return id.String() + ": written and synced"
}

// does is what happened, a thing a line; equal messages to several on one.
func does(events []event.Event) []string {
	var out []string
	for i := 0; i < len(events); i++ {
		e := &events[i]
		switch x := e.What.(type) {
		case event.Delivered, event.Breached: // what arrived stands above both lanes, what fell below
		case event.Sent:
			to := []string{x.To.String()}
			for i+1 < len(events) && tell.Alike(tell.Storied{Event: e}, tell.Storied{Event: &events[i+1]}) {
				i++
				to = append(to, events[i].Peer().String())
			}
			out = append(out, sendsText(x.Mail, to))
		case event.Applied: // the event before tells of a commit that is applied at once
			if i == 0 || events[i-1].Kind() != (event.Committed{}).Kind() {
				out = append(out, fmt.Sprintf("%s applies %s", e.Node, tell.Entries(x.First, x.Last)))
			}
		default:
			if text := tell.Scheduled(e); text != "" {
				out = append(out, text)
			}
		}
	}
	if len(out) == 0 {
		return []string{"nothing more"}
	}
	return out
}

// sendsText is a message to one or several.
func sendsText(mail event.Mail, to []string) string {
	if m, ok := mail.Message.(*raft.AppendEntries); ok && len(m.Entries) > 0 {
		return fmt.Sprintf("%s sends %s: %s", mail.From, strings.Join(to, " "), event.FieldsText(m))
	}
	if len(to) > 1 {
		return fmt.Sprintf("%s sends %s to %s", mail.From, mail.Type(), prose.And(to))
	}
	return sentText(mail)
}

// differingDecisions is the decisions in which two lanes differ: those about
// the rule that is broken, if any, else the first. Where one lane did not ask
// the rule it is nil.
func differingDecisions(rule *raft.Rule, broken, intact []event.Event) (*raft.Decision, *raft.Decision) {
	a, b := decisionsOf(broken), decisionsOf(intact)
	of := func(list []raft.Decision) *raft.Decision {
		for i := range list {
			if list[i].Rule == rule {
				return &list[i]
			}
		}
		return nil
	}
	if d, e := of(a), of(b); (d == nil) != (e == nil) || d != nil && *d != *e {
		return d, e
	}
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return nil, &b[i]
		case i >= len(b):
			return &a[i], nil
		case a[i].Rule != b[i].Rule || a[i].Holds != b[i].Holds:
			return &a[i], &b[i]
		}
	}
	return nil, nil
}

func decisionsOf(events []event.Event) []raft.Decision {
	var out []raft.Decision
	for i := range events {
		out = append(out, events[i].Decisions...)
	}
	return out
}

// consult notes what a rule was asked.
func (v *laneView) consult(d *raft.Decision) {
	if d == nil {
		return
	}
	v.Rule, v.Holds = d.Rule.ID, &d.Holds
	v.Compared = each.As(d.Figures(), func(f raft.Figure) string {
		return fmt.Sprintf("%s: %v", f.Phrase(), f.Value)
	})
}

// laneWidth is how wide a lane is, so that two stand side by side on 80 columns.
const laneWidth = 33

// lanesTable is the two lanes side by side; where there is no room, below each
// other.
func lanesTable(v *ContrastView) view.Table {
	t := view.Table{Head: []string{"", "RULE BROKEN", "RULE INTACT"}, Fixed: 1, Split: true}
	add := func(label string, a, b []string, style view.Style) {
		left, right := wrapped(a), wrapped(b)
		for i := range max(len(left), len(right)) {
			row := []view.Line{view.LS(view.Strong, label), nil, nil}
			if i < len(left) {
				row[1] = view.Terms(view.LS(style, left[i]))
			}
			if i < len(right) {
				row[2] = view.Terms(view.L(right[i]))
			}
			t.Rows = append(t.Rows, row)
			label = ""
		}
	}
	if v.Broken.Rule != "" || v.Intact.Rule != "" {
		add("compares", v.Broken.Compared, v.Intact.Compared, view.Plain)
		add("says", verdict(&v.Broken), verdict(&v.Intact), view.Bad)
	}
	if v.Broken.Stores != v.Intact.Stores {
		add("stores", []string{v.Broken.Stores}, []string{v.Intact.Stores}, view.Bad)
	}
	add("does", v.Broken.Does, v.Intact.Does, view.Plain)
	add("ends with", []string{brief(v.Broken.Ends)}, []string{brief(v.Intact.Ends)}, view.Bad)
	return t
}

// verdict is what the rule said to a lane.
func verdict(v *laneView) []string {
	switch {
	case v.Holds == nil:
		return []string{"(the rule is not asked)"}
	case *v.Holds:
		return []string{v.Rule + " holds"}
	}
	return []string{v.Rule + " does not hold"}
}

// wrapped is texts, broken at blanks into lines that fit a lane; a longer word stands alone.
func wrapped(texts []string) (lines []string) {
	for _, text := range texts {
		line := ""
		for _, word := range strings.Fields(prose.Visible(text)) {
			if line != "" && len([]rune(line))+1+len([]rune(word)) > laneWidth {
				lines, line = append(lines, line), ""
			}
			line += prose.Either(line == "", "", " ") + word
		}
		lines = append(lines, line)
	}
	return lines
}

// brief is a breach without its detail, which goes beyond the column.
func brief(ends string) string {
	head, _, _ := strings.Cut(ends, ":")
	return head
}
