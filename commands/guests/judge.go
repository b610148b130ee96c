package guests

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"raftlab/cluster/guest"
	"raftlab/cluster/invariants"
	"raftlab/cluster/judge"
	"raftlab/commands/each"
	"raftlab/commands/files"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/raft"
)

// longestLine is the most bytes that a line of a run may have.
const longestLine = 64 << 20

// RunOrder is a log of a real run to be judged.
type RunOrder struct {
	File   string    // "-": In
	In     io.Reader // standard input
	Except []string  // rules that are not looked at
	Can    []string  // what the servers do beyond Figure 2
}

// Wrong is what is wrong with the order before anything is read, or nil.
func (o *RunOrder) Wrong() error {
	for _, name := range o.Except {
		if judge.RuleNamed(name) == nil {
			return fmt.Errorf("there is no rule %s", prose.Cite(name))
		}
	}
	for _, name := range o.Can {
		if !slices.Contains(guest.Abilities(), guest.Ability(name)) {
			all := each.As(guest.Abilities(), func(a guest.Ability) string { return string(a) })
			return fmt.Errorf("a server cannot say that it can do %s, only %s", prose.Cite(name),
				strings.Join(all, ", "))
		}
	}
	return nil
}

// RunFound is a departure, or a breach of an invariant, in a run.
type RunFound struct {
	File     string     `json:"file"`
	Line     uint64     `json:"line"` // where it is in the file, from 1
	Server   string     `json:"server,omitempty"`
	Kind     string     `json:"kind"`            // forbidden, missing or late, or breach
	Rule     string     `json:"rule"`            // its name; of a breach the invariant's
	Place    string     `json:"place,omitempty"` // of the rule in the paper
	Says     string     `json:"says"`            // what the rule says
	Text     string     `json:"text"`            // what the server did
	Compared []Compared `json:"compared,omitempty"`
	Paper    string     `json:"paper,omitempty"` // what the paper says in that step
	Yours    string     `json:"yours,omitempty"` // what the server says, in the same words
	Lines    []uint64   `json:"lines,omitempty"` // the earlier lines that led to a breach
	Count    int        `json:"count"`           // how many there are under the same rule, and of the same kind
	again    uint64     // the line of the second of them; 0: there is none
}

// Compared is one of the values that were compared.
type Compared struct {
	What  string `json:"what"`
	Value string `json:"value"`
}

// JudgedRun is what a run came to.
type JudgedRun struct {
	File    string      `json:"file"`
	Steps   int         `json:"steps"`           // how many lines were judged
	Servers []string    `json:"servers"`         // the cluster's
	Outcome string      `json:"outcome"`         // nothing, departure, breach or error
	Wrong   string      `json:"wrong,omitempty"` // the error that ended it; "" if none did
	Found   []*RunFound `json:"found"`           // the first under each rule, in their order
	named   raft.Set    // Servers
}

// Unreadable is the error of a line, or a file, that cannot be read.
type Unreadable struct{ Text string }

func (e *Unreadable) Error() string { return e.Text }

// JudgeRun judges a run. An error is an *Unreadable, or that of the context; what was
// found before it is in the result.
func JudgeRun(ctx context.Context, o *RunOrder) (*JudgedRun, error) {
	out := &JudgedRun{File: o.File, Found: []*RunFound{}, Servers: []string{}}
	err := out.judge(ctx, o, func([]guest.Ability, raft.Set) {}, func([]byte, uint64) error { return nil })
	out.Servers = append(out.Servers, out.named.Names()...)
	out.Outcome = "nothing"
	if f := out.First(); f != nil && f.Kind == "breach" {
		out.Outcome = f.Kind
	} else if f != nil {
		out.Outcome = "departure"
	}
	if err != nil {
		out.Outcome, out.Wrong = "error", err.Error()
	}
	return out, err
}

