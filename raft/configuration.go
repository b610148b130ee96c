package raft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Configuration says which servers are in the cluster (§6). While Old is not empty it is
// joint: decisions need a majority of Voters and one of Old. Learners get the
// log and have no vote (thesis 4.2.1).
type Configuration struct{ Voters, Old, Learners Set }

// Members is every server that gets the log.
func (c Configuration) Members() Set { return c.Voters.Or(c.Old).Or(c.Learners) }

// hasMember is Members().Has(id), but faster: it is asked for every message.
func (c *Configuration) hasMember(id ID) bool {
	return c.Voters.Or(c.Old).Or(c.Learners).Has(id)
}

// AllVoters is every server that has a vote.
func (c Configuration) AllVoters() Set { return c.Voters.Or(c.Old) }

// CanVote tells whether id has a vote.
func (c Configuration) CanVote(id ID) bool { return c.AllVoters().Has(id) }

// Majority tells whether the servers in s decide: they are a majority of the
// voters and, in a joint configuration, of the old voters too.
func (c Configuration) Majority(s Set) bool {
	return isMajority(s, c.Voters) && (c.Old.Empty() || isMajority(s, c.Old))
}

// Halves is the majorities that a decision needs, and which servers of each are in s.
func (c Configuration) Halves(s Set) Halves {
	return Halves{{c.Voters, s.And(c.Voters)}, {c.Old, s.And(c.Old)}}
}

// Halves is the one or two majorities that a decision needs. In a joint configuration the
// second is that of the old voters (§6); else it is empty.
type Halves [2]Half

// Joint tells whether two majorities are needed.
func (h *Halves) Joint() bool { return !h[1].Of.Empty() }

// Half is a set of servers of which a majority must agree, and those of them that do.
type Half struct{ Of, Have Set }

// Needed is the number of servers that make a majority.
func (h Half) Needed() int { return h.Of.Len()/2 + 1 }

// Holds tells whether a majority agrees.
func (h Half) Holds() bool { return isMajority(h.Have, h.Of) }

func isMajority(s, voters Set) bool { return s.And(voters).Len() > voters.Len()/2 }

// wrong says why no cluster can have this configuration; "" if one can.
func (c Configuration) wrong() string {
	all := c.Members()
	switch {
	case all.low&1 != 0:
		return "0 names no server"
	case c.Voters.Empty():
		return "a configuration needs a voter"
	case !c.Learners.And(c.AllVoters()).Empty():
		return fmt.Sprintf("%s cannot vote and be a learner", c.Learners.And(c.AllVoters()))
	}
	return ""
}

// String is the configuration as a log entry's text: "S1 S2 S3", with
// "old S1 S2" and "learners S4" where there are any.
func (c Configuration) String() string {
	text := c.Voters.String()
	if !c.Old.Empty() {
		text += " old " + c.Old.String()
	}
	if !c.Learners.Empty() {
		text += " learners " + c.Learners.String()
	}
	return text
}

// ParseConfiguration reads what String writes.
func ParseConfiguration(text string) (Configuration, error) {
	var c Configuration
	into := &c.Voters
	for _, word := range strings.Fields(text) {
		switch word {
		case "old":
			into = &c.Old
		case "learners":
			into = &c.Learners
		default:
			digits, ok := strings.CutPrefix(word, "S")
			k, err := strconv.ParseUint(digits, 10, 8)
			if !ok || err != nil || k < 1 || k > uint64(MaxID) {
				return c, fmt.Errorf("%q is not a server", word)
			}
			*into = into.With(ID(k))
		}
	}
	return c, nil
}

// configurations is the configurations in a log. The latest is in force as soon as it is
// appended, committed or not (thesis 4.1). When it is deleted, the one before it is in
// force again.
type configurations struct {
	initial *Configuration // before those in the log; never changed in place, as those are not
	inLog   []configAt     // by index; never changed in place, so that copies may share it
}

type configAt struct {
	index uint64
	Configuration
}

// latest is the configuration in force. It must not be changed.
func (c *configurations) latest() *Configuration {
	if len(c.inLog) > 0 {
		return &c.inLog[len(c.inLog)-1].Configuration
	}
	return c.initial
}

// lastIndex is the index of the latest configuration in the log. It is 0 when the latest is
// in the snapshot, or is the initial one; then it is committed.
func (c *configurations) lastIndex() uint64 {
	if len(c.inLog) > 0 {
		return c.inLog[len(c.inLog)-1].index
	}
	return 0
}

// at is the latest configuration up to an index.
func (c *configurations) at(index uint64) *Configuration {
	for i := len(c.inLog) - 1; i >= 0; i-- {
		if c.inLog[i].index <= index {
			return &c.inLog[i].Configuration
		}
	}
	return c.initial
}

func (c *configurations) appended(index uint64, e Entry) {
	if e.Kind != Config {
		return
	}
	if conf, err := ParseConfiguration(e.Data); err == nil {
		c.inLog = append(slices.Clip(c.inLog), configAt{index, conf})
	}
}

func (c *configurations) truncatedAfter(index uint64) {
	for len(c.inLog) > 0 && c.inLog[len(c.inLog)-1].index > index {
		c.inLog = c.inLog[:len(c.inLog)-1]
	}
}

func (c *configurations) compactedTo(index uint64, conf *Configuration) {
	c.initial = conf
	for len(c.inLog) > 0 && c.inLog[0].index <= index {
		c.inLog = c.inLog[1:]
	}
}
