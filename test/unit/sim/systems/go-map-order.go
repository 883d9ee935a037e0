// What go-map-order.test.ts holds the model against: GO111MODULE=off go run go-map-order.go
package main

import (
	"fmt"
	"runtime"
)

const maps = 20000

func main() {
	fmt.Println(runtime.Version())
	for _, entries := range []int{3, 6, 8, 10, 19} {
		orders := map[string]bool{}
		first, next := 0, 0
		for i := 0; i < maps; i++ {
			m := map[string]int{}
			for key := 0; key < entries; key++ {
				m[fmt.Sprintf("k%02d", key)] = key
			}
			order, previous := "", -2
			for name, key := range m {
				if order == "" && key == 0 {
					first++
				}
				if key == previous+1 {
					next++
				}
				order += name
				previous = key
			}
			orders[order] = true
		}
		fmt.Printf("{ entries: %d, orders: %d, first: %.3f, next: %.3f },\n", entries, len(orders),
			float64(first)/maps, float64(next)/(maps*float64(entries-1)))
	}
}
