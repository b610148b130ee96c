package machine

// State is one that a machine can come to: from another one, by a command.
type State struct {
	Machine Machine
	Command string
	before  int // -1 for the empty state
}

// Inputs is the commands by which all states of a kind of machine can be found.
// It is nil for a kind whose states have no end.
func Inputs(kind string) []string {
	if kind == "traffic-light" || kind == "hasty-light" {
		return []string{"clock", "button"}
	}
	return nil
}

// States is every state that a machine of this kind can come to by its inputs,
// in whatever order they come, the nearest first.
func States(kind string) []State {
	if Inputs(kind) == nil {
		return nil
	}
	all := []State{{New(kind), "", -1}}
	seen := map[string]bool{all[0].Machine.Snapshot(): true}
	for i := 0; i < len(all); i++ {
		for _, command := range Inputs(kind) {
			next, _ := all[i].Machine.Apply(command)
			if text := next.Snapshot(); !seen[text] {
				seen[text] = true
				all = append(all, State{next, command, i})
			}
		}
	}
	return all
}

// Way is the states from the empty one to state i: a shortest way there.
func Way(all []State, i int) []State {
	if all[i].before < 0 {
		return nil
	}
	return append(Way(all, all[i].before), all[i])
}
