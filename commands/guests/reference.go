package guests

import (
	"context"
	"fmt"
	"io"
	"slices"

	"raftlab/cluster/guest"
	"raftlab/raft"
)

// Reference reads questions and writes the answers of raftlab's own server, as a guest
// does, until there are no more. The mistakes, by name, are made on purpose; can is what it
// says that it can do beyond Figure 2: nothing, or take snapshots.
func Reference(ctx context.Context, in io.Reader, out io.Writer, mistakes, can []string) error {
	o := &raft.Options{}
	for _, name := range mistakes {
		all := raft.AllMutants()
		i := slices.IndexFunc(all, func(m raft.Mutant) bool { return m.Name == name })
		if i < 0 {
			return fmt.Errorf("a server has no bug %s; raftlab -c bugs lists the bugs", name)
		}
		o.Mutants |= all[i].Bit
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
