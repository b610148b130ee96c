package event

import (
	"fmt"

	"raftlab/cluster/invariants"
	"raftlab/cluster/judge"
	"raftlab/cluster/network"
	"raftlab/raft"
)

// What is what happened. It is one of a closed set of small types with fields of their own,
// as a cluster.Action is. A new one needs its type here, its row in Kinds, and its phrase in
// commands/tell.
type What interface {
	Kind() Kind   // its name in JSON
	fill(v *View) // with what JSON has of it
}

// Kind is the name of a kind of event, as JSON has it.
type Kind string

// Mail is a message that something happened to.
type Mail struct {
	ID uint64 // its number: m12 is 12
	raft.Envelope
}

// Name is the message as commands name it, m12.
func (m Mail) Name() string { return network.Name(m.ID) }

// Type is the type of the message, as the paper names it.
func (m Mail) Type() string { return m.Message.Type() }

func (m Mail) mail() Mail { return m }

// bare is for what has no fields.
type bare struct{}

func (bare) fill(*View) {}

// In all of these, Term is a term and First and Last are log indexes, unless a comment says
// otherwise. A Term beside a Last is that of the entry at Last.

// What clocks and timers do.
type (
	Ticked          struct{ bare } // a server's clock advanced
	ClockTicked     struct{ bare } // the cluster's clock advanced, no server's with it
	ElectionTimeout struct{ bare } // a server's election timer fired
	HeartbeatDue    struct{ bare } // a leader's heartbeat timer fired
	MinimumPassed   struct{ bare } // the minimum election timeout since a leader was heard
	// an election timeout passed on a leader without answers from a majority (thesis 6.2)
	QuorumChecked struct{ bare }
	// TimerSet is told when a timer was set by hand. Timer is election or heartbeat.
	TimerSet struct {
		Timer string
		Ticks uint64 // until it fires
	}
)

// What happens to messages. At its sender a message is sent, dropped and doubled;
// at its receiver it arrives, is lost or refused.
type (
	Sent   struct{ Mail }
	Unsent struct { // its receiver's program can make nothing of it, so it waits in vain
		To        raft.ID
		Type, Why string
	}
	Injected  struct{ Mail } // put in flight by hand
	Delivered struct{ Mail }
	Lost      struct { // on arrival
		Mail
		By LostTo
	}
	Dropped    struct{ Mail } // by hand
	Duplicated struct {       // in flight a second time, as this message
		Mail
		Of uint64 // the number of the first
	}
	Delayed struct {
		Mail
		Due uint64 // the clock at which it arrives by itself
	}
	// Corrupted is a message that was refused, since no correct server can have sent it. Mail
	// is empty if the data of a snapshot are what is wrong.
	Corrupted struct {
		Mail
		Why  string
		Rule *raft.Rule
	}
)

// What servers do.
type (
	RoleChanged struct {
		From, To raft.Role
		Term     uint64
		Votes    raft.Set // of a new leader: the servers that voted for it, itself included
	}
	TermChanged struct{ Term uint64 }
	Voted       struct {
		For  raft.ID
		Term uint64
	}
	Appended struct {
		Entries
		Term uint64 // of the last
	}
	Truncated struct { // they are gone
		Entries
		Conflict bool // with the leader's
	}
	Committed struct {
		Entries
		Leader bool // it committed them as leader, else it learned that they are committed
	}
	Applied        struct{ First, Last uint64 }
	SnapshotTaken  struct{ Last uint64 } // the last entry that it covers
	SnapshotLoaded struct{ Last, Term uint64 }
	MembersChanged struct { // a configuration is in force
		Index   uint64 // of its entry; 0: from before the log
		Members raft.Configuration
	}
	TransferBegun struct{ To raft.ID }   // the leader hands leadership to this server
	TransferOver  struct{ To raft.ID }   // the leader no longer tries to hand it to this server
	LeaseBegun    struct{ Ticks uint64 } // for which it holds
	LeaseEnded    struct{ bare }
)

