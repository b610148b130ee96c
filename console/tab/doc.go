// Package main is the program in a tab of a browser: the console's session without a terminal,
// driven by the page through the functions of globalThis.raftlab. It is built for
// WebAssembly only, by raftlab web build, and knows neither the command line nor Raft.
//
//go:build js

package main
