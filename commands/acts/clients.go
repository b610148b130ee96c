package acts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/machine"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

var (
	keyArg   = words.Key()
	valueArg = lang.Text("VALUE")
	oldArg   = lang.Text("OLD")
	newArg   = lang.Text("NEW")
	submitIt = lang.Rest("TEXT")
	retryOf  = words.Client().Default("C1")
	via      = words.NodeThat(words.Up).Keyword("via")
	as       = words.Client().Default("C1").Keyword("as")
)

const viaText = "The client sends the request to the leader that it knows, or else to each server in " +
	"turn, and follows redirects. With `via NODE` it sends the request to that server first, and then only to the " +
	"leader that the server names.\n\n" +
	"The request is done when its entry is committed and applied, so type `settle` or `run`."

// requesting is a command by which a client asks for something, which is a text to the machine.
func requesting(c lang.Command, data func(*lang.Call) string) *lang.Command {
	c.Topic, c.Changes, c.Results = lab.TopicClients, true, []any{picture.ClientView{}, liveAnswer{}}
	c.Details = strings.TrimSpace(c.Details + " " + viaText)
	c.Run = func(call *lang.Call) (*lang.Result, error) { return request(call, data(call)) }
	return &c
}

type liveAnswer struct {
	Index  uint64 `json:"index" doc:"the index of the entry"`
	Node   string `json:"node" doc:"the server that answered"`
	Result string `json:"result" doc:"the answer"`
	Status string `json:"status" doc:"done"`
	Term   uint64 `json:"term" doc:"the term of the entry"`
}

var _ = Commands.Register(requesting(lang.Command{
	Name:     "put",
	Summary:  "asks the cluster to store VALUE under KEY",
	Args:     lang.Params{keyArg, valueArg, via, as},
	Examples: []string{"timeout S1; settle; put x 1; settle", "timeout S1; settle; put x 1 via S4 as C2"},
}, func(c *lang.Call) string { return machine.Put(keyArg.Of(c), valueArg.Of(c)) }))

var _ = Commands.Register(&lang.Command{
	Name: "get", Topic: lab.TopicClients, Changes: true,
	Summary: "asks the cluster for the value of KEY",
	Args:    lang.Params{keyArg, via, as, readMode},
	Details: "MODE says how the server answers this one read; `set reads` sets it for all reads (section 8, " +
		"thesis 6.4):\n\n" +
		"With `log`, the read goes through the log like a write, so it is never stale. With `read-index`, the " +
		"leader answers after a round of heartbeats; a follower can answer, too, if `via` names it. With " +
		"`lease`, the leader answers at once while its lease lasts, and otherwise as with `read-index`. (Leaders " +
		"keep a lease with `set reads lease` or `set stickiness on`.) With `local`, the server that is asked " +
		"answers from its own state, which may be stale.\n\n" + viaText,
	Examples: []string{`timeout S1; settle; put x 1; get x; settle; expect clients["C1"].result == "1"`},
	Results:  []any{picture.ClientView{}, liveAnswer{}},
	Run:      runGet,
})

func runGet(c *lang.Call) (*lang.Result, error) {
	name, mode := as.Of(c), readMode.Or(c, lab.WorldOf(c.World).Settings().Reads)
	if mode == "log" {
		return request(c, machine.Get(keyArg.Of(c)))
	}
	if _, live := lab.InRealTime(c); live {
		return nil, lang.Errorf("a cluster that runs by itself reads through the log only, not by %s", mode).
			WithHint("omit `reads %s`; the step-by-step cluster has it", mode)
	}
	l := lab.Of(c)
	if err := l.Do(cluster.Read{Client: name, Key: keyArg.Of(c), Mode: mode, Via: via.Of(c)}); err != nil {
		return nil, withAdvice(err)
	}
	return requestResult(l.World(), name), nil
}

var _ = Commands.Register(requesting(lang.Command{
	Name:     "delete",
	Summary:  "asks the cluster to delete KEY",
	Args:     lang.Params{keyArg, via, as},
	Examples: []string{"timeout S1; settle; put x 1; delete x; settle"},
}, func(c *lang.Call) string { return machine.Delete(keyArg.Of(c)) }))

