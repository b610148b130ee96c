package live

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strings"

	"raftlab/raft"
)

// The snapshot file is
//
//	mark      8 bytes
//	checksum  4 bytes, CRC-32C of all that follows
//	length    4 bytes, of the head
//	head      index, term, length of the data, configuration
//	data      the state machine's
//
// It is written under another name and then renamed, so a crash cannot leave a part of it, and
// anything wrong with it is damage. The data may be large, so it is never copied in memory.

const snapshotMark = "RLSNAP1\n"

// writeSnapshot writes a snapshot in this format.
func writeSnapshot(f io.Writer, s *raft.Snapshot) error {
	head := make([]byte, 4, 64)
	head = binary.AppendUvarint(head, s.Index)
	head = binary.AppendUvarint(head, s.Term)
	head = binary.AppendUvarint(head, uint64(len(s.Data)))
	head = appendText(head, s.Configuration.String())
	binary.LittleEndian.PutUint32(head, uint32(len(head)-4))
	sum := sumText(crc32.Checksum(head, castagnoli()), s.Data)
	start := binary.LittleEndian.AppendUint32([]byte(snapshotMark), sum)
	if _, err := f.Write(append(start, head...)); err != nil {
		return err
	}
	_, err := io.WriteString(f, s.Data)
	return err
}

// sumText continues a checksum over a text, without a copy of the whole text.
func sumText(sum uint32, text string) uint32 {
	var piece [16 << 10]byte
	for len(text) > 0 {
		n := copy(piece[:], text)
		sum, text = crc32.Update(sum, castagnoli(), piece[:n]), text[n:]
	}
	return sum
}

// readSnapshot reads a server's snapshot from a file; nil if there is no file. It returns a
// *DamagedError if the file is not what was written.
func readSnapshot(id raft.ID, path string) (*raft.Snapshot, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := decodeSnapshot(bufio.NewReader(f))
	var unread *fs.PathError
	switch {
	case errors.As(err, &unread): // the file cannot be read, which does not mean that it is damaged
		return nil, err
	case err != nil:
		return nil, &DamagedError{id, path, err.Error()}
	}
	return s, nil
}

func decodeSnapshot(r io.Reader) (*raft.Snapshot, error) {
	start := make([]byte, len(snapshotMark)+8)
	if _, err := io.ReadFull(r, start); err != nil {
		return nil, fmt.Errorf("its start is missing: %w", err)
	}
	if string(start[:8]) != snapshotMark {
		return nil, errors.New("it does not begin as a snapshot does")
	}
	n := binary.LittleEndian.Uint32(start[12:])
	if n > 1<<16 {
		return nil, fmt.Errorf("a head of %d bytes", n)
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, fmt.Errorf("its head ends too soon: %w", err)
	}
	d := decoder{rest: head}
	s := &raft.Snapshot{Index: d.number(), Term: d.number()}
	length := d.number()
	config := d.text()
	if err := d.end(); err != nil {
		return nil, err
	}
	var err error
	if s.Configuration, err = raft.ParseConfiguration(config); err != nil {
		return nil, err
	}
	sum := crc32.Update(crc32.Checksum(start[12:], castagnoli()), castagnoli(), head)
	s.Data, err = readData(r, length, sum, binary.LittleEndian.Uint32(start[8:]))
	return s, err
}

// readData reads the data and compares the checksum of the whole file with want.
func readData(r io.Reader, length uint64, sum, want uint32) (string, error) {
	var b strings.Builder
	if length > 1<<40 {
		return "", fmt.Errorf("data of %d bytes", length)
	}
	b.Grow(int(min(length, 1<<26)))
	piece := make([]byte, 64<<10)
	for {
		n, err := r.Read(piece)
		sum = crc32.Update(sum, castagnoli(), piece[:n])
		b.Write(piece[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
	}
	if uint64(b.Len()) != length || sum != want {
		return "", fmt.Errorf("%d bytes of data with checksum %08x, where %d with %08x belong", b.Len(), sum, length,
			want)
	}
	return b.String(), nil
}
