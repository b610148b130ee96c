// Package each does things with each element of a list that the standard library's slices does not offer.
package each

import (
	"cmp"
	"iter"
	"runtime"
	"sync"
)

// As is what f makes of each element, in their order; nil where there is none.
func As[T, U any](list []T, f func(T) U) []U {
	if len(list) == 0 {
		return nil
	}
	out := make([]U, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}

// Only is the elements that are wanted, in their order; nil where none is. The list stays as it is.
func Only[T any](list []T, wanted func(T) bool) (out []T) {
	for _, x := range list {
		if wanted(x) {
			out = append(out, x)
		}
	}
	return out
}

// Of goes through a list of values without copying them.
func Of[T any](list []T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range list {
			if !yield(&list[i]) {
				return
			}
		}
	}
}

// SideBySide calls do with the numbers from 0 to n-1, on all cores. It returns the error of the lowest
// number for which do failed. A core that meets an error begins no further number, so not all may be tried.
func SideBySide(n int, do func(i int) error) error {
	next, errs := make(chan int, n), make([]error, n)
	for i := range n {
		next <- i
	}
	close(next)
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := range next {
				if errs[i] = do(i); errs[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return cmp.Or(errs...)
}
