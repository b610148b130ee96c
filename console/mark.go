package console

import (
	"encoding/json"
	"fmt"
	"os"

	"raftlab/commands/files"
	"raftlab/commands/mark"
)

// marks is what raftlab mark prints as JSON.
type marks struct {
	Check   string       `json:"check"`
	Answers []*mark.Mark `json:"answers"`
}

// markAll marks answers to an exercise. Its exit code is 0 when each has all points.
func (a *app) markAll() (code int, err error) {
	check, err := os.ReadFile(a.files[0])
	if err != nil {
		return exitFailed, fmt.Errorf("%s cannot be read: %s", a.files[0], files.Reason(err))
	}
	all, text := marks{Check: a.files[0]}, ""
	for _, answer := range a.files[1:] {
		m, err := mark.File(a.front.ctx, a.files[0], string(check), answer, a.mark.within)
		if err != nil || a.front.ctx.Err() != nil {
			return exitFailed, err
		}
		all.Answers, text = append(all.Answers, m), text+m.String()+"\n"
		if !m.Full() {
			code = exitFailed
		}
	}
	if a.mark.format.value == "json" {
		data, err := json.MarshalIndent(all, "", " ")
		if err != nil {
			return exitFailed, err
		}
		text = string(data) + "\n"
	}
	return code, a.write(a.mark.out, text)
}