// judge reads the run. begin is told of the servers, and then of every line that could
// be read.
func (r *JudgedRun) judge(ctx context.Context, o *RunOrder, begin func([]guest.Ability, raft.Set),
	then func(line []byte, n uint64) error) error {
	f, err := o.open(ctx)
	if err != nil {
		return &Unreadable{fmt.Sprintf("%s cannot be read: %s", prose.Visible(o.File), files.Reason(err))}
	}
	defer f.Close()
	servers, listed := raft.Set{}, true
	err = r.lines(ctx, f, func(line []byte, n uint64) error {
		named, lists := guest.ServersIn(line)
		servers, listed = servers.Or(named), lists && listed
		if listed && n > 1000 { // every line lists them
			return io.EOF
		}
		return nil
	})
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	can := each.As(o.Can, func(name string) guest.Ability { return guest.Ability(name) })
	run := guest.NewRun(can, servers)
	begin(can, servers)
	err = r.lines(ctx, f, func(line []byte, n uint64) error {
		j, err := run.Step(line, n)
		if err != nil {
			return &Unreadable{fmt.Sprintf("%s:%d: %s", prose.Visible(o.File), n, prose.Visible(err.Error()))}
		}
		r.Steps++
		r.named = r.named.With(j.Server)
		r.note(j, n, o.Except)
		return then(line, n)
	})
	if err == nil && r.Steps == 0 {
		return &Unreadable{prose.Visible(o.File) + " has no line, and so no step to judge"}
	}
	return err
}

// lines reads a file line by line; empty ones are passed over.
func (r *JudgedRun) lines(ctx context.Context, f io.Reader, do func(line []byte, n uint64) error) error {
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<16), longestLine)
	n := uint64(0)
	for s.Scan() {
		if n++; ctx.Err() != nil {
			return ctx.Err()
		}
		if len(strings.TrimSpace(s.Text())) == 0 {
			continue
		}
		if err := do(s.Bytes(), n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
	switch err := s.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return &Unreadable{fmt.Sprintf("%s:%d: the line is longer than 64 MiB", prose.Visible(r.File), n+1)}
	case err != nil:
		return &Unreadable{fmt.Sprintf("%s cannot be read: %s", prose.Visible(r.File), files.Reason(err))}
	}
	return nil
}

