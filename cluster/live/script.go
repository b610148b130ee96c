package live

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"raftlab/cluster"
	"raftlab/cluster/machine"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// ErrNoScript says that there is no script of a run, because it was not recorded or not to
// the end.
var ErrNoScript = errors.New("no script can be made of this run")

// maxScriptLine is the longest line of a script.
const maxScriptLine = 64 << 10

// Script is the run up to now as a script of the console. Run by the step-by-step cluster,
// it leads to the same logs, terms, votes and data.
func (c *Cluster) Script() ([]string, error) { return c.View().Script() }

// Script is the run up to this picture as a script of the console.
func (v *View) Script() ([]string, error) {
	if v.broken != "" {
		return nil, fmt.Errorf("%w: %s", ErrNoScript, v.broken)
	}
	w := scriptWriter{texts: v.record.texts, copies: v.copies(), cuts: make([]raft.Set, len(v.nodes)+1)}
	w.lines = v.beginning()
	for _, rec := range v.record.records {
		w.write(rec)
	}
	w.setCuts(v.cuts) // the latest change may not be recorded yet
	for _, line := range w.lines {
		if len(line) > maxScriptLine {
			return nil, fmt.Errorf("%w: a line of a script has 64 KiB at most, and “%.60s…” has %d bytes", ErrNoScript,
				line, len(line))
		}
	}
	return w.lines, w.err
}

// beginning is the lines that make the cluster with its settings.
func (v *View) beginning() []string {
	fresh := fmt.Sprintf("new %d seed %d", len(v.nodes), v.seed)
	lines := []string{fresh}
	defaults := setting.Defaults()
	for _, d := range setting.All() {
		value := d.Get(&v.settings)
		if value != d.Get(&defaults) && d.Name != "snapshot-every" { // every snapshot has a line of its own
			lines = append(lines, "set "+d.Name+" "+value)
		}
	}
	if len(lines) > 1 {
		lines = append(lines, fresh+" keep")
	}
	for i, s := range v.started {
		if s.CurrentTerm != 0 || s.Log.LastIndex() != 0 {
			lines = append(lines, cluster.Give{Node: raft.ID(i + 1), Stable: s}.String())
		}
	}
	return lines
}

// copies is how often each message arrived that arrived more than once. The transport made
// copies of it, and in a script each copy is a message of its own.
func (v *View) copies() map[uint64]int {
	var sent uint64
	for _, rec := range v.record.records {
		sent += uint64(rec.sends())
	}
	seen := make([]uint64, sent/64+1)
	out := map[uint64]int{}
	for _, rec := range v.record.records {
		if k := rec.kind(); k != recDeliver && k != recLost || rec.number() > sent {
			continue
		}
		n := rec.number()
		if seen[n/64]&(1<<(n%64)) != 0 {
			out[n]++
		}
		seen[n/64] |= 1 << (n % 64)
	}
	return out
}

// scriptWriter writes records as commands.
type scriptWriter struct {
	texts  []recText
	copies map[uint64]int
	lines  []string
	err    error

	cuts []raft.Set // links that are cut in the script, from whom to whom
	down raft.Set   // servers that are down in the script

	sent    uint64              // messages sent in the run so far
	senders []raft.ID           // who sent each of them
	shifts  []shift             // how much later numbers are higher in the script
	ready   map[uint64][]uint64 // numbers of a message's copies that have not arrived yet
}

// shift says that messages from a number on have a higher number in the script.
type shift struct{ from, more uint64 }

func (w *scriptWriter) write(rec record) {
	id := rec.node().String()
	switch rec.kind() {
	case recTimeout:
		w.line("timeout " + id)
	case recHeartbeat:
		w.line("heartbeat " + id)
	case recMinimum:
		w.line("fire minimum " + id)
	case recQuorum:
		w.line("fire quorum " + id)
	case recDeliver:
		w.deliver(rec)
	case recLost:
		w.lose(rec)
	case recSubmit:
		w.submit(rec.node(), w.texts[rec.number()])
	case recSnapshot:
		w.line("snapshot " + id)
	case recKill:
		w.down = w.down.With(rec.node())
		w.line("kill " + id)
	case recRestart:
		w.down = w.down.Without(rec.node())
		w.line("restart " + id)
	case recCuts:
		w.setCuts(parseLinks(w.texts[rec.number()].data, len(w.cuts)))
	}
	for range rec.sends() {
		w.senders = append(w.senders, rec.node())
	}
	w.sent += uint64(rec.sends())
}

// sender is the server that sent a message, or 0 if no server sent it.
func (w *scriptWriter) sender(number uint64) raft.ID {
	if number == 0 || number > w.sent {
		return 0
	}
	return w.senders[number-1]
}

// deliver writes that a message was delivered. If its link is cut, it had reached the inbox
// before the cut, so the script heals the link, delivers the message, and cuts the link
// again.
func (w *scriptWriter) deliver(rec record) {
	arrives := fmt.Sprintf("deliver m%d", w.arriving(rec.number()))
	from, to := w.sender(rec.number()), rec.node()
	if w.cuts[from].Has(to) {
		link := network.Link{From: from, To: to}.String()
		arrives = fmt.Sprintf("heal %s; %s; cut %s # it had arrived before the cut", link, arrives, link)
	}
	w.line(arrives)
}

// lose writes that a message was lost. Over a cut link, or at a server that is down, delivering
// it loses it. A message that was lost in a full inbox, or just before a crash, is dropped by
// a command.
func (w *scriptWriter) lose(rec record) {
	how := "drop"
	if w.cuts[w.sender(rec.number())].Has(rec.node()) || w.down.Has(rec.node()) {
		how = "deliver"
	}
	w.line(fmt.Sprintf("%s m%d", how, w.arriving(rec.number())))
}

