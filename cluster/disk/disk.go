// Package disk is a server's stable storage (Figure 2, persistent state): what was
// written to it, and what of that is synced, which is what a crash leaves.
package disk

import (
	"fmt"
	"strings"

	"raftlab/raft"
)

// Disk is one server's. Copies of it share what neither changes.
type Disk struct {
	Written raft.Stable  // all of it, synced or not
	synced  *raft.Stable // what of it is synced; never changed in place; nil: all of it
}

// Of is a disk that holds s, all of it synced.
func Of(s raft.Stable) Disk { return Disk{Written: s} }

// Synced is what a crash leaves. It is not changed in place.
func (d *Disk) Synced() *raft.Stable {
	if d.synced == nil {
		return &d.Written
	}
	return d.synced
}

// Write replaces what the disk holds, and syncs it or not.
func (d *Disk) Write(s raft.Stable, sync bool) {
	if sync {
		d.synced = nil
	} else if d.synced == nil {
		was := d.Written
		d.synced = &was
	}
	d.Written = s
}

// Sync makes stable what is written.
func (d *Disk) Sync() { d.synced = nil }

// SyncTerm makes stable the term and the vote alone. A server that replies after that makes
// the mistake ack-before-durable.
func (d *Disk) SyncTerm() {
	synced := *d.Synced()
	synced.CurrentTerm, synced.VotedFor = d.Written.CurrentTerm, d.Written.VotedFor
	d.synced = &synced
}

// SyncAllButVote makes stable all but the vote. A server that replies after that makes the
// mistake two-writes.
func (d *Disk) SyncAllButVote() {
	synced := d.Written
	synced.VotedFor = 0
	d.synced = &synced
}

// Crash takes what is not synced.
func (d *Disk) Crash() { *d = Of(*d.Synced()) }

// Unsynced tells whether a crash would take something.
func (d *Disk) Unsynced() bool {
	if d.synced == nil {
		return false
	}
	a, b := &d.Written, d.synced
	return a.CurrentTerm != b.CurrentTerm || a.VotedFor != b.VotedFor || a.Snapshot != b.Snapshot ||
		a.Own != b.Own || !SameLog(&a.Log, &b.Log)
}

// SameLog tells whether two logs are one by what they share. Equal ones that were not
// made of each other may be said to differ.
func SameLog(a, b *raft.Log) bool {
	last := a.LastIndex()
	return last == b.LastIndex() && a.FirstIndex() == b.FirstIndex() &&
		(last < a.FirstIndex() || a.SharedThrough(b) == last)
}

// Loss is in words what the disk keeps in a crash, and what it loses.
func (d *Disk) Loss() (keeps, loses string) {
	was, kept := &d.Written, d.Synced()
	keeps = fmt.Sprintf("term %d, %s, %s", kept.CurrentTerm, voteText(kept.VotedFor), logText(kept))
	if !d.Unsynced() {
		return keeps, "only volatile state"
	}
	var lost []string
	if was.CurrentTerm != kept.CurrentTerm {
		lost = append(lost, fmt.Sprintf("term %d", was.CurrentTerm))
	}
	if was.VotedFor != kept.VotedFor {
		lost = append(lost, voteText(was.VotedFor))
	}
	if snap := was.Snapshot; snap != kept.Snapshot && snap != nil {
		lost = append(lost, fmt.Sprintf("a snapshot to index %d", snap.Index))
	}
	return keeps, strings.Join(append(lost, lostEntries(&was.Log, &kept.Log)...), ", ")
}

// lostEntries is what a crash does to a log: entries that were written and not
// synced are gone, and such as were deleted are back.
func lostEntries(was, kept *raft.Log) []string {
	same := max(was.SharedThrough(kept), was.FirstIndex()-1)
	// the rest may be equal without being shared
	for last := min(was.LastIndex(), kept.LastIndex()); same < last; same++ {
		a, _ := was.Term(same + 1)
		if b, _ := kept.Term(same + 1); a != b {
			break
		}
	}
	var lost []string
	if n := was.LastIndex(); n > same {
		lost = append(lost, rangeText(max(same, kept.FirstIndex()-1)+1, n))
	}
	if n := kept.LastIndex(); n > same {
		lost = append(lost, "the deletion of "+rangeText(same+1, n))
	}
	return lost
}

// rangeText is entries by their indexes, in words.
func rangeText(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d–%d", first, last)
}

func voteText(id raft.ID) string {
	if id == 0 {
		return "no vote"
	}
	return "vote for " + id.String()
}

// logText counts the entries that a disk holds, and names its snapshot by the
// last index that it covers.
func logText(d *raft.Stable) string {
	text := "an empty log"
	switch n := d.Log.LastIndex() + 1 - d.Log.FirstIndex(); {
	case n == 1:
		text = "1 entry"
	case n > 1:
		text = fmt.Sprintf("%d entries", n)
	}
	if d.Snapshot == nil {
		return text
	}
	return fmt.Sprintf("a snapshot to index %d, %s", d.Snapshot.Index, text)
}
