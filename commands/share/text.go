package share

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"io"
	"math/big"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// A text is a number in base 62, which is a multiple of prime. What it is a multiple by is,
// as bytes, the version, the print of the state that the commands end in, and the commands
// one below the other, compressed with words that raftlab's commands often have.
//
// A changed letter changes the number by less than 62 times a power of 62, and two letters
// that change places change it by less than 62 times a difference of two such powers. The
// prime divides none of these (it is of the form 2q+1 with q prime, so that no power of 62
// with a smaller exponent than q is 1 modulo it), so both are always noticed; any other
// damage is, but once in 10^12 times.
const (
	version    = 1
	base       = 62
	prime      = 1<<40 - 437
	printBytes = 6
	maxText    = 60_000  // letters: a line holds 64 KiB
	maxScript  = 512_000 // bytes: what a text unfolds to
)

// familiar is the words that the commands are compressed with. A text of version 1 can only
// be read with these very bytes.
//
//go:embed familiar.txt
var familiar []byte

// printed is the print of a state, see printOf.
type printed [printBytes]byte

// encode is the text that holds commands and the print of the state that they end in.
func encode(lines []string, end printed) (string, error) {
	script := strings.Join(lines, "\n")
	text := pack(script, end)
	if len(text) > maxText || len(script) > maxScript {
		return "", lang.Errorf("the way here is too long for a text: it has %s", prose.Plural(len(lines), "command")).
			WithHint("save FILE writes it to a file")
	}
	return text, nil
}

func pack(script string, end printed) string {
	var b bytes.Buffer
	b.WriteByte(version)
	b.Write(end[:])
	w, _ := flate.NewWriterDict(&b, flate.BestCompression, familiar) // which fails at levels only that there are not
	_, _ = io.WriteString(w, script)                                 // memory takes everything
	_ = w.Close()
	n := new(big.Int).SetBytes(b.Bytes())
	return n.Mul(n, big.NewInt(prime)).Text(base)
}

// errDamaged refuses what is no text of ours.
var errDamaged = lang.Errorf("this is not a text that share has printed, or a letter of it is wrong or missing").
	WithHint("copy it whole, from the first letter to the last; large and small letters differ")

// decode is what a text holds. Nothing has been done yet when it refuses one.
func decode(text string) (lines []string, end printed, err error) {
	text = strings.Join(strings.Fields(text), "") // a mail has broken it into lines
	switch n := strings.IndexFunc(text, notLetter); {
	case n >= 0:
		return nil, end, lang.Errorf("a text of share has letters and digits only, not %s",
			prose.Cite(string([]rune(text[n:])[:1]))).WithHint("share prints such a text; a file is run by source FILE")
	case len(text) > maxText:
		return nil, end, lang.Errorf("a text of share has at most %d letters, and this one has %d", maxText, len(text))
	}
	n, ok := new(big.Int).SetString(text, base)
	if !ok || n.Sign() == 0 {
		return nil, end, errDamaged
	}
	n, rest := n.QuoRem(n, big.NewInt(prime), new(big.Int))
	data := n.Bytes()
	switch {
	case rest.Sign() != 0 || n.Sign() == 0:
		return nil, end, errDamaged
	case data[0] != version:
		return nil, end, lang.Errorf("this text has format %d, and this raftlab reads %d", data[0], version).
			WithHint("a newer raftlab has printed it, or there is too much of it: copy it once, whole")
	case len(data) <= 1+printBytes:
		return nil, end, errDamaged
	}
	copy(end[:], data[1:])
	lines, err = unfold(data[1+printBytes:])
	return lines, end, err
}

func notLetter(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
}

// unfold is the commands of a text. However short a text is, it unfolds to a bounded one.
func unfold(data []byte) ([]string, error) {
	from := bytes.NewReader(data)
	script, err := io.ReadAll(io.LimitReader(flate.NewReaderDict(from, familiar), maxScript+1))
	switch {
	case err != nil || len(script) <= maxScript && from.Len() > 0:
		return nil, errDamaged
	case len(script) > maxScript:
		return nil, lang.Errorf("this text holds more than %d bytes of commands", maxScript)
	}
	return strings.Split(string(script), "\n"), nil
}