// setCuts writes the cuts and heals that lead to these links.
func (w *scriptWriter) setCuts(now []raft.Set) {
	if now == nil {
		now = make([]raft.Set, len(w.cuts))
	}
	changed := func(verb string, from raft.ID, links raft.Set) {
		var words []string
		for to := range links.All() {
			words = append(words, verb+" "+network.Link{From: from, To: to}.String())
		}
		if len(words) > 0 {
			w.line(strings.Join(words, "; "))
		}
	}
	for from := range w.cuts {
		changed("heal", raft.ID(from), w.cuts[from].Minus(now[from]))
		changed("cut", raft.ID(from), now[from].Minus(w.cuts[from]))
	}
	w.cuts = slices.Clone(now)
}

// parseLinks reads a text of cluster.LinksText.
func parseLinks(text string, size int) []raft.Set {
	cuts := make([]raft.Set, size)
	for _, word := range strings.Fields(text) {
		var from, to raft.ID
		if _, err := fmt.Sscanf(word, "S%d->S%d", &from, &to); err == nil {
			cuts[from] = cuts[from].With(to)
		}
	}
	return cuts
}

func (w *scriptWriter) line(text string) { w.lines = append(w.lines, text) }

// arriving is the number that a message has in the script, when it arrives or is lost.
func (w *scriptWriter) arriving(number uint64) uint64 {
	if number == 0 || number > w.sent {
		w.err = fmt.Errorf("%w: the transport delivered m%d, which no server had sent", ErrNoScript, number)
		return number
	}
	if queue := w.ready[number]; len(queue) > 0 {
		w.ready[number] = queue[1:]
		return queue[0]
	}
	name := number + w.shiftOf(number)
	n := w.copies[number]
	for range n { // the copies are made while the message is in flight
		more := w.shiftOf(w.sent+1) + 1
		w.line(fmt.Sprintf("duplicate m%d", name))
		if w.ready == nil {
			w.ready = map[uint64][]uint64{}
		}
		w.ready[number] = append(w.ready[number], w.sent+more)
		w.shifts = append(w.shifts, shift{w.sent + 1, more})
	}
	delete(w.copies, number)
	return name
}

func (w *scriptWriter) shiftOf(number uint64) uint64 {
	i := sort.Search(len(w.shifts), func(i int) bool { return w.shifts[i].from > number })
	if i == 0 {
		return 0
	}
	return w.shifts[i-1].more
}

// submit writes a client's command. It writes submit and the text where the console reads
// that text unchanged, else the console's command for the key-value store.
func (w *scriptWriter) submit(id raft.ID, t recText) {
	command := "submit " + t.data
	if !plain(t.data) {
		var ok bool
		if command, ok = kvCommand(t.data); !ok && w.err == nil {
			w.err = fmt.Errorf("%w: the command %q of %s cannot be written in a line of a script", ErrNoScript, t.data,
				t.client)
		}
	}
	w.line(command + " via " + id.String() + " as " + t.client)
}

// plain tells whether the console reads the text after submit unchanged: it ends at a semicolon, at a # that
// begins a word, and at via or as, unless these are quoted.
func plain(data string) bool {
	if data == "" || data != strings.TrimSpace(data) || !utf8.ValidString(data) ||
		strings.ContainsFunc(data, unicode.IsControl) {
		return false
	}
	bare := data
	if !strings.ContainsAny(data, `'\`) {
		bare = quoted.ReplaceAllString(data, "${1}q")
	}
	return !strings.Contains(bare, ";") && !slices.ContainsFunc(strings.Fields(bare), func(word string) bool {
		return word == "via" || word == "as" || word[0] == '#'
	})
}

// quoted is what stands in double quotes at the start of a word.
var quoted = regexp.MustCompile(`(^|\s)"[^"]*"`)

// kvCommand is the console's form of a command of the key-value store, whose texts are
// quoted as the console quotes.
func kvCommand(data string) (string, bool) {
	rest := data
	var words []string
	assign := false
	for rest != "" {
		word, after := rest, ""
		if rest[0] == '"' {
			text, tail, ok := machine.Unquote(rest)
			if !ok {
				return "", false
			}
			word, after = machine.Quote(text), tail
		} else if i := strings.IndexAny(rest, " ="); i >= 0 {
			word, after = rest[:i], rest[i:]
		}
		words = append(words, word)
		assign = assign || len(words) == 1 && strings.HasPrefix(after, "=")
		rest = strings.TrimLeft(after, " =")
	}
	if assign {
		words = append([]string{"put"}, words...)
	}
	command := strings.Join(words, " ")
	return command, utf8.ValidString(data) && sameCommand(words, data)
}

// sameCommand tells whether the console, given these words, would run exactly this command.
func sameCommand(words []string, data string) bool {
	if len(words) < 2 {
		return false
	}
	args := make([]string, len(words)-1)
	for i, word := range words[1:] {
		args[i] = word
		if strings.HasPrefix(word, `"`) {
			args[i], _, _ = machine.Unquote(word)
		}
	}
	switch {
	case words[0] == "put" && len(args) == 2:
		return machine.Put(args[0], args[1]) == data
	case words[0] == "cas" && len(args) == 3:
		return machine.CAS(args[0], args[1], args[2]) == data
	case words[0] == "delete" && len(args) == 1:
		return machine.Delete(args[0]) == data
	case words[0] == "incr" && len(args) == 1:
		return machine.Incr(args[0]) == data
	case words[0] == "get" && len(args) == 1:
		return machine.Get(args[0]) == data
	}
	return false
}