// What clients and servers say to each other.
type (
	ReadBegun struct { // a read that does not go through the log
		Client, Command string
		Mode            string // how it is answered, one of ReadModes
	}
	Requested struct {
		Client  string
		Command string
		Data    string // what the leader must append: the command, with its number if there is a session
		Session bool   // it asks for a session, and not yet for the command
	}
	Redirected struct {
		Client string
		To     raft.ID
	}
	Unanswered struct { // the server has no leader to name, or is silent
		Client string
		Why    error
	}
	Accepted struct { // the command became an entry
		Client     string
		Last, Term uint64
	}
	Answered struct {
		Client, Result string
		Last, Term     uint64
	}
	SessionTold struct { // its session was opened, or is refused
		Client     string
		Session    uint64 // the index of the entry that opened it, which is the session's number
		Refused    string // why; "" if the session was opened
		Last, Term uint64
	}
	Abandoned struct { // the client will not learn what became of its request
		Client, Why string
	}
)

// What happens to machines, disks and links, and what people do.
type (
	Crashed struct {
		Kept, Lost string    // what its disk has kept and lost, in words
		Unsynced   bool      // what is lost was written and not synced
		Role       raft.Role // before the crash, as is Term
		Term       uint64
		Why        error // of one that went down by itself; nil: it was made to
	}
	Restarted struct {
		Term, Last uint64
		Shown      bool // it did not restart: a record of its run begins in the midst of it, in this state
	}
	Frozen      struct{ bare }
	Thawed      struct{ bare }
	Synced      struct{ Term, Last uint64 }
	Wiped       struct{ bare }
	ServerAdded struct{ bare } // a new server exists, empty
	LinksCut    struct {
		Links  []network.Link
		Groups []raft.Set // in place of single links: the only ones whose members reach each other
	}
	LinksHealed    struct{ Links []network.Link }
	SettingChanged struct{ Name, From, To string }
	BugSet         struct {
		Name string
		On   bool
	}
	BugGuessed struct {
		Name  string
		Right bool
	}
	BugRevealed struct{ Name string }       // it is not to be guessed any more
	Given       struct{ Term, Last uint64 } // a server's term and log were written by hand
	Breached    struct{ invariants.Breach }
	Departed    struct{ All []judge.Departure } // in the order in which a step is compared; at least one
)

// LostTo is what a message is lost to.
type LostTo uint8

// What a message is lost to.
const (
	Chance LostTo = iota // the setting loss
	CutLink
	DownServer
	NoCall // no call of its receiver waits for this reply (program.Withheld)
)

// Why says in words what the message was lost to. CutLink and DownServer need the message.
func (l LostTo) Why(m *raft.Envelope) string {
	switch l {
	case CutLink:
		return fmt.Sprintf("the link %s->%s is cut", m.From, m.To)
	case DownServer:
		return fmt.Sprintf("%s is down", m.To)
	case NoCall:
		return "no call waits for it"
	}
	return "loss"
}

// Why says in words what the message was lost to.
func (l Lost) Why() string { return l.By.Why(&l.Envelope) }

// WhyAll says in words what several messages were lost to, all of them for the same reason as l.
func (l Lost) WhyAll(all []Mail) string {
	var links []network.Link
	var to raft.Set
	for _, m := range all {
		links, to = append(links, network.Link{From: m.From, To: m.To}), to.With(m.To)
	}
	switch {
	case l.By == CutLink:
		return "the links " + network.LinksText(links) + " are cut"
	case l.By == DownServer && to.Len() > 1:
		return to.String() + " are down"
	}
	return l.Why()
}

// Forgets says in words what the disk lost.
func (c Crashed) Forgets() string {
	if c.Unsynced {
		return "not synced: " + c.Lost
	}
	return c.Lost
}

// Loss is what is kept and what is lost, in one line.
func (c Crashed) Loss() string {
	if c.Why != nil {
		return c.Why.Error()
	}
	if c.Unsynced {
		return "kept: " + c.Kept + "; lost, " + c.Forgets()
	}
	return "kept: " + c.Kept + "; lost: " + c.Lost
}

// Text is what the client is told of its session.
func (s SessionTold) Text() string {
	if s.Refused != "" {
		return "is refused: " + s.Refused + ". It registers anew"
	}
	return fmt.Sprintf("has session %d", s.Session)
}

// Asks is what the client asks for.
func (r Requested) Asks() string {
	if r.Session {
		return "a request for a session"
	}
	return r.Data
}

// Asks is what the client asks for, and how it wants the answer.
func (r ReadBegun) Asks() string { return r.Command + " (" + r.Mode + ")" }

// Which is the links, or the groups that a partition made.
func (l LinksCut) Which() string {
	if l.Groups != nil {
		return network.GroupsText(l.Groups)
	}
	return network.LinksText(l.Links)
}

