package cluster

import "strings"

// Detail is what events of some kinds have besides, as data. Their Text says the
// same to people, and nobody else reads that.
type Detail interface{ detail() }

type (
	// CopyOf is of Duplicated: the message that is in flight a second time, m12.
	CopyOf string
	// LostTo is of Lost: what the message was lost to.
	LostTo uint8
	// CutLinks is of LinksCut and LinksHealed, where single links were named.
	CutLinks []Link
	// CrashLoss is of Crashed: what the disk keeps, and what is lost.
	CrashLoss struct{ Kept, Lost string }
	// BreachOf is of Breached: the property.
	BreachOf string
	// ReadMode is of ReadBegun: how the read is answered, one of ReadModes.
	ReadMode string
)

// What a message is lost to.
const (
	Chance LostTo = iota
	CutLink
	DownServer
)

func (CopyOf) detail()    {}
func (LostTo) detail()    {}
func (CutLinks) detail()  {}
func (CrashLoss) detail() {}
func (BreachOf) detail()  {}
func (ReadMode) detail()  {}

// DetailOf is an event's detail of a type; its zero value where it has another.
func DetailOf[T Detail](e *Event) T {
	d, _ := e.Detail.(T)
	return d
}

// lostTo is what a message would be lost to on arrival, if to anything.
func (w *World) lostTo(m *Flight) LostTo {
	switch {
	case w.IsCut(m.From, m.To):
		return CutLink
	case !w.servers[m.To-1].up():
		return DownServer
	}
	return Chance
}

// notSynced begins what is lost of a disk.
const notSynced = "not synced: "

// String is both in one line: kept: …; lost: …
func (c CrashLoss) String() string {
	mark := ": "
	if strings.HasPrefix(c.Lost, notSynced) {
		mark = ", "
	}
	return "kept: " + c.Kept + "; lost" + mark + c.Lost
}
