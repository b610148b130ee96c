package commands

import (
	"slices"

	"raftlab/commands/view"
)

// consoleSettings are the settings that belong to the session, not to the
// world: undo does not touch them.
var consoleSettings = []string{"echo", "glyphs", "output", "watch"}

// glyphNames is what pictures are made of, in the order of view.Glyphs.
var glyphNames = []string{"auto", "unicode", "ascii"}

func sortedNames(lists ...[]string) []string {
	names := slices.Concat(lists...)
	slices.Sort(names)
	return slices.Compact(names)
}

// ConsoleSettings are the names of the settings of the console, sorted.
func ConsoleSettings() []string { return slices.Clone(consoleSettings) }

// ConsoleSetting is the value of a setting of the console.
func (s *Session) ConsoleSetting(name string) (value string, ok bool) {
	onOff := map[bool]string{true: "on", false: "off"}
	switch name {
	case "echo":
		return onOff[s.echo], true
	case "watch":
		return onOff[s.watch], true
	case "glyphs":
		return glyphNames[s.glyphs], true
	case "output":
		return map[bool]string{true: "json", false: "text"}[s.json], true
	}
	return "", false
}

// SetConsole changes a setting of the console. ok is false when it is not
// one of these.
func (s *Session) SetConsole(name, value string) (ok bool, err error) {
	if !slices.Contains(consoleSettings, name) {
		return false, nil
	}
	if choices := s.settingValues(name); !slices.Contains(choices, value) {
		return true, Errorf("%s is %s, not %s", name, orList(choices), show(value))
	}
	switch name {
	case "echo":
		s.echo = value == "on"
	case "watch":
		s.watch = value == "on"
	case "glyphs":
		s.glyphs = view.Glyphs(slices.Index(glyphNames, value))
	case "output":
		s.json = value == "json"
	}
	return true, nil
}

// settingValues are what a setting may be set to, as far as that can be listed.
func (s *Session) settingValues(name string) []string {
	switch name {
	case "echo", "watch":
		return []string{"on", "off"}
	case "glyphs":
		return glyphNames
	case "output":
		return []string{"text", "json"}
	}
	return s.world.Values(name)
}
