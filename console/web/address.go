package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"raftlab/commands/prose"
)

// where is an address to serve a page at.
type where struct {
	host string // "": every address of this machine
	port int
}

// parseAddress reads HOST:PORT, :PORT or [IPV6]:PORT; "" is a free port of this machine alone.
func parseAddress(text string) (where, error) {
	if text == "" {
		return where{host: "127.0.0.1"}, nil
	}
	host, port, err := net.SplitHostPort(text)
	n, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumber != nil || strings.ContainsAny(host, " /?#@%") {
		return where{}, fmt.Errorf("%s is not an address; write :PORT or HOST:PORT, as :8000, with a port up to 65535",
			prose.Cite(prose.Shorten(text, 60)))
	}
	return where{strings.ToLower(host), int(n)}, nil
}

// Beyond says whether an address is one that other machines can reach.
func Beyond(address string) bool {
	w, err := parseAddress(address)
	return err == nil && !w.local()
}

// local says whether only this machine reaches it.
func (w where) local() bool {
	ip, err := netip.ParseAddr(w.host)
	return w.host == "localhost" || err == nil && ip.IsLoopback()
}

// listen opens the port.
func (w where) listen() (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(w.host, strconv.Itoa(w.port)))
	var dns *net.DNSError
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %d is in use; give another one, or none for any that is free", w.port)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &dns):
		return nil, fmt.Errorf("%s is not an address of this machine", prose.Visible(w.host))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %d may not be used by you; ports from 1024 on may", w.port)
	}
	return nil, fmt.Errorf("no page can be served at %s: %w", net.JoinHostPort(w.host, strconv.Itoa(w.port)), root(err))
}

// root is the innermost error.
func root(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

// names are the names by which a browser may call the server.
func (w where) names() []string {
	all := []string{"localhost"}
	if w.local() {
		return all
	}
	if w.host != "" {
		all = append(all, w.host)
	}
	if name, err := os.Hostname(); err == nil {
		name = strings.ToLower(name)
		all = append(all, name, name+".local")
	}
	return all
}

// reachable is the address for a browser: where every address is served, one that others can reach.
func (w where) reachable(port string) string {
	host := w.host
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = outward()
	}
	if port == "80" {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return "http://" + host + "/"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

// outward is this machine's address as others on its network see it: the one from which it would
// speak to the world, else the first that is not its own. Nothing is sent for that.
func outward() string {
	if c, err := net.Dial("udp4", "192.0.2.1:9"); err == nil { // TEST-NET-1: it leads nowhere
		defer c.Close()
		if at, ok := c.LocalAddr().(*net.UDPAddr); ok && !at.IP.IsLoopback() {
			return at.IP.String()
		}
	}
	all, _ := net.InterfaceAddrs()
	var found []string
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			found = append(found, n.IP.String())
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return strings.Count(a, ":") - strings.Count(b, ":") })
	if len(found) == 0 {
		return "127.0.0.1"
	}
	return found[0]
}