var _ = Commands.Register(requesting(lang.Command{
	Name:     "cas",
	Summary:  "asks the cluster to store NEW under KEY if the value there is OLD",
	Args:     lang.Params{keyArg, oldArg, newArg, via, as},
	Details:  "This is compare-and-set. The result is \"ok\", or \"no\" with the value that was found.",
	Examples: []string{"timeout S1; settle; put x 1; cas x 1 2; settle"},
}, func(c *lang.Call) string { return machine.CAS(keyArg.Of(c), oldArg.Of(c), newArg.Of(c)) }))

var _ = Commands.Register(requesting(lang.Command{
	Name:     "incr",
	Summary:  "asks the cluster to add 1 to the number under KEY",
	Args:     lang.Params{keyArg, via, as},
	Details:  "If KEY is absent, it counts as 0.",
	Examples: []string{"timeout S1; settle; incr n; incr n; settle"},
}, func(c *lang.Call) string { return machine.Incr(keyArg.Of(c)) }))

var _ = Commands.Register(requesting(lang.Command{
	Name:    "submit",
	Summary: "asks the cluster to append an entry with any TEXT",
	Args:    lang.Params{submitIt, via, as},
	Details: "TEXT becomes the entry's command, unchanged. If the key-value machine does not understand it, " +
		"applying it changes nothing.",
	Examples: []string{"timeout S1; settle; submit hello world", "timeout S1; settle; submit x=3 via S2"},
}, func(c *lang.Call) string { return submitIt.Of(c) }))

// request is a client's request; its result tells where it stands.
func request(c *lang.Call, data string) (*lang.Result, error) {
	if w, live := lab.InRealTime(c); live {
		return answered(c, w, data)
	}
	l, name := lab.Of(c), as.Of(c)
	if err := l.Do(cluster.Request{Client: name, Data: data, Via: via.Of(c)}); err != nil {
		return nil, withAdvice(err)
	}
	return requestResult(l.World(), name), nil
}

// requestTime is how long a request waits for its answer where time passes by itself.
const requestTime = 10 * time.Second

// answered is a request with its answer. A node that is named and does not lead sends the
// client on, which is told.
func answered(c *lang.Call, w lab.RealTime, data string) (*lang.Result, error) {
	ctx, cancel := context.WithTimeout(c.Ctx, requestTime)
	defer cancel()
	a, err := awaitAnswer(ctx, c, w, data)
	switch {
	case err != nil && c.Ctx.Err() != nil:
		return nil, lang.Interrupted(fmt.Sprintf("while %s waited: %s", as.Of(c), prose.Visible(err.Error())))
	case errors.Is(err, context.DeadlineExceeded):
		return nil, lang.Errorf("%s", prose.Visible(err.Error())).
			WithHint("%s has waited for %v%s", as.Of(c), requestTime, laterLeader(lab.PictureOf(c, lab.Only())))
	case err != nil:
		return nil, lang.Errorf("%s", prose.Visible(err.Error()))
	}
	r := lang.OK()
	for i := 1; i < len(a.Way); i++ {
		r.Line(fmt.Sprintf("%s redirects %s to %s.", a.Way[i-1], as.Of(c), a.Way[i]))
	}
	return r.With(liveAnswer{Status: "done", Result: a.Result, Node: a.Node.String(), Index: a.Index, Term: a.Term}).
		Block(view.Says(view.Good, fmt.Sprintf("%s replies to %s: %s  (entry %d of term %d)",
			a.Node, as.Of(c), prose.Visible(tell.Result(a.Result)), a.Index, a.Term))), nil
}

// laterLeader says, if several servers believe that they lead, which of them has the highest term;
// else "".
func laterLeader(p *picture.Picture) string {
	if len(p.Leaders) < 2 {
		return ""
	}
	return fmt.Sprintf("; %d servers believe they lead, and %s leads the latest term, %d (via %s asks it)",
		len(p.Leaders), p.Leader.ID, p.Leader.Term, p.Leader.ID)
}

