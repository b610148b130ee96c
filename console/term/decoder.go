package term

import (
	"strings"
	"unicode/utf8"
)

// What the line editor would take for something else is handed to it as a
// noncharacter of Unicode, which no keyboard sends.
const (
	keyDelete = '\uFDD0' // the Delete key: on an empty line the editor would leave
	keyInsert = '\uFDD1' // the next of decoder.texts, in one go

	keySuspend = '\uFDD2' // Ctrl-Z: the editor would stop the parent process, and not restore all of the terminal

	keyHanded = '\uFDD3' // a line from elsewhere takes the place of the one that is edited; Enter follows
	keyBack   = '\uFDD4' // the line that was edited before that is there again
)

const (
	CtrlC  = 3
	CtrlD  = 4
	CtrlZ  = 0x1a
	enter  = '\r'
	Escape = 0x1b
	rubout = 0x7f
)

// longRun is the length from which on a run of text that came at once is
// taken for a paste by a terminal that does not mark pastes.
const longRun = 32

// editorKeys are the control characters that the line editor understands. It
// inserts the others, and Ctrl-T on a line of one character makes it panic, and NUL is an
// end of file to it.
const editorKeys = "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x10\x12\x13\x15\x17\x19\x7f"

type decoderState uint8

const (
	ground decoderState = iota
	afterEscape
	inCSI
	inSS3
	inAnswer // ESC ], and what the terminal says of its ground
	atItsEnd // ESC within that: a backslash ends it
	linuxKey // ESC [ [ and one character more: the function keys of Linux's console
)

// decoder cleans what a terminal sends for the line editor: keys it knows,
// single line ends, pastes as texts. It is a state machine over bytes, since
// a read may end anywhere.
type decoder struct {
	out   []byte   // keys for the editor
	texts []string // what the keyInserts among them stand for

	state   decoderState
	params  []byte
	pasting bool
	big     bool   // the bytes at hand came in one big chunk
	lastCR  bool   // a line feed now belongs to the carriage return before it
	run     []byte // text since the last key
	ground  string // dark or light, as the terminal said it; "": it has said nothing
}

// feed decodes what one read returned.
func (d *decoder) feed(chunk []byte) {
	d.big = len(chunk) >= longRun
	if !d.pasting {
		d.lastCR = false
	}
	for _, c := range chunk {
		d.byte(c)
	}
	d.flush()
}

// pendingEscape tells whether an Escape came last, which is the key or the beginning of a sequence.
func (d *decoder) pendingEscape() bool { return d.state == afterEscape }

// dropEscape decides that it was the key.
func (d *decoder) dropEscape() {
	if d.state == afterEscape {
		d.state = ground
	}
}

func (d *decoder) byte(c byte) {
	switch d.state {
	case afterEscape:
		d.escaped(c)
	case inSS3:
		d.state = ground
		d.final(c)
	case linuxKey:
		d.state = ground
	case inCSI:
		d.csi(c)
	case inAnswer:
		d.answer(c)
	case atItsEnd:
		if d.state = afterEscape; c == '\\' {
			d.state = ground
		} else {
			d.byte(c)
		}
	default:
		d.plain(c)
	}
}

func (d *decoder) escaped(c byte) {
	d.state = ground
	switch {
	case c == '[':
		d.state, d.params = inCSI, d.params[:0]
	case c == ']':
		d.state, d.params = inAnswer, d.params[:0]
	case c == 'O':
		d.state, d.params = inSS3, d.params[:0]
	case d.pasting:
		d.plain(c)
	case c == 'b' || c == 'f' || c == 'd' || c == rubout: // a word back, on, deleted
		d.key(Escape, c)
	default:
		d.plain(c)
	}
}

func (d *decoder) csi(c byte) {
	switch {
	case c == '[' && len(d.params) == 0:
		d.state = linuxKey
	case c >= 0x20 && c <= 0x3f:
		if len(d.params) < 32 {
			d.params = append(d.params, c)
		}
	case c >= 0x40 && c <= 0x7e:
		d.state = ground
		d.final(c)
	default: // not a sequence after all
		d.state = ground
		d.plain(c)
	}
}

