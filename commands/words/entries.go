package words

import (
	"strings"

	"raftlab/cluster/machine"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// MaxFigure bounds terms and indexes that are typed, so that nothing overflows.
const MaxFigure = 1 << 40

// ParseEntries reads entries as `given` and `inject` take them: words of TERM
// or TERM:DATA, a DATA with blanks in double quotes.
func ParseEntries(text string) ([]raft.Entry, error) {
	var out []raft.Entry
	for rest := strings.TrimLeft(text, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		end := strings.IndexAny(rest, ": ")
		if end < 0 {
			end = len(rest)
		}
		term, ok := lang.Digits(rest[:end])
		if !ok || term == 0 || term > MaxFigure {
			return nil, lang.Errorf("%s is not an entry: an entry is TERM or TERM:DATA, such as 3 or 3:x=1",
				prose.Cite(rest[:end])).
				WithHint("put DATA with blanks in double quotes: log '1:x=1 2:\"delete x\"'")
		}
		e := raft.Entry{Term: term, Kind: raft.Command}
		rest = rest[end:]
		if strings.HasPrefix(rest, ":") {
			if e.Data, rest, ok = entryData(rest[1:]); !ok {
				return nil, lang.Errorf("the quotes of the entry of term %d are not closed, or something follows "+
					"them at once", term)
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// entryData reads what stands behind TERM: up to a blank, or a text in double
// quotes.
func entryData(s string) (data, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		data, rest, ok = machine.Unquote(s)
		return data, rest, ok && (rest == "" || rest[0] == ' ')
	}
	if i := strings.IndexByte(s, ' '); i >= 0 {
		return s[:i], s[i:], true
	}
	return s, "", true
}
