package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rollcall/internal/source"
)

// taken is what CloudFormation takes for a TargetsLocation.
func (tmpl template) taken(t *testing.T) func(location string) bool {
	t.Helper()
	pattern := regexp.MustCompile("^(?:" + tmpl.Parameters["TargetsLocation"].AllowedPattern + ")$")
	section := regexp.MustCompile(`(?s)\n  TargetsLocation:\n.*?\n  \w`).FindString(readFile(t, "../../template.yaml"))
	found := regexp.MustCompile(`\n    MaxLength: (\d+)\b`).FindStringSubmatch(section)
	if found == nil {
		t.Fatal("TargetsLocation has no MaxLength, want one: a pattern counts names, and not what they add up to")
	}
	most, _ := strconv.Atoi(found[1])
	return func(location string) bool { return pattern.MatchString(location) && len(location) <= most }
}

// A location that the function could not read is refused by CloudFormation, and none that it can.
func (tmpl template) takesTheLocationsThatAreRead(t *testing.T) {
	taken := tmpl.taken(t)
	bucket, key, name := strings.Repeat("b", 63), strings.Repeat("k", 1024), strings.Repeat("n", 954)
	for location, want := range map[string]bool{
		"s3://our-targets/targets.yaml": true, "s3://our.targets/shop/eu/targets,v2(1)@x=y+z!.yaml": true, "ssm:/targets": true, "ssm:/shop/eu/t.a_r-gets": true,
		"s3://our-targets": false, "s3://our-targets/": false, "s3://our-targets/a//b": false, "s3://our-targets/a/": false, "s3://our-targets/*": false,
		"s3://our-targets/${x}": false, "s3://Our/x": false, "s3:our-targets/x": false, "ssm:targets": false, "ssm:/a//b": false, "ssm:/*": false, "https://example.com/x": false,
		"s3://our-targets//a": false, "s3://our-targets/.": false, "s3://our-targets/a/../b": false, "s3://our-targets/./a": false, "s3://our-targets/a/..": false,
		"s3://our-targets/.a/..b/...": true, "s3://our-targets/a./b..": true, "s3://our-targets/a\nb": false, "s3://our-targets/a\n": false, "s3://our-targets/ä": false,
		"s3://" + bucket + "/" + key: true, "s3://" + bucket + "b/a": false, "s3://" + bucket + "/" + key + "k": false, "s3://bu/key": false,
		"ssm:/aws/service/x": false, "ssm:/AWSx": false, "ssm:/SsM-x": false, "ssm:/ssm": false, "ssm:/a": true, "ssm:/aw": true, "ssm:/awx/aws": true, "ssm:/shop/ssm": true,
		"ssm:/s": true, "ssm:/ss": true, "ssm:/ssx": true, "ssm:/.": true, "ssm:" + strings.Repeat("/n", 15): true, "ssm:" + strings.Repeat("/n", 16): false, "ssm:/" + name: true,
	} {
		if _, err := source.Parse(location); taken(location) != want || (err == nil) != want {
			t.Errorf("TargetsLocation %q: taken %v, read %v, want both %v", location, taken(location), err == nil, want)
		}
	}
	// Everything short that is made of what either has to tell from other things.
	for prefix, letters := range map[string]string{"s3://our-targets/": "./aZ*", "ssm:/": "aAwWsSmM/.", "": "s3m:/a"} {
		every("", letters, 4, func(rest string) {
			_, err := source.Parse(prefix + rest)
			read := err == nil && (prefix != "" || strings.HasPrefix(rest, "s3:") || strings.HasPrefix(rest, "ssm:")) // a path is not for a function
			if location := prefix + rest; location != "" && taken(location) != read {
				t.Errorf("TargetsLocation %q: taken %v, read %v, %v", location, taken(location), read, err)
			}
		})
	}
	// A pattern that every engine knows cannot count across names. The function refuses these when it starts.
	for _, location := range []string{"s3://our-targets/" + key + "k", "ssm:/" + name + "n"} {
		if _, err := source.Parse(location); err == nil || !taken(location) {
			t.Errorf("TargetsLocation of %d characters: taken %v, %v; want it taken here, and refused by the function", len(location), taken(location), err)
		}
	}
}

// every makes each text of up to so many letters more.
func every(text, letters string, more int, show func(string)) {
	show(text)
	if more > 0 {
		for _, letter := range letters {
			every(text+string(letter), letters, more-1, show)
		}
	}
}

// An empty parameter is never split: nobody promises that there is a first of nothing. What is
// split has the delimiter added to it.
func (tmpl template) splitsNothing(t *testing.T) {
	splits := 0
	for what, v := range map[string]any{"Conditions": tmpl.Conditions, "Resources": tmpl.Resources, "Outputs": tmpl.Outputs} {
		for _, split := range functions(t, v, "Fn::Split") {
			splits++
			by, whole := text(at(split, "0")), text(at(split, "1", "Fn::Sub"))
			if !strings.Contains(regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString(whole, ""), by) {
				t.Errorf("%s split %s by %q, want a !Sub that adds %q to it", what, show(at(split, "1")), by, by)
			}
		}
	}
	if splits == 0 {
		t.Error("no Fn::Split found, want the test to see them")
	}
}

// functions are the arguments of every call of a function within a value.
func functions(t *testing.T, v any, name string) (found []any) {
	t.Helper()
	said, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(said, &plain); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for key, one := range v {
				if key == name {
					found = append(found, one)
				}
				walk(one)
			}
		}
	}
	walk(plain)
	return found
}