// Which is the links.
func (l LinksHealed) Which() string { return network.LinksText(l.Links) }

// KindOf is a kind of event as docs/json.md lists it.
type KindOf struct {
	What   What   // a zero value of the kind
	Fields string // its fields in JSON beside position, clock and kind; those with ? are omitted when empty
	Says   string // what the event means
}

// Kinds is every kind of event.
var Kinds = []KindOf{
	{Ticked{}, "node", "a server's clock advanced; not told in results"},
	{ClockTicked{}, "", "the cluster's clock advanced"},
	{ElectionTimeout{}, "node", "a server's election timer fired"},
	{HeartbeatDue{}, "node", "a leader's heartbeat timer fired"},
	{MinimumPassed{}, "node", "the minimum election timeout since a leader was heard has passed"},
	{QuorumChecked{}, "node", "an election timeout passed on a leader without answers from a majority"},
	{Sent{}, "node peer message type term?", "node sent a message to peer"},
	{Unsent{}, "node peer type text", "node did not send peer what its program can make nothing of; text says why"},
	{Injected{}, "node peer message type term? text", "a message was put in flight by hand"},
	{Delivered{}, "node peer message type term?", "node got a message from peer"},
	{Lost{}, "node peer message type term? text", "a message was lost on arrival; text says why"},
	{Dropped{}, "node peer message type term? text?", "a message was dropped"},
	{Duplicated{}, "node peer message type term? text", "a message was doubled; text is the copy's name"},
	{Delayed{}, "node peer message type term? text", "a message was made due later"},
	{RoleChanged{}, "node term? from to votes?", "a server changed its role"},
	{TermChanged{}, "node term?", "a server entered a term"},
	{Voted{}, "node peer term?", "node voted for peer"},
	{Appended{}, "node term? first last terms?", "a server stored entries; term is that of the last"},
	{Truncated{}, "node first last terms? text?", "a server deleted entries; text says why"},
	{Committed{}, "node first last terms? from",
		"commitIndex rose; from leader: it commits the entries, else it learns that they are committed"},
	{Applied{}, "node first last terms?", "a server applied entries"},
	{SnapshotTaken{}, "node last", "a server took a snapshot up to last"},
	{SnapshotLoaded{}, "node term? last", "a server loaded a leader's snapshot"},
	{MembersChanged{}, "node first? last? text", "a configuration is in force; text says which"},
	{TransferBegun{}, "node peer", "leadership is to go to peer"},
	{TransferOver{}, "node peer?", "the transfer was given up"},
	{LeaseBegun{}, "node first", "a leader's lease holds for first ticks"},
	{LeaseEnded{}, "node", "a leader's lease is over"},
	{ServerAdded{}, "node", "a new server exists, empty"},
	{ReadBegun{}, "node client text", "a read that does not go through the log has begun"},
	{Requested{}, "node client text", "a client sent a command to a server"},
	{Redirected{}, "node peer client text", "the server named peer instead"},
	{Unanswered{}, "node client text", "the server has no leader to name, or is silent"},
	{Accepted{}, "node term? last client", "the leader appended the command as entry last"},
	{Answered{}, "node term? last? client text?", "the client has its result, in text"},
	{Abandoned{}, "node? client text", "the client will not learn what became of its command"},
	{Crashed{}, "node term? from? to? text", "a server crashed; text says what was lost"},
	{Restarted{}, "node term? last?", "a server runs again, from its disk, or a record of its run begins"},
	{Frozen{}, "node", "a server's process was stopped"},
	{Thawed{}, "node", "it goes on"},
	{Synced{}, "node term? last?", "a server's writes are safe from a crash"},
	{Wiped{}, "node", "a disk was destroyed"},
	{LinksCut{}, "text", "links were cut"},
	{LinksHealed{}, "text", "links were mended"},
	{SessionTold{}, "node? term? last? client text", "a client's session was opened, or has expired"},
	{SettingChanged{}, "from? to? text", "a setting changed; text is its name"},
	{TimerSet{}, "node first? text", "a timer was set by hand: text is which, first in how many ticks it fires"},
	{BugSet{}, "node? to? text", "a bug was switched on or off"},
	{BugGuessed{}, "to text", "a bug was guessed; to is right or wrong"},
	{BugRevealed{}, "to? text?", "the bug is no riddle any more"},
	{Given{}, "node term? last?", "a server's storage was written by hand"},
	{Corrupted{}, "node peer? message? type? term? text rule?",
		"a message was refused that no correct server can have sent"},
	{Breached{}, "node? term? first? text", "an invariant broke"},
	{Departed{}, "node text rule departs", "a server that another program runs departed from the paper; " +
		"departs is forbidden, missing or late"},
}

