package site

import (
	"encoding/binary"
	"slices"
)

// Go's compiler writes a function for WebAssembly as one loop around its segments, one for each label and
// each place that a call comes back to:
//
//	loop
//	  block … block
//	    local.get 0; br_table …       where to go: at first what the caller says
//	  end … segment 0 … end … segment 1 … end … segment n
//	end
//
// Any jump is i32.const PC; local.set 0; br loop, and so passes through the table, although the end of the
// block around what lies ahead is reached by a branch of its own. straightened writes it so: about a tenth
// less time in a search, and a program that is smaller. A jump back stays as it is.

// The instructions of WebAssembly that are looked at.
const (
	opBlock, opLoop, opIf, opEnd     = 0x02, 0x03, 0x04, 0x0b
	opBr, opBrIf, opBrTable          = 0x0c, 0x0d, 0x0e
	opCall, opCallIndirect           = 0x10, 0x11
	opLocalGet, opLocalSet           = 0x20, 0x21
	opGlobalSet, opLoad, opStoreLast = 0x24, 0x28, 0x3e
	opMemorySize, opMemoryGrow       = 0x3f, 0x40
	opI32Const, opI64Const           = 0x41, 0x42
	opF32Const, opF64Const           = 0x43, 0x44
	opUnknown, opMore                = 0xc5, 0xfc // no compiler of Go writes those between
	noResult                         = -0x40      // what follows a block or an if without a result
	codeSection                      = 10
)

// instruction is one instruction of a function.
type instruction struct {
	op   byte
	text []byte // with what follows it
	arg  int64  // the first number that follows
	list []uint64
}

// reader reads what has the form that WebAssembly gives it.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if r.bad = r.bad || n < 0 || n > len(r.rest); r.bad {
		r.rest = nil
		return make([]byte, 1)
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.bad = r.bad || n <= 0
	r.take(max(n, 0))
	return v
}

func (r *reader) sized() []byte { return r.take(int(min(r.number(), 1<<40))) }