// awaitAnswer asks, and says how long it has waited.
func awaitAnswer(ctx context.Context, c *lang.Call, w lab.RealTime, data string) (a lab.Answered, err error) {
	done := make(chan struct{})
	go func() {
		a, err = w.Ask(ctx, as.Of(c), data, via.Of(c))
		close(done)
	}()
	for {
		select {
		case <-done:
			return a, err
		case <-time.After(time.Second):
			c.Progress("%s has waited for an answer for %v (Ctrl-C ends the wait)", as.Of(c),
				time.Since(c.Began).Truncate(time.Second))
		}
	}
}

func requestResult(w *cluster.World, name string) *lang.Result {
	cl := w.Client(name)
	r := lang.OK().With(picture.OfClient(cl))
	if cl.Status == clients.Pending {
		as := ""
		if cl.Index > 0 { // a read that waits has no entry
			as = fmt.Sprintf(" as entry %d", cl.Index)
		}
		r.Block(view.Says(view.Quiet, "      pending"+as+" (type settle to deliver the messages)"))
		if text := deposedText(w, cl); text != "" {
			r.Block(view.Text{Lines: []view.Line{view.LS(view.Warn, "      "+text)}, Indent: 6})
		}
	}
	return r
}

// deposedText says that a client has asked a leader of an earlier term, which
// cannot commit what it took (§5.1, §8).
func deposedText(w *cluster.World, cl *clients.Client) string {
	now, n := w.Leader(), w.State(cl.Node)
	if now == 0 || n == nil || now == cl.Node || w.State(now).CurrentTerm <= n.CurrentTerm {
		return ""
	}
	return fmt.Sprintf("%s still believes that it leads, but it is of term %d, and %s leads term %d (why %s).",
		cl.Node, n.CurrentTerm, now, w.State(now).CurrentTerm, cl.Name)
}

var _ = Commands.Register(&lang.Command{
	Name: "retry", Topic: lab.TopicClients, Changes: true,
	Summary: "sends a client's last request again, with the same session number",
	Args:    lang.Params{retryOf},
	Details: "The client cannot know whether the first try was applied. Without sessions, the request may be " +
		"applied twice (section 8).",
	Examples: []string{"timeout S1; settle; incr n; retry; settle"},
	Results:  []any{picture.ClientView{}},
	Needs:    lab.Needs(lab.Stepping, "send the command again; whether the first try was done, get KEY tells"),
	Run: func(c *lang.Call) (*lang.Result, error) {
		l, name := lab.Of(c), retryOf.Of(c)
		if err := l.Do(cluster.Retry{Client: name}); err != nil {
			return nil, withAdvice(err)
		}
		return requestResult(l.World(), name), nil
	},
})

type clientsResult struct {
	Clients map[string]*picture.ClientView `json:"clients" doc:"the clients, by name"`
}

var _ = Commands.Register(&lang.Command{
	Name: "clients", Topic: lab.TopicClients,
	Summary:  "shows each client's last request and what became of it",
	Examples: []string{"timeout S1; settle; put x 1; clients"},
	Results:  []any{clientsResult{}},
	Needs:    lab.Needs(lab.Record),
	Run: func(c *lang.Call) (*lang.Result, error) {
		w := lab.Of(c).World()
		r := lang.OK().With(clientsResult{picture.OfWorld(w, lab.Only("clients")).Clients})
		if len(w.Clients()) == 0 {
			return r.Line("No client has asked anything yet: put x 1 does."), nil
		}
		t := view.Table{Fixed: 1,
			Head: []string{"client", "request", "status", "result", "entry", "node", "session", "tries", ""}}
		t.Rows = each.As(w.Clients(), clientRow)
		return r.Block(t), nil
	},
})

func clientRow(cl *clients.Client) []view.Line {
	style := map[string]view.Style{clients.Done: view.Good, clients.Unknown: view.Warn}[cl.Status]
	entry := "-"
	if cl.Index > 0 {
		entry = fmt.Sprintf("%d (t%d)", cl.Index, cl.Term)
	}
	return []view.Line{
		view.LS(view.Strong, cl.Name), view.L(prose.Visible(cl.Command)), view.LS(style, cl.Status),
		view.L(prose.Visible(cl.Result)),
		view.L(entry), view.L(prose.Dash(cl.Node.String())),
		view.L(fmt.Sprint(cl.Session)), view.L(fmt.Sprint(cl.Tries)), view.LS(style, cl.Why),
	}
}
