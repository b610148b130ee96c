package machine

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/benbjohnson/immutable"
)

// KV is the key-value store. Its commands are short texts, so that a log reads
// like the paper's figures: x=3, delete x, cas x 1 2, incr x, get x. Keys and
// values with blanks or marks are quoted, as Quote does.
type KV struct {
	m    *immutable.SortedMap[string, string]
	sum  uint64 // see Hash
	last pair   // what was set last
}

// NewKV is the empty store.
func NewKV() KV { return KV{m: immutable.NewSortedMap[string, string](byName{})} }

// byName is the order of names. The one that the map brings compares twice.
type byName struct{}

func (byName) Compare(a, b string) int { return strings.Compare(a, b) }

// Put, Delete, CAS, Incr and Get are the commands' texts.
func Put(key, value string) string { return Quote(key) + "=" + Quote(value) }
func Delete(key string) string     { return "delete " + Quote(key) }
func CAS(key, old, new string) string {
	return "cas " + Quote(key) + " " + Quote(old) + " " + Quote(new)
}
func Incr(key string) string { return "incr " + Quote(key) }
func Get(key string) string  { return "get " + Quote(key) }

// Apply is Machine's: the result is the value for get and incr, "ok" for what
// was done, and for a failed cas "no" and what it found.
func (k KV) Apply(command string) (Machine, string) { return k.apply(command) }

func (k KV) apply(command string) (KV, string) {
	w, assign, ok := words(command)
	switch {
	case !ok:
		return k, ""
	case assign:
		return k.set(w[0], w[1]), "ok"
	case len(w) == 2 && w[0] == "get":
		v, _ := k.m.Get(w[1])
		return k, v
	case len(w) == 2 && w[0] == "delete":
		return k.remove(w[1]), "ok"
	case len(w) == 2 && w[0] == "incr":
		return k.incr(w[1])
	case len(w) == 4 && w[0] == "cas":
		if v, _ := k.m.Get(w[1]); v != w[2] {
			return k, "no " + Quote(v)
		}
		return k.set(w[1], w[3]), "ok"
	}
	return k, ""
}

func (k KV) incr(key string) (KV, string) {
	n := int64(0)
	if v, ok := k.m.Get(key); ok {
		var err error
		if n, err = strconv.ParseInt(v, 10, 64); err != nil {
			return k, "no " + Quote(v) + " is no number"
		}
	}
	if n == math.MaxInt64 {
		return k, "no " + strconv.FormatInt(n, 10) + " is the largest number"
	}
	v := strconv.FormatInt(n+1, 10)
	return k.set(key, v), v
}

// Snapshot is the store as text: x=3 y=9, sorted by key.
func (k KV) Snapshot() string { return text(k) }

// snapshotLen is the length of the snapshot.
func (k KV) snapshotLen() int {
	n := max(k.m.Len()-1, 0) // the blanks between
	for key, value := range k.All() {
		n += wordLen(key) + 1 + wordLen(value)
	}
	return n
}

func (k KV) writeSnapshot(b *strings.Builder) {
	blank := false
	for key, value := range k.All() {
		if blank {
			b.WriteByte(' ')
		}
		writeWord(b, key)
		b.WriteByte('=')
		writeWord(b, value)
		blank = true
	}
}

// large is a machine whose state may be large: its snapshot is written into
// memory that was made for it at once.
type large interface {
	snapshotLen() int
	writeSnapshot(b *strings.Builder)
}

func text(m large) string {
	var b strings.Builder
	b.Grow(m.snapshotLen())
	m.writeSnapshot(&b)
	return b.String()
}

// Restore reads what Snapshot writes.
func (k KV) Restore(snapshot string) (Machine, error) {
	b, sum := immutable.NewSortedMapBuilder[string, string](byName{}), uint64(0)
	rest := strings.TrimLeft(snapshot, " ")
	for rest != "" {
		key, after, ok := word(rest)
		if !ok || key == "" || !strings.HasPrefix(after, "=") {
			return k, fmt.Errorf("%q is not a state of the key-value store: write KEY=VALUE with blanks between",
				snapshot)
		}
		value, after, ok := word(after[1:])
		if !ok {
			return k, fmt.Errorf("%q is not a state of the key-value store: a quote is not closed", snapshot)
		}
		if old, again := b.Get(key); again {
			sum -= pairHash(key, old)
		}
		sum += pairHash(key, value)
		b.Set(key, value)
		rest = strings.TrimLeft(after, " ")
	}
	return KV{m: b.Map(), sum: sum}, nil
}

