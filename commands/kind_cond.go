package commands

import (
	"slices"
	"strings"

	"raftlab/raft"
)

var conditionKind = &Kind[*Cond]{
	Name: "CONDITION", Doc: "a question about the state that is true or false: `leader.id == \"S1\"` (`help conditions`)",
	raw: true, rawAs: rawCondition,
	Parse:    func(p *Parser) (*Cond, error) { return parseCond(p, Compile) },
	Complete: completeCondition,
}

var expressionKind = &Kind[*Cond]{
	Name: "EXPRESSION", Doc: "a value that conditions can name or compute: `leader.id`, `len(messages)`",
	raw: true, rawAs: rawCondition,
	Parse:    func(p *Parser) (*Cond, error) { return parseCond(p, CompileValue) },
	Complete: completeCondition,
}

// Condition is a CONDITION, compiled.
func Condition() *Arg[*Cond] { return conditionKind.New() }

// Expression is like a condition, of any value.
func Expression() *Arg[*Cond] { return expressionKind.New() }

// cond takes the rest of the command and compiles it; an error points into
// the command line.
func parseCond(p *Parser, compile func(string, []raft.ID) (*Cond, error)) (*Cond, error) {
	src, from, err := p.raw(rawCondition)
	if err != nil {
		return nil, err
	}
	if src == "" {
		return nil, p.Missing().asMistake()
	}
	c, err := compile(src, worldOf(p.World).NodeIDs())
	if err != nil {
		e := asError(err, p.lex.line)
		e.line = p.lex.line
		e.Col = from + max(e.Col, 1)
		if strings.HasPrefix(e.Msg, `"within" is not expected`) {
			e.Hint = "this looks at the present and waits for nothing; run until CONDITION within TICKS lets time pass"
		}
		return nil, e.asMistake()
	}
	if name, why := unseenBy(p, c); name != "" {
		return nil, lineError(p.lex.line, from+max(strings.Index(src, name), 0), "%s: %s", name, why).asMistake()
	}
	return c.Until(p.Session.stopped), nil
}

// unseen is a name in the condition that nothing in this world looks after, and
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
			c.add(c.from+at, name)
		}
	}
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
