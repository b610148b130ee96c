package grade

import (
	"encoding/json"
	"fmt"
)

// Formats is what a grading can be written as for other programs.
func Formats() []string { return []string{"json"} }

// Format is the grading in one of the Formats.
func (g *Grade) Format(name string) (string, error) {
	switch name {
	case "json":
		return indented(g)
	}
	return "", fmt.Errorf("there is no format %s", name)
}

func indented(v any) (string, error) {
	data, err := json.MarshalIndent(v, "", " ")
	return string(data) + "\n", err
}