// answer reads what follows Escape and ], which may also have been a key.
func (d *decoder) answer(c byte) {
	n := len(d.params)
	switch {
	case n < len(groundAnswer) && c == groundAnswer[n],
		n >= len(groundAnswer) && n < 32 && strings.IndexByte(hexDigits, c) >= 0:
		d.params = append(d.params, c)
	case n > len(groundAnswer) && (c == '\a' || c == Escape):
		d.ground = groundOf(string(d.params[len(groundAnswer):]))
		if d.state = ground; c == Escape {
			d.state = atItsEnd
		}
	default: // it was
		d.state = ground
		for _, p := range append(append([]byte{']'}, d.params...), c) {
			d.plain(p)
		}
	}
}

const hexDigits = "0123456789abcdefABCDEF/"

// final is the last byte of an Escape sequence. Sequences that mean nothing
// here are dropped whole.
func (d *decoder) final(c byte) {
	params := string(d.params)
	if c == '~' && params == "201" {
		d.flush()
		d.pasting, d.lastCR = false, false
		return
	}
	if d.pasting {
		return
	}
	if c == '~' {
		d.tilde(params)
		return
	}
	byWord := strings.HasSuffix(params, ";5") || strings.HasSuffix(params, ";3")
	switch {
	case c == 'A':
		d.key('\x10')
	case c == 'B':
		d.key('\x0e')
	case c == 'C' && byWord:
		d.key(Escape, 'f')
	case c == 'C':
		d.key('\x06')
	case c == 'D' && byWord:
		d.key(Escape, 'b')
	case c == 'D':
		d.key('\x02')
	case c == 'H':
		d.key('\x01')
	case c == 'F':
		d.key('\x05')
	}
}

// tilde is a key that a terminal writes as a number and a tilde.
func (d *decoder) tilde(number string) {
	switch number {
	case "1", "7":
		d.key('\x01')
	case "4", "8":
		d.key('\x05')
	case "3":
		d.special(keyDelete)
	case "200":
		d.flush()
		d.pasting, d.lastCR = true, false
	}
}

// plain is a byte outside of Escape sequences.
func (d *decoder) plain(c byte) {
	wasCR := d.lastCR
	d.lastCR = false
	switch {
	case c == Escape:
		d.state = afterEscape
	case c == '\r':
		d.key(enter)
		d.lastCR = true
	case c == '\n':
		if !wasCR {
			d.key(enter)
		}
	case c == CtrlC:
		d.pasting = false // the way out of a paste whose end was lost
		d.key(CtrlC)
	case c == '\t' && (d.pasting || d.big):
		d.run = append(d.run, ' ')
	case c == '\t':
		d.key('\t')
	case c == CtrlZ && !d.pasting:
		d.special(keySuspend)
	case c >= ' ' && c != rubout:
		d.run = append(d.run, c)
	case !d.pasting && strings.IndexByte(editorKeys, c) >= 0:
		d.key(c)
	}
}

func (d *decoder) key(keys ...byte) {
	d.flush()
	d.out = append(d.out, keys...)
}

// special is a key that the editor does not know.
func (d *decoder) special(key rune) {
	d.flush()
	d.out = utf8.AppendRune(d.out, key)
}

// flush ends a run of text. A character whose last bytes are still to come
// stays behind.
func (d *decoder) flush() {
	whole := len(d.run)
	for back := 1; back <= utf8.UTFMax && back <= len(d.run); back++ {
		if tail := d.run[len(d.run)-back:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= back
			}
			break
		}
	}
	if whole == 0 {
		return
	}
	text := strings.Map(printing, strings.ToValidUTF8(string(d.run[:whole]), "\uFFFD"))
	d.run = append(d.run[:0], d.run[whole:]...)
	if d.pasting || whole >= longRun {
		d.texts = append(d.texts, text)
		d.out = utf8.AppendRune(d.out, keyInsert)
	} else {
		d.out = append(d.out, text...)
	}
}

// printing drops control characters and the noncharacters used as keys.
func printing(c rune) rune {
	if c < ' ' || c >= 0x7f && c < 0xa0 || c >= keyDelete && c <= keyBack {
		return -1
	}
	return c
}