func (Ticked) Kind() Kind          { return "tick" }
func (ClockTicked) Kind() Kind     { return "clock" }
func (ElectionTimeout) Kind() Kind { return "election-timeout" }
func (HeartbeatDue) Kind() Kind    { return "heartbeat" }
func (MinimumPassed) Kind() Kind   { return "minimum" }
func (QuorumChecked) Kind() Kind   { return "quorum-check" }
func (Sent) Kind() Kind            { return "sent" }
func (Unsent) Kind() Kind          { return "unsent" }
func (Injected) Kind() Kind        { return "injected" }
func (Delivered) Kind() Kind       { return "delivered" }
func (Lost) Kind() Kind            { return "lost" }
func (Dropped) Kind() Kind         { return "dropped" }
func (Duplicated) Kind() Kind      { return "duplicated" }
func (Delayed) Kind() Kind         { return "delayed" }
func (RoleChanged) Kind() Kind     { return "role" }
func (TermChanged) Kind() Kind     { return "term" }
func (Voted) Kind() Kind           { return "voted" }
func (Appended) Kind() Kind        { return "appended" }
func (Truncated) Kind() Kind       { return "truncated" }
func (Committed) Kind() Kind       { return "committed" }
func (Applied) Kind() Kind         { return "applied" }
func (SnapshotTaken) Kind() Kind   { return "snapshot" }
func (SnapshotLoaded) Kind() Kind  { return "installed" }
func (MembersChanged) Kind() Kind  { return "members" }
func (TransferBegun) Kind() Kind   { return "transfer" }
func (TransferOver) Kind() Kind    { return "transfer-given-up" }
func (LeaseBegun) Kind() Kind      { return "lease" }
func (LeaseEnded) Kind() Kind      { return "lease-over" }
func (ServerAdded) Kind() Kind     { return "created" }
func (ReadBegun) Kind() Kind       { return "read" }
func (Requested) Kind() Kind       { return "request" }
func (Redirected) Kind() Kind      { return "redirected" }
func (Unanswered) Kind() Kind      { return "unanswered" }
func (Accepted) Kind() Kind        { return "accepted" }
func (Answered) Kind() Kind        { return "answered" }
func (SessionTold) Kind() Kind     { return "session" }
func (Abandoned) Kind() Kind       { return "abandoned" }
func (Crashed) Kind() Kind         { return "crashed" }
func (Restarted) Kind() Kind       { return "restarted" }
func (Frozen) Kind() Kind          { return "frozen" }
func (Thawed) Kind() Kind          { return "thawed" }
func (Synced) Kind() Kind          { return "synced" }
func (Wiped) Kind() Kind           { return "wiped" }
func (LinksCut) Kind() Kind        { return "cut" }
func (LinksHealed) Kind() Kind     { return "healed" }
func (SettingChanged) Kind() Kind  { return "set" }
func (TimerSet) Kind() Kind        { return "timer" }
func (BugSet) Kind() Kind          { return "bug" }
func (BugGuessed) Kind() Kind      { return "guess" }
func (BugRevealed) Kind() Kind     { return "revealed" }
func (Given) Kind() Kind           { return "given" }
func (Corrupted) Kind() Kind       { return "corrupt" }
func (Breached) Kind() Kind        { return "breach" }
func (Departed) Kind() Kind        { return "departure" }

// What follows is what JSON has of each.

func (m Mail) fill(v *View) {
	if m.Message == nil {
		return
	}
	peer := m.From
	if v.Node == peer.String() {
		peer = m.To
	}
	v.Peer, v.Message, v.Type, v.Term = peer.String(), m.Name(), m.Type(), m.Message.MessageTerm()
}

func (r Entries) fill(v *View) { v.First, v.Last, v.Terms = r.First, r.Last, r.Terms }