// Get is the value of a key.
func (k KV) Get(key string) (string, bool) { return k.m.Get(key) }

// Len is the number of keys.
func (k KV) Len() int { return k.m.Len() }

// All yields keys and values, sorted by key.
func (k KV) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for it := k.m.Iterator(); !it.Done(); {
			key, value, _ := it.Next()
			if !yield(key, value) {
				return
			}
		}
	}
}

// Quote is the text as one word of a command: as it is, or in double quotes
// where it is empty or has blanks, marks or control characters.
func Quote(s string) string {
	if isPlain(s) {
		return s
	}
	return Quoted(s)
}

// isPlain tells whether a text is a word as it stands.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == 0x7f || strings.IndexByte("\"'=;#\\", c) >= 0 {
			return false
		}
	}
	return s != ""
}

// Quoted is the text in double quotes.
func Quoted(s string) string {
	var b strings.Builder
	b.Grow(quotedLen(s))
	writeQuoted(&b, s)
	return b.String()
}

// wordLen is the length of Quote's result, and writeWord writes it.
func wordLen(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return quotedLen(s)
}

func writeWord(b *strings.Builder, s string) {
	if isPlain(s) {
		b.WriteString(s)
	} else {
		writeQuoted(b, s)
	}
}

// quotedLen is the length of Quoted's result.
func quotedLen(s string) int {
	n := len(s) + 2
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '\n' || c == '\t':
			n++
		case c < ' ' || c == 0x7f:
			n += len(`x00`)
		}
	}
	return n
}

func writeQuoted(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}

// words splits a command; assign says that it was KEY=VALUE.
func words(s string) (w []string, assign, ok bool) {
	if i := plainAssign(s); i > 0 { // nearly every command
		return []string{s[:i], s[i+1:]}, true, true
	}
	rest := s
	for len(w) < 5 {
		var text string
		if text, rest, ok = word(rest); !ok {
			return nil, false, false
		}
		w = append(w, text)
		if rest == "" {
			return w, assign, true
		}
		if rest[0] == '=' && len(w) == 1 && text != "" {
			assign = true
		} else if rest[0] != ' ' || assign {
			return nil, false, false
		}
		rest = rest[1:]
	}
	return nil, false, false
}

// plainAssign is where the = of a KEY=VALUE without any quoting stands, or -1.
func plainAssign(s string) int {
	at := -1
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '=' && at < 0:
			at = i
		case c <= ' ' || c == '"' || c == '\'' || c == '=' || c == '\\':
			return -1
		}
	}
	if at == len(s)-1 {
		return -1
	}
	return at
}

// word reads one word, up to a blank or a =, and is false when a quote is not
// closed. What stands in single quotes is taken as it is, as in the console.
func word(s string) (text, rest string, ok bool) {
	if s != "" && s[0] == '\'' {
		return strings.Cut(s[1:], "'")
	}
	if s == "" || s[0] != '"' {
		if i := strings.IndexAny(s, " ="); i >= 0 {
			return s[:i], s[i:], true
		}
		return s, "", true
	}
	return Unquote(s)
}

// Unquote reads a text in double quotes at the start of s, and returns what
// follows it. It is false when the quotes are not closed.
func Unquote(s string) (text, rest string, ok bool) {
	end, escapes := 1, 0
	for end < len(s) && s[end] != '"' {
		if s[end] == '\\' {
			escapes++
			end++
		}
		end++
	}
	if end >= len(s) {
		return "", "", false
	}
	inner, rest := s[1:end], s[end+1:]
	if escapes == 0 {
		return inner, rest, true
	}
	var b strings.Builder
	b.Grow(len(inner) - escapes)
	for i := 0; i < len(inner); i++ {
		c, used := inner[i], 0
		if c == '\\' {
			i++
			c, used = unescape(inner[i:])
		}
		b.WriteByte(c)
		i += used
	}
	return b.String(), rest, true
}

// unescape is the byte that an escape stands for, and how many bytes after its
// letter it took.
func unescape(s string) (byte, int) {
	switch s[0] {
	case 'n':
		return '\n', 0
	case 't':
		return '\t', 0
	case 'x':
		if len(s) >= 3 {
			if v, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
				return byte(v), 2
			}
		}
	}
	return s[0], 0
}
