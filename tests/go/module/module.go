// Package module counts words: something small for tests to be about.
package module

import "strings"

// Count tells how often each word is in text.
func Count(text string) map[string]int {
	n := make(map[string]int)
	for _, w := range strings.Fields(text) {
		n[w]++
	}
	return n
}