func (u Unsent) fill(v *View)   { v.Peer, v.Type, v.Text = u.To.String(), u.Type, u.Why }
func (i Injected) fill(v *View) { i.Mail.fill(v); v.Text = "by hand" }
func (l Lost) fill(v *View)     { l.Mail.fill(v); v.Text = l.Why() }
func (d Duplicated) fill(v *View) {
	d.Mail.fill(v)
	v.Text = "a copy of " + network.Name(d.Of)
}
func (d Delayed) fill(v *View) { d.Mail.fill(v); v.Text = fmt.Sprintf("due at tick %d", d.Due) }
func (c Corrupted) fill(v *View) {
	c.Mail.fill(v)
	if v.Text = c.Why; c.Rule != nil {
		v.Rule = c.Rule.ID
	}
}

func (t TimerSet) fill(v *View) { v.Text, v.First = t.Timer, t.Ticks }
func (r RoleChanged) fill(v *View) {
	v.From, v.To, v.Term, v.Votes = r.From.String(), r.To.String(), r.Term, r.Votes.Names()
}
func (t TermChanged) fill(v *View) { v.Term = t.Term }
func (x Voted) fill(v *View)       { v.Peer, v.Term = x.For.String(), x.Term }
func (a Appended) fill(v *View)    { a.Entries.fill(v); v.Term = a.Term }
func (t Truncated) fill(v *View) {
	t.Entries.fill(v)
	if t.Conflict {
		v.Text = "in conflict with the leader's log"
	}
}
func (c Committed) fill(v *View) {
	c.Entries.fill(v)
	v.From = map[bool]string{true: "leader", false: "follower"}[c.Leader]
}
func (a Applied) fill(v *View)        { v.First, v.Last = a.First, a.Last }
func (s SnapshotTaken) fill(v *View)  { v.Last = s.Last }
func (s SnapshotLoaded) fill(v *View) { v.Last, v.Term = s.Last, s.Term }
func (m MembersChanged) fill(v *View) {
	v.First, v.Last, v.Text = m.Index, m.Index, m.Members.String()
}
func (t TransferBegun) fill(v *View) { v.Peer = t.To.String() }
func (t TransferOver) fill(v *View)  { v.Peer = t.To.String() }
func (l LeaseBegun) fill(v *View)    { v.First = l.Ticks }

func (r ReadBegun) fill(v *View) { v.Client, v.Text = r.Client, r.Asks() }
func (r Requested) fill(v *View) { v.Client, v.Text = r.Client, r.Asks() }
func (r Redirected) fill(v *View) {
	v.Client, v.Peer, v.Text = r.Client, r.To.String(), r.To.String()
}
func (u Unanswered) fill(v *View) { v.Client, v.Text = u.Client, u.Why.Error() }
func (a Accepted) fill(v *View)   { v.Client, v.Last, v.Term = a.Client, a.Last, a.Term }
func (a Answered) fill(v *View) {
	v.Client, v.Text, v.Last, v.Term = a.Client, a.Result, a.Last, a.Term
}
func (s SessionTold) fill(v *View) {
	v.Client, v.Text, v.Last, v.Term = s.Client, s.Text(), s.Last, s.Term
}
func (a Abandoned) fill(v *View) { v.Client, v.Text = a.Client, a.Why }

func (c Crashed) fill(v *View)     { v.Text, v.From, v.Term = c.Loss(), c.Role.String(), c.Term }
func (r Restarted) fill(v *View)   { v.Term, v.Last = r.Term, r.Last }
func (s Synced) fill(v *View)      { v.Term, v.Last = s.Term, s.Last }
func (l LinksCut) fill(v *View)    { v.Text = l.Which() }
func (l LinksHealed) fill(v *View) { v.Text = l.Which() }
func (s SettingChanged) fill(v *View) {
	v.Text, v.From, v.To = s.Name, s.From, s.To
}
func (b BugSet) fill(v *View) {
	v.Text, v.To = b.Name, map[bool]string{true: "on", false: "off"}[b.On]
}
func (b BugGuessed) fill(v *View) {
	v.Text, v.To = b.Name, map[bool]string{true: "right", false: "wrong"}[b.Right]
}
func (b BugRevealed) fill(v *View) { v.Text = b.Name }
func (g Given) fill(v *View)       { v.Term, v.Last = g.Term, g.Last }
func (b Breached) fill(v *View) {
	v.Text, v.Term, v.First = b.Property+": "+b.Breach.Text, b.Breach.Term, b.Index
}
func (d Departed) fill(v *View) {
	if len(d.All) > 0 {
		v.Text, v.Rule, v.Departs = d.All[0].Did, d.All[0].Rule.ID, string(d.All[0].Kind)
	}
}
