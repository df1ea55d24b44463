// Judges histories of the desk with porcupine: one JSON object a line in a file, the arenas that are broken out.
// The models say what ../models.py says; neither knows anything of the desk.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

type operation struct {
	Kind   string         `json:"kind"`
	Arena  string         `json:"arena"`
	Client int            `json:"client"`
	Asked  map[string]any `json:"asked"`
	Answer any            `json:"answer"`
	Call   int64          `json:"call"`
	Back   *int64         `json:"back"`
}

// A state is what the arena holds, sorted and joined, so that states can be compared.
type step func(state []string, asked map[string]any) (any, []string)

const atMost = 2 * time.Minute

func units(state []string, asked map[string]any) (any, []string) {
	parents := map[string]string{}
	for _, edge := range state {
		unit, parent, _ := strings.Cut(edge, "<")
		parents[unit] = parent
	}
	if asked["do"] == "read" {
		seen := map[string]any{}
		for _, unit := range []string{"A", "B", "C"} {
			seen[unit] = nil
			if parent, there := parents[unit]; there {
				seen[unit] = parent
			}
		}
		return seen, state
	}
	unit := asked["unit"].(string)
	under, placed := asked["under"].(string)
	for at, more := under, placed; more; at, more = parents[at], parents[at] != "" {
		if at == unit {
			return "unit-in-circle", state
		}
	}
	delete(parents, unit)
	if placed {
		parents[unit] = under
	}
	after := []string{}
	for unit, parent := range parents {
		after = append(after, unit+"<"+parent)
	}
	return "done", sorted(after)
}

func plans(state []string, asked map[string]any) (any, []string) {
	if asked["do"] == "read" {
		return listed(state), state
	}
	start, end := asked["start"].(string), asked["end"].(string)
	for _, known := range state {
		from, to, _ := strings.Cut(known, "/")
		if from < end && start < to {
			return "headcount-plans-overlap", state
		}
	}
	return "done", with(state, start+"/"+end)
}

func sales(state []string, asked map[string]any) (any, []string) {
	if asked["do"] == "read" {
		return listed(state), state
	}
	deal := asked["deal"].(string)
	switch {
	case has(state, deal):
		return "deal-not-open", state
	case len(state) > 0:
		return "existing", with(state, deal)
	default:
		return "new", with(state, deal)
	}
}

func leads(state []string, asked map[string]any) (any, []string) {
	if asked["do"] == "read" {
		return listed(state), state
	}
	lead := asked["lead"].(string)
	switch {
	case has(state, lead):
		return "lead-not-waiting", state
	case len(state) > 0:
		return "nobody-can-take-lead", state
	default:
		return "done", with(state, lead)
	}
}

var models = map[string]step{"units": units, "plans": plans, "sales": sales, "leads": leads}

func sorted(words []string) []string {
	sort.Strings(words)
	return words
}

func with(state []string, more string) []string {
	return sorted(append(append([]string{}, state...), more))
}

func has(state []string, word string) bool {
	for _, each := range state {
		if each == word {
			return true
		}
	}
	return false
}

func listed(state []string) []any {
	found := []any{}
	for _, each := range state {
		found = append(found, each)
	}
	return found
}

func model(take step) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return "" },
		Step: func(state, input, output any) (bool, any) {
			words := []string{}
			if state.(string) != "" {
				words = strings.Split(state.(string), " ")
			}
			asked := input.(operation)
			answer, after := take(words, asked.Asked)
			right := asked.Back == nil || reflect.DeepEqual(answer, output)
			return right, strings.Join(after, " ")
		},
	}
}

func read(path string) (map[string][]operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	arenas := map[string][]operation{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var one operation
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, err
		}
		arenas[one.Arena] = append(arenas[one.Arena], one)
	}
	return arenas, lines.Err()
}

func verdict(operations []operation) porcupine.CheckResult {
	history := []porcupine.Operation{}
	for _, each := range operations {
		back := int64(math.MaxInt64)
		if each.Back != nil {
			back = *each.Back
		}
		history = append(history, porcupine.Operation{
			ClientId: each.Client, Input: each, Output: each.Answer, Call: each.Call, Return: back,
		})
	}
	return porcupine.CheckOperationsTimeout(model(models[operations[0].Kind]), history, atMost)
}

func main() {
	arenas, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	broken := []string{}
	for arena, operations := range arenas {
		if verdict(operations) != porcupine.Ok {
			broken = append(broken, arena)
		}
	}
	json.NewEncoder(os.Stdout).Encode(sorted(broken))
}
