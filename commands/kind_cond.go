package commands

import (
	"errors"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/raft"
)

var conditionKind = lang.Tail("CONDITION", "a question about the state that is true or false: `leader.id == \"S1\"` (`help conditions`)",
	func(p *Parser, src string) (*Cond, error) { return parseCond(p, src, Compile) }, completeCondition)

var expressionKind = lang.Tail("EXPRESSION", "a value that conditions can name or compute: `leader.id`, `len(messages)`",
	func(p *Parser, src string) (*Cond, error) { return parseCond(p, src, CompileValue) }, completeCondition)

// Condition is a CONDITION, compiled.
func Condition() *Arg[*Cond] { return conditionKind.New() }

// Expression is like a condition, of any value.
func Expression() *Arg[*Cond] { return expressionKind.New() }

// parseCond compiles a condition about this world.
func parseCond(p *Parser, src string, compile func(string, []raft.ID) (*Cond, error)) (*Cond, error) {
	c, err := compile(src, worldOf(p.World).NodeIDs())
	if err != nil {
		var e *Error
		if errors.As(err, &e) && strings.HasPrefix(e.Msg, `"within" is not expected`) {
			e.Hint = "this looks at the present and waits for nothing; run until CONDITION within TICKS lets time pass"
		}
		return nil, err
	}
	if name, why := unseenBy(p, c); name != "" {
		return nil, &Error{Msg: name + ": " + why, Col: max(strings.Index(src, name), 0) + 1}
	}
	return c.Until(p.Session.Stopped), nil
}

// unseenBy is a name in the condition that nothing in this world looks after, and
// what to do instead.
func unseenBy(p *Parser, c *Cond) (name, why string) {
	w, ok := p.World.(interface{ Unseen() map[string]string })
	if !ok {
		return "", ""
	}
	for _, name := range vocabularyNames {
		if why := w.Unseen()[name]; why != "" && (slices.Contains(c.roots, name) || c.words["$env"] && c.words[name]) {
			return name, why
		}
	}
	return "", ""
}

// completeCondition offers the names of the vocabulary, and after a dot the
// members of what stands before it.
func completeCondition(c *Completion) {
	path := pathBefore(c.Text)
	at := len(c.Text)
	for at > 0 && isNameByte(c.Text[at-1]) {
		at--
	}
	part := c.Text[at:]
	var names []string
	if len(path) == 0 {
		names = append(names, vocabularyNames...)
		if w, ok := c.World.(interface{ Unseen() map[string]string }); ok {
			names = slices.DeleteFunc(names, func(name string) bool { return w.Unseen()[name] != "" })
		}
		for _, id := range worldOf(c.World).NodeIDs() {
			names = append(names, id.String())
		}
		names = append(names, "len", "all", "any", "none", "one", "count", "filter", "not", "in")
		slices.Sort(names)
	} else {
		names = membersOf(path)
	}
	for _, name := range names {
		if len(name) >= len(part) && name[:len(part)] == part {
			c.Add(c.From+at, name)
		}
	}
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
