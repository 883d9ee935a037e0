package main

import (
	"math/rand"
)

// literals compress by the frequency of bytes alone: next to no repeats.
func literals(size int) []byte {
	random := rand.New(rand.NewSource(1))
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(int(random.NormFloat64() * 16))
	}
	return data
}

// words are drawn from a small vocabulary: mostly repeats, of a program's lengths.
func words(size, vocabulary int) []byte {
	random := rand.New(rand.NewSource(2))
	list := make([][]byte, vocabulary)
	for i := range list {
		list[i] = make([]byte, 3+random.Intn(14))
		random.Read(list[i])
	}
	data := make([]byte, 0, size+32)
	for len(data) < size {
		data = append(data, list[random.Intn(vocabulary)]...)
	}
	return data[:size]
}
