package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"syscall/js"

	"raftlab/commands"
	"raftlab/commands/lang"
	"raftlab/commands/stream"
	"raftlab/commands/view"
)

// tab is the session of a page.
type tab struct {
	*commands.Session
	front *front
	lines chan job // what was typed

	mu     sync.Mutex
	cancel context.CancelFunc // of the line that runs; nil at the prompt
}

// job is a line that was typed, or a script, and who waits for its end.
type job struct {
	text   string
	script string // its name; "": a line
	done   func(ok bool)
}

func main() {
	t := &tab{lines: make(chan job, 1000), front: &front{}}
	t.front.next = t.next
	js.Global().Set("raftlab", map[string]any{
		"styles":    texts(view.StyleNames[:]),
		"start":     js.FuncOf(t.start),
		"run":       js.FuncOf(func(_ js.Value, args []js.Value) any { return t.typed(job{text: args[0].String()}) }),
		"script":    js.FuncOf(t.script),
		"complete":  js.FuncOf(t.complete),
		"hint":      js.FuncOf(t.hint),
		"interrupt": js.FuncOf(func(js.Value, []js.Value) any { t.interrupt(); return nil }),
		"columns":   js.FuncOf(func(_ js.Value, args []js.Value) any { t.front.columns = args[0].Int(); return nil }),
	})
	select {}
}

func texts(all []string) []any {
	out := make([]any, len(all))
	for i, text := range all {
		out[i] = text
	}
	return out
}

// start begins the session: start(onItem, onText, store, columns, address), where onItem takes an item
// of the stream as JSON, or is null; onText(text, kind) what a terminal would show, with the styles
// marked (see paint.Marks), and what it is (see front.put); store is { load(name), save(name, text) }
// or null; and address is that of the page, if there is one.
func (t *tab) start(_ js.Value, args []js.Value) any {
	o := commands.Options{Nodes: 5, Seed: 1}
	if store := args[2]; store.Truthy() {
		o.Store = kept{store}
	}
	if len(args) > 4 {
		o.Link = args[4].String()
	}
	s, err := commands.NewSession(o)
	if err != nil {
		return err.Error()
	}
	t.Session, t.front.onText, t.front.columns, t.front.json = s, args[1], args[3].Int(), s.OutputJSON
	onItem := args[0]
	if onItem.Truthy() {
		s.Stream().Follow(func(i stream.Item) {
			if data, err := json.Marshal(i); err == nil {
				onItem.Invoke(string(data))
			}
		})
	}
	go t.loop()
	return nil
}

// loop reads and runs lines, as the console's prompt does.
func (t *tab) loop() {
	t.front.blocks(t.Banner())
	for {
		t.front.blocks(t.Asking())
		t.front.prompt(t.Prompt())
		j := <-t.lines
		j.done(t.do(j))
	}
}

// next is the line that a question or a pause is waiting for.
func (t *tab) next(ctx context.Context) (text string, ok bool) {
	select {
	case j := <-t.lines:
		j.done(true)
		return j.text, true
	case <-ctx.Done():
		return "", false
	}
}

func (t *tab) do(j job) bool {
	ctx, cancel := context.WithCancel(context.Background())
	t.mu.Lock()
	t.cancel = cancel
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.cancel = nil
		t.mu.Unlock()
		cancel()
		t.front.Progress("")
	}()
	t.front.ctx, t.front.script = ctx, j.script != ""
	if j.script != "" {
		return t.RunScript(ctx, j.script, strings.NewReader(j.text), t.front) == nil
	}
	t.front.echo(j.text)
	paused, line := t.Paused(), j.text
	if strings.TrimSpace(line) != "" {
		line = t.AtPrompt(line)
	} else if paused == "" {
		line = t.EmptyLine()
	}
	var err error
	if line != "" {
		err = t.Run(ctx, line, t.front)
	}
	if errors.Is(err, lang.ErrQuit) {
		t.front.blocks([]view.Block{view.Lines("To leave, close the tab. The session goes on.")})
	} else if paused != "" && t.Paused() == paused {
		err = t.Run(ctx, paused, t.front)
	}
	return err == nil
}

// typed hands a line over, and returns a promise of its end.
func (t *tab) typed(j job) any {
	return promise(func(resolve func(any)) {
		j.done = func(ok bool) { resolve(ok) }
		t.lines <- j
	})
}

func promise(begin func(resolve func(any))) js.Value {
	var executor js.Func
	executor = js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve := args[0]
		go begin(func(v any) {
			resolve.Invoke(v)
			executor.Release()
		})
		return nil
	})
	return js.Global().Get("Promise").New(executor)
}

// script runs a text as a script: script(name, text).
func (t *tab) script(_ js.Value, args []js.Value) any {
	return t.typed(job{script: args[0].String(), text: args[1].String()})
}

func (t *tab) busy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cancel != nil
}

func (t *tab) complete(_ js.Value, args []js.Value) any {
	from, found := args[1].Int(), []string(nil)
	line := args[0].String()
	if !t.busy() {
		from, found = t.Complete(line, min(from, len(line)))
	}
	return map[string]any{"from": from, "candidates": texts(found)}
}

func (t *tab) hint(_ js.Value, args []js.Value) any {
	if t.busy() {
		return ""
	}
	return t.Hint(args[0].String())
}

// interrupt is Ctrl-C.
func (t *tab) interrupt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancel != nil {
		t.cancel()
	}
}

// kept is what the page keeps for the next visit.
type kept struct{ store js.Value }

func (k kept) Load(name string) ([]byte, error) {
	if v := k.store.Call("load", name); v.Type() == js.TypeString {
		return []byte(v.String()), nil
	}
	return nil, nil
}

func (k kept) Save(name string, data []byte) error {
	if why := k.store.Call("save", name, string(data)); why.Type() == js.TypeString {
		return errors.New(why.String())
	}
	return nil
}