// open is the file. It is read twice, since lines may not list the cluster's servers;
// what can be read once only is copied first.
func (o *RunOrder) open(ctx context.Context) (*os.File, error) {
	from := o.In
	if o.File != "-" {
		f, err := os.Open(o.File)
		if err != nil {
			return nil, err
		}
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return f, nil
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, errors.New("it is a directory")
		}
		from = f
	}
	f, err := os.CreateTemp("", "raftlab-run-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // it goes with its last reader, where the system allows
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(f, from)
		copied <- err
	}()
	select {
	case err = <-copied:
	case <-ctx.Done(): // whoever writes may never end
		err = ctx.Err()
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// note keeps the first of each kind under each rule, and counts the others.
func (r *JudgedRun) note(j *guest.Judged, line uint64, except []string) {
	for d := range each.Of(j.Departures) {
		if slices.Contains(except, d.Rule.ID) {
			continue
		}
		if f := r.found(string(d.Kind), d.Rule.ID, line); f != nil {
			f.Server, f.Place, f.Says, f.Text = d.Server.String(), d.Rule.Place, d.Rule.Says, d.Did
			f.Paper, f.Yours = d.Paper, d.Yours
			f.Compared = each.As(d.Compared, func(c judge.Compared) Compared { return Compared(c) })
		}
	}
	for _, b := range j.Breaches {
		if f := r.found("breach", b.Property, line); f != nil {
			f.Text, f.Says, f.Lines = b.Text, tell.PropertySays(b.Property), earlier(&b)
			f.Server = j.Server.String()
		}
	}
}

// found is one to fill in; nil where it is not the first.
func (r *JudgedRun) found(kind, rule string, line uint64) *RunFound {
	for _, f := range r.Found {
		if f.Kind == kind && f.Rule == rule {
			if f.Count++; f.Count == 2 {
				f.again = line
			}
			return nil
		}
	}
	f := &RunFound{File: r.File, Line: line, Kind: kind, Rule: rule, Count: 1}
	r.Found = append(r.Found, f)
	return f
}

// earlier is the lines before its own that led to a breach.
func earlier(b *invariants.Breach) []uint64 {
	return slices.DeleteFunc(slices.Clone(b.Causes), func(line uint64) bool { return line >= b.Position })
}

// First is the first departure or breach that counts; nil: there is none.
func (r *JudgedRun) First() *RunFound {
	for _, f := range r.Found {
		if f.Kind != string(judge.Late) {
			return f
		}
	}
	return nil
}

// Blocks is what was found, as text.
func (r *JudgedRun) Blocks() []view.Block {
	var all []view.Block
	first := r.First()
	if first != nil {
		all = append(all, first.blocks()...)
	}
	if t, n := r.others(first); n > 0 {
		all = append(all, view.Text{Lines: []view.Line{view.L("Also found:")}}, t)
	}
	if r.Wrong != "" {
		return all
	}
	steps := prose.Plural(r.Steps, "step") + " of " + prose.Plural(r.named.Len(), "server")
	if first == nil {
		return append(all, view.Says(view.Good, steps+" judged: no departure from the "+
			"paper, and no invariant is broken."))
	}
	n := 0
	for _, f := range r.Found {
		if f.Kind != string(judge.Late) {
			n += f.Count
		}
	}
	more := ""
	if n > 1 {
		more = fmt.Sprintf(", and %d more", n-1)
	}
	return append(all, view.Says(view.Bad, fmt.Sprintf("%s judged; the first mistake is "+
		"at %s%s.", steps, first.at(), more)))
}

func (f *RunFound) at() string { return fmt.Sprintf("%s:%d", prose.Visible(f.File), f.Line) }

// blocks is one in full.
func (f *RunFound) blocks() []view.Block {
	t := view.Table{Fixed: 1}
	row := func(label, text string) {
		t.Add(view.LS(view.Strong, "  "+label), view.L(prose.Visible(text)))
	}
	says := fmt.Sprintf("%s departs from the paper: %s.", f.Server, f.Text)
	if f.Kind == "breach" {
		says = f.Text + "."
		row("invariant", f.Rule+": "+f.Says)
	} else {
		row("rule", fmt.Sprintf("%s, %s: %s", f.Rule, f.Place, f.Says))
	}
	if len(f.Compared) > 0 {
		compared := each.As(f.Compared, func(c Compared) string { return c.What + ": " + c.Value })
		row("compared", strings.Join(compared, "   "))
	}
	if f.Paper != "" {
		row("", fmt.Sprintf("the paper says %s, your server says %s", f.Paper, f.Yours))
	}
	if f.again > 0 {
		row("again", prose.Plural(f.Count-1, "time")+fmt.Sprintf(", first at %s:%d", f.File, f.again))
	}
	if len(f.Lines) > 0 {
		lines := each.As(f.Lines, func(n uint64) string { return fmt.Sprintf("%s:%d", f.File, n) })
		row("earlier", strings.Join(lines, ", "))
	}
	return []view.Block{view.Text{Lines: []view.Line{{view.S(view.Bad, f.at()+": "),
		view.S(view.Plain, prose.Visible(says))}}}, t}
}

// others is a table of what else was found, a line for each rule.
func (r *JudgedRun) others(first *RunFound) (t view.Table, n int) {
	t = view.Table{Head: []string{"first at", "server", "kind", "rule", "times", "what it did"}, Fixed: 5,
		Right: []bool{false, false, false, false, true}}
	for _, f := range r.Found {
		if f == first {
			continue
		}
		style := view.Bad
		if f.Kind == string(judge.Late) {
			style = view.Warn
		}
		n++
		t.Add(view.L(f.at()), view.L(f.Server), view.LS(style, f.Kind),
			view.LS(view.Strong, f.Rule), view.L(fmt.Sprint(f.Count)), view.L(prose.Visible(f.Text)))
	}
	return t, n
}
