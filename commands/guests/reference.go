package guests

import (
	"context"
	"fmt"
	"io"

	"raftlab/cluster/guest"
	"raftlab/raft"
)

// Reference reads questions and writes the answers of raftlab's own server, as a guest
// does, until there are no more. The mistakes, by name, are made on purpose; can is what it
// says that it can do beyond Figure 2: nothing, or take snapshots.
func Reference(ctx context.Context, in io.Reader, out io.Writer, mistakes, can []string) error {
	o := &raft.Options{}
	for _, name := range mistakes {
		known := false
		for _, m := range raft.AllMutants() {
			if m.Name == name {
				o.Mutants, known = o.Mutants|m.Bit, true
			}
		}
		if !known {
			return fmt.Errorf("there is no bug %s of a server's; raftlab -c bugs lists them", name)
		}
	}
	var able []guest.Ability
	for _, word := range can {
		if guest.Ability(word) != guest.Snapshot {
			return fmt.Errorf("guest reference --can takes snapshot, and not %s: it does nothing else beyond Figure 2",
				word)
		}
		able = append(able, guest.Snapshot)
	}
	err := guest.Serve(in, out, o, able...)
	if ctx.Err() != nil {
		return nil
	}
	return err
}
