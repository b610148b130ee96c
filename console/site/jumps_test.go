package site

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// The instructions that only the test has.
const opDrop, opReturn = 0x1a, 0x0f

// goFunction is a function in the form of Go's compiler, of so many segments. Each tells its number, and
// then jumps anywhere, if what local 1 holds at that moment is not 0.
func goFunction(r *rand.Rand, segments int) []byte {
	out := []byte{1, 1, 0x7f, opLoop, 0x40} // one local more
	for range segments {
		out = append(out, opBlock, 0x40)
	}
	out = append(out, opLocalGet, 0, opBrTable)
	out = binary.AppendUvarint(out, uint64(2*segments-1))
	for pc := range 2 * segments { // two PCs a segment
		out = binary.AppendUvarint(out, uint64(pc/2))
	}
	jump := func(depth, at int) {
		out = append(out, opI32Const, byte(r.IntN(2*segments)), opLocalSet, 0, opBr, byte(depth+segments-1-at))
	}
	for at := range segments {
		out = append(out, opEnd, opI32Const, byte(at), opDrop)
		for range r.IntN(3) {
			switch r.IntN(4) {
			case 0: // an indirect call uses local 0
				out = append(out, opI32Const, 9, opLocalSet, 0, opI32Const, 8, opLocalGet, 0, opDrop, opDrop)
			case 1:
				out = append(out, opBlock, 0x40, opLocalGet, 1, opIf, 0x40)
				jump(2, at)
				out = append(out, opEnd, opEnd)
			case 2:
				out = append(out, opLocalGet, 1, opIf, 0x40, opI32Const, 50, opDrop)
				jump(1, at)
				out = append(out, opEnd)
			default:
				out = append(out, opLocalGet, 1, opIf, 0x40)
				jump(1, at)
				out = append(out, opEnd)
			}
		}
		if r.IntN(3) == 0 {
			jump(0, at)
		}
	}
	return append(out, opReturn, opEnd, 0, opEnd)
}

// machine runs a function, and tells what it drops; most is so much of that.
type machine struct {
	all   []instruction
	ends  map[int]int // of each block, where it ends
	local [1]int64
	coins *rand.Rand // what local 1 holds
	stack []int64
	told  []int64
}

func (m *machine) pop() int64 {
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v
}

// run runs a function, entered at pc, until it returns or has told enough. passes is how often a table was
// asked.
func (m *machine) run(pc int64, most int) (passes int) {
	m.local[0] = pc
	var open []int
	for i := 0; i < len(m.all) && len(m.told) < most; i++ {
		branch := -1
		switch x := m.all[i]; x.op {
		case opBlock, opLoop:
			open = append(open, i)
		case opIf:
			if open = append(open, i); m.pop() == 0 {
				i = m.ends[i] - 1
			}
		case opEnd:
			open = open[:max(0, len(open)-1)]
		case opI32Const:
			m.stack = append(m.stack, x.arg)
		case opDrop:
			m.told = append(m.told, m.pop())
		case opLocalSet:
			m.local[0] = m.pop()
		case opLocalGet:
			v := m.local[0]
			if x.arg == 1 {
				v = int64(m.coins.IntN(2))
			}
			m.stack = append(m.stack, v)
		case opBr:
			branch = int(x.arg)
		case opBrIf:
			if m.pop() != 0 {
				branch = int(x.arg)
			}
		case opBrTable:
			passes++
			branch = int(x.list[min(int(m.pop()), len(x.list)-1)])
		case opReturn:
			return passes
		}
		if branch >= 0 {
			i = open[len(open)-1-branch]
			if open = open[:len(open)-1-branch]; m.all[i].op != opLoop {
				i = m.ends[i]
			} else {
				i--
			}
		}
	}
	return passes
}

// machineOf reads a function.
func machineOf(t *testing.T, code []byte, coins uint64) *machine {
	t.Helper()
	r := &reader{rest: code[3:]}
	all, ok := r.instructions()
	if !ok {
		t.Fatalf("%x cannot be read", code)
	}
	m := &machine{all: all, ends: map[int]int{}, coins: rand.New(rand.NewPCG(coins, 1))}
	var open []int
	for i, x := range all {
		switch x.op {
		case opBlock, opLoop, opIf:
			open = append(open, i)
		case opEnd:
			if len(open) > 0 {
				m.ends[open[len(open)-1]] = i
				open = open[:len(open)-1]
			}
		}
	}
	return m
}

// TestStraightFunctionsDoTheSame runs random functions as they were and as they are written here, from each
// place where one may be entered.
func TestStraightFunctionsDoTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	before, after, shorter := 0, 0, 0
	for range 150 {
		segments := 1 + r.IntN(12)
		was := goFunction(r, segments)
		is := function(was)
		shorter += len(was) - len(is)
		for pc := range int64(2*segments + 1) {
			coins := r.Uint64()
			a, b := machineOf(t, was, coins), machineOf(t, is, coins)
			before += a.run(pc, 60)
			after += b.run(pc, 60)
			if !slices.Equal(a.told, b.told) {
				t.Fatalf("entered at %d\n%x tells %d\n%x tells %d", pc, was, a.told, is, b.told)
			}
		}
	}
	if after > before*9/10 || shorter <= 0 {
		t.Errorf("tables are asked %d times, before %d times; the functions are %d bytes shorter", after, before, shorter)
	}
}

// TestOtherFunctionsStay: what has another form, or is no program at all, is left as it is.
func TestOtherFunctionsStay(t *testing.T) {
	was := goFunction(rand.New(rand.NewPCG(3, 4)), 5)
	for _, code := range [][]byte{
		nil, {0}, {0, opEnd}, was[:len(was)/2],
		slices.Concat(was[:len(was)-2], []byte{opLocalGet, 0, opDrop, opEnd}), // it reads where it is
		append([]byte{0}, was[4:]...),                                         // without the loop
		slices.Concat(was[:3], []byte{0xfb}, was[3:]),                         // an instruction that Go does not write
	} {
		if got := function(code); !slices.Equal(got, code) {
			t.Errorf("%x becomes %x", code, got)
		}
	}
	for _, program := range []string{"", "abc", "\x00asm\x01\x00\x00\x00\x0a\x7f", "\x00asm\x01\x00\x00\x00\x0a\x03\x05\x01\x00"} {
		if got := straightened([]byte(program)); string(got) != program {
			t.Errorf("%q becomes %q", program, got)
		}
	}
}