// signed is a number with a sign.
func (r *reader) signed() (v int64) {
	for shift := 0; ; shift += 7 {
		b := r.take(1)[0]
		if v |= int64(b&0x7f) << shift; b < 0x80 {
			if shift < 57 && b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

// straightened is a program in which jumps ahead are branches. What does not have the form above stays
// as it is.
func straightened(program []byte) []byte {
	const header = 8
	if len(program) < header {
		return program
	}
	out := slices.Clone(program[:header])
	for r := (&reader{rest: program[header:]}); len(r.rest) > 0; {
		id, body := r.take(1)[0], r.sized()
		if r.bad {
			return program
		}
		if id == codeSection {
			body = functions(body)
		}
		out = sized(append(out, id), body)
	}
	return out
}

func sized(out, body []byte) []byte {
	return append(binary.AppendUvarint(out, uint64(len(body))), body...)
}

// functions is the section of the functions' code.
func functions(section []byte) []byte {
	r := &reader{rest: section}
	n := r.number()
	out := binary.AppendUvarint(nil, n)
	for range n {
		out = sized(out, function(r.sized()))
	}
	if r.bad {
		return section
	}
	return out
}

// function is one function.
func function(code []byte) []byte {
	r := &reader{rest: code}
	for range r.number() {
		r.number() // how many locals
		r.take(1)  // of which type
	}
	locals := code[:len(code)-len(r.rest)]
	all, ok := r.instructions()
	if !ok {
		return code
	}
	table, blocks, ok := goLoop(all)
	if !ok {
		return code
	}
	out := slices.Clone(locals)
	for _, i := range all[:table+2] {
		out = append(out, i.text...)
	}
	return straight(out, all[table+2:], all[table].list, blocks)
}

// operands is what follows instructions: s a number with a sign, n one without, t a table, x a second byte
// of the instruction, and digits so many bytes. Any other of them stands alone.
var operands = []struct {
	first, last byte
	follow      string
}{
	{opBlock, opIf, "s"}, {opBr, opBrIf, "n"}, {opBrTable, opBrTable, "t"}, {opCall, opCall, "n"},
	{opCallIndirect, opCallIndirect, "nn"}, {opLocalGet, opGlobalSet, "n"}, {opLoad, opStoreLast, "nn"},
	{opMemorySize, opMemoryGrow, "n"}, {opI32Const, opI64Const, "s"}, {opF32Const, opF32Const, "4"},
	{opF64Const, opF64Const, "8"}, {opMore, opMore, "x"}, {opUnknown, 0xff, "?"},
}

// instructions are those of the function that r has.
func (r *reader) instructions() (all []instruction, ok bool) {
	for len(r.rest) > 0 && !r.bad {
		text := r.rest
		i := instruction{op: r.take(1)[0]}
		for _, o := range operands {
			if o.first <= i.op && i.op <= o.last {
				r.operands(&i, o.follow)
				break
			}
		}
		i.text = text[:len(text)-len(r.rest)]
		all = append(all, i)
	}
	return all, !r.bad
}

// operands reads what follows an instruction.
func (r *reader) operands(i *instruction, follow string) {
	for _, kind := range follow {
		switch kind {
		case 's':
			i.arg = r.signed()
		case 'n':
			i.arg = int64(r.number())
		case 't':
			for range min(r.number(), uint64(len(r.rest))) + 1 {
				i.list = append(i.list, r.number())
			}
		case 'x':
			r.bad = !r.more()
		case '?':
			r.bad = true
		default:
			r.take(int(kind - '0'))
		}
	}
}

// more reads what follows the byte of the instructions that have two.
func (r *reader) more() bool {
	const lastConversion, memoryCopy, memoryFill = 7, 10, 11
	switch op := r.number(); {
	case op == memoryCopy:
		r.take(2)
	case op == memoryFill:
		r.take(1)
	case op > lastConversion:
		return false
	}
	return !r.bad
}

// goLoop finds the table of a function of that form, and how many blocks end before its loop does. Nothing
// else in it may read local 0, but what has just been put there: an indirect call does.
func goLoop(all []instruction) (table, blocks int, ok bool) {
	table = slices.IndexFunc(all, func(i instruction) bool { return i.op == opBrTable })
	if table < 2 || table+1 == len(all) || !readsPC(all[table-1]) || all[table+1].op != opEnd {
		return 0, 0, false
	}
	for i := range all {
		if i != table-1 && readsPC(all[i]) && (i < 2 || !setsPC(all[i-2])) {
			return 0, 0, false
		}
	}
	loop := table - 2
	for loop >= 0 && all[loop].op == opBlock {
		loop--
	}
	return table, table - 2 - loop, loop >= 0 && all[loop].op == opLoop
}

func readsPC(i instruction) bool { return i.op == opLocalGet && i.arg == 0 }
func setsPC(i instruction) bool  { return i.op == opLocalSet && i.arg == 0 }

// straight appends segments to out. table says which segment each PC is.
func straight(out []byte, all []instruction, table []uint64, blocks int) []byte {
	segment, inner := 0, 0 // where it is, and how many blocks within the segment are open
	ahead := func(i int) (label int, ok bool) {
		if i+2 >= len(all) || all[i].op != opI32Const || !setsPC(all[i+1]) || all[i+2].op != opBr ||
			all[i+2].arg != int64(inner+blocks-1-segment) {
			return 0, false
		}
		to := int(table[min(uint64(all[i].arg), uint64(len(table)-1))])
		return inner + to - segment - 1, to > segment
	}
	for i := 0; i < len(all); i++ {
		switch all[i].op {
		case opBlock, opLoop, opIf:
			inner++
			label, ok := ahead(i + 1)
			if ok && all[i].op == opIf && all[i].arg == noResult && i+4 < len(all) && all[i+4].op == opEnd {
				out = binary.AppendUvarint(append(out, opBrIf), uint64(label-1))
				inner--
				i += 4
				continue
			}
		case opEnd:
			if inner--; inner < 0 {
				segment, inner = segment+1, 0
			}
		}
		if label, ok := ahead(i); ok {
			out = binary.AppendUvarint(append(out, opBr), uint64(label))
			i += 2
			continue
		}
		out = append(out, all[i].text...)
	}
	return out
}
