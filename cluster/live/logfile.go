package live

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"

	"raftlab/raft"
)

// The log file is a sequence of records: a header, then one record for each batch of
// changes. Each is written and synced before the next begins. A record is
//
//	mark      4 bytes, always the same
//	length    4 bytes, of the payload
//	sequence  8 bytes, the record's number
//	checksum  4 bytes, CRC-32C of length, sequence and payload
//	payload
//
// So an incomplete record at the end was being written when the process or the machine
// died. No reply that depends on it had been sent, and it is cut off. A bad record that a
// good one follows is damage. Damage to the very last record looks the same as an
// interrupted write, so whatever is cut off is reported as a Repair.

const (
	recordMark   = "\xd2RL1"
	recordHeader = 4 + 4 + 8 + 4
	maxPayload   = 1 << 30

	// wholeRecords is the number of records that a log file begins with. They are written
	// before the file gets its name, so a crash cannot have cut them short.
	wholeRecords = 2
)

// castagnoli is made when the first file is read or written, because making it takes a fifth
// of a millisecond.
var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// appendRecord adds a record; fill appends its payload.
func appendRecord(b []byte, sequence uint64, fill func([]byte) []byte) []byte {
	at := len(b)
	b = append(b, recordMark...)
	b = append(b, make([]byte, recordHeader-len(recordMark))...)
	b = fill(b)
	head := b[at+4:]
	binary.LittleEndian.PutUint32(head, uint32(len(b)-at-recordHeader))
	binary.LittleEndian.PutUint64(head[4:], sequence)
	binary.LittleEndian.PutUint32(head[12:], recordSum(b[at:]))
	return b
}

func recordSum(rec []byte) uint32 {
	return crc32.Update(crc32.Checksum(rec[4:16], castagnoli()), castagnoli(), rec[recordHeader:])
}

// cutRecord takes the record at the start of data, or says why there is none.
func cutRecord(data []byte) (payload []byte, sequence uint64, why string) {
	if len(data) < recordHeader {
		return nil, 0, fmt.Sprintf("only %d bytes of a record's header", len(data))
	}
	if string(data[:4]) != recordMark {
		return nil, 0, "no record begins there"
	}
	length := binary.LittleEndian.Uint32(data[4:])
	if uint64(length) > uint64(len(data)-recordHeader) {
		return nil, 0, fmt.Sprintf("%d bytes of a record of %d", len(data)-recordHeader, length)
	}
	rec := data[:recordHeader+int(length)]
	if recordSum(rec) != binary.LittleEndian.Uint32(data[16:]) {
		return nil, 0, "a record with a wrong checksum"
	}
	return rec[recordHeader:], binary.LittleEndian.Uint64(data[8:]), ""
}

// readRecords calls visit with each record's payload. good is where the last complete record
// ends; torn says what incomplete record follows, or is "".
func readRecords(data []byte, visit func(payload []byte) error) (good int, records uint64, torn string, err error) {
	for good < len(data) {
		payload, sequence, why := cutRecord(data[good:])
		if why == "" && sequence != records {
			why = fmt.Sprintf("record %d where record %d belongs", sequence, records)
		}
		if why != "" {
			if at := wholeRecordAfter(data, good+1, records); at >= 0 || records < wholeRecords {
				return good, records, "", fmt.Errorf("%s at byte %d, and no crash can have left it so", why, good)
			}
			return good, records, why, nil
		}
		if err := visit(payload); err != nil {
			return good, records, "", fmt.Errorf("record %d at byte %d: %w", sequence, good, err)
		}
		good += recordHeader + len(payload)
		records++
	}
	if records < wholeRecords {
		return 0, 0, "", fmt.Errorf("it ends too soon, after %d of the %d records that it was made with", records,
			wholeRecords)
	}
	return good, records, "", nil
}

// wholeRecordAfter is where the first complete record with a higher sequence begins, at or
// after a byte; -1 if there is none.
func wholeRecordAfter(data []byte, from int, sequence uint64) int {
	for from < len(data) {
		i := bytes.Index(data[from:], []byte(recordMark))
		if i < 0 {
			return -1
		}
		if _, n, why := cutRecord(data[from+i:]); why == "" && n >= sequence {
			return from + i
		}
		from += i + 1
	}
	return -1
}

// logHeader is the first record. It says which server's log this is, and after which entry
// it begins.
type logHeader struct {
	id             raft.ID
	initial        raft.Configuration
	base, baseTerm uint64
}

const logVersion = 1

func (h *logHeader) append(b []byte) []byte {
	b = append(b, logVersion, byte(h.id))
	b = appendText(b, h.initial.String())
	b = binary.AppendUvarint(b, h.base)
	return binary.AppendUvarint(b, h.baseTerm)
}

func (h *logHeader) read(payload []byte) error {
	d := decoder{rest: payload}
	if v := d.byte(); v != logVersion {
		return fmt.Errorf("it is of format %d, and this program reads format %d", v, logVersion)
	}
	h.id = raft.ID(d.byte())
	text := d.text()
	h.base, h.baseTerm = d.number(), d.number()
	if err := d.end(); err != nil {
		return err
	}
	var err error
	h.initial, err = raft.ParseConfiguration(text)
	return err
}

// appendBatch encodes a change: the term and the vote always, and the log from an index on
// if that has changed.
func appendBatch(b []byte, s *raft.Stable, from uint64) []byte {
	b = binary.AppendUvarint(b, s.CurrentTerm)
	b = append(b, byte(s.VotedFor))
	b = binary.AppendUvarint(b, from)
	if from == 0 {
		return b
	}
	last := s.Log.LastIndex()
	b = binary.AppendUvarint(b, last+1-from)
	for i := from; i <= last; i++ {
		e := s.Log.Entry(i)
		b = binary.AppendUvarint(b, e.Term)
		b = append(b, byte(e.Kind))
		b = appendText(b, e.Data)
	}
	return b
}

// readBatch changes s as the batch says.
func readBatch(payload []byte, s *raft.Stable) error {
	d := decoder{rest: payload}
	s.CurrentTerm, s.VotedFor = d.number(), raft.ID(d.byte())
	from := d.number()
	if from == 0 {
		return d.end()
	}
	if from < s.Log.FirstIndex() || from > s.Log.LastIndex()+1 {
		return fmt.Errorf("entries from %d on do not fit a log of %d to %d", from, s.Log.FirstIndex(),
			s.Log.LastIndex())
	}
	s.Log.TruncateAfter(from - 1)
	for n := d.number(); n > 0 && !d.bad; n-- {
		s.Log.Append(raft.Entry{Term: d.number(), Kind: raft.Kind(d.byte()), Data: d.text()})
	}
	return d.end()
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// decoder reads a payload. bad says that the payload ended too soon.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) number() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.bad = true
		return 0
	}
	c := d.rest[0]
	d.rest = d.rest[1:]
	return c
}

func (d *decoder) text() string {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return ""
	}
	s := string(d.rest[:n])
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) end() error {
	if d.bad || len(d.rest) > 0 {
		return fmt.Errorf("its payload is not what it should be, though its checksum is right")
	}
	return nil
}
