package machine

import "github.com/cespare/xxhash/v2"

// A machine keeps the hash of its state while it applies commands, so that two
// replicas can be compared after each of them, however large they are. States
// with the same Snapshot have the same hash.

// mix is a hash of two numbers in this order.
func mix(a, b uint64) uint64 {
	h := a*0xd6e8feb86659fd93 + b + 0x9e3779b97f4a7c15 // the two are told apart; then splitmix64's finaliser
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// pairHash is a name's share of a state's hash. The shares are added up, since
// the order in which names got their values does not count.
func pairHash(name, value string) uint64 {
	return mix(xxhash.Sum64String(name), xxhash.Sum64String(value))
}

// pair is a key and a value as a state's hash has them; the zero one is none.
type pair struct{ name, share uint64 }

// set is the store with this value; the key's share of the hash is replaced. One
// that was set just before need not be looked up for that.
func (k KV) set(key, value string) KV {
	name := xxhash.Sum64String(key)
	now := pair{name, mix(name, xxhash.Sum64String(value))}
	sum := k.sum + now.share
	if k.last.name == name && name != 0 && k.last != now {
		return KV{k.m.Set(key, value), sum - k.last.share, now}
	}
	switch old, ok := k.m.Get(key); {
	case ok && old == value:
		return k
	case ok:
		sum -= mix(name, xxhash.Sum64String(old))
	}
	return KV{k.m.Set(key, value), sum, now}
}

func (k KV) remove(key string) KV {
	old, ok := k.m.Get(key)
	if !ok {
		return k
	}
	return KV{m: k.m.Delete(key), sum: k.sum - pairHash(key, old)}
}

func (k KV) Hash() uint64      { return k.sum }
func (c Counter) Hash() uint64 { return mix(1, uint64(c)) }
func (l Lines) Hash() uint64   { return l.sum }

func (l *Lines) add(line string) {
	l.lines.Append(line)
	l.sum = mix(l.sum, xxhash.Sum64String(line))
}

func (l Light) Hash() uint64 {
	flags := uint64(0)
	for i, on := range []bool{l.early, l.walk} {
		if on {
			flags |= 1 << i
		}
	}
	return mix(uint64(l.phase)<<2|flags, uint64(l.ticks))
}

// Hash covers the inner machine and the sessions, in whatever order they began.
func (s *Sessions) Hash() uint64 {
	return (s.state*0x9e3779b97f4a7c15+s.sum)*0xd6e8feb86659fd93 + s.clock
}

// keep remembers a client's session; its share of the hash is replaced.
func (s *Sessions) keep(client string, now session) {
	if was, known := s.last.Get(client); known {
		s.sum -= was.hash(client)
	}
	s.sum += now.hash(client)
	s.last = s.last.Set(client, now)
}

func (v session) hash(client string) uint64 {
	return mix(pairHash(client, v.result), mix(v.id, mix(v.number, v.used)))
}

// forget forgets a client's session.
func (s *Sessions) forget(client string) {
	if was, known := s.last.Get(client); known {
		s.sum -= was.hash(client)
		s.last = s.last.Delete(client)
	}
}
