package awslocal

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

const sample = `{
	"Parameters": {
		"Minutes": {"Type": "Number", "Default": 1, "AllowedValues": [1, 5]},
		"Memory": {"Type": "Number", "Default": 512, "MinValue": 128, "MaxValue": 1024},
		"Mail": {"Type": "String", "Default": "", "AllowedPattern": "^$|^[^@]+@[^@]+$"},
		"Source": {"Type": "String", "Default": "s3://bucket/some/key"},
		"Subnets": {"Type": "CommaDelimitedList", "Default": ""}
	},
	"Mappings": {"ByMinutes": {"1": {"Timeout": 55, "Words": ["a", "b"]}, "5": {"Timeout": 290}}},
	"Conditions": {
		"Mails": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Mail"}, ""]}]},
		"Often": {"Fn::Equals": [{"Ref": "Minutes"}, 1]},
		"Both": {"Fn::And": [{"Condition": "Mails"}, {"Condition": "Often"}]},
		"Either": {"Fn::Or": [{"Condition": "Mails"}, {"Condition": "Often"}]},
		"FromS3": {"Fn::Equals": [{"Fn::Select": [0, {"Fn::Split": [":", {"Ref": "Source"}]}]}, "s3"]}
	},
	"Resources": {"Thing": {"Type": "Some::Thing"}}
}`

func TestValuesAreCloudFormations(t *testing.T) {
	p := parseTemplate(t, []byte(sample))
	for _, c := range []struct {
		given    map[string]string
		of, want string
	}{
		{nil, `{"a": [1, true, "x"]}`, `{"a": [1, true, "x"]}`},
		{nil, `{"Ref": "Memory"}`, `"512"`},
		{map[string]string{"Memory": "256"}, `{"Ref": "Memory"}`, `"256"`},
		{nil, `{"Ref": "AWS::Region"}`, `"eu-central-1"`},
		{nil, `{"Ref": "AWS::StackName"}`, `"stack"`},
		{nil, `{"Ref": "Thing"}`, `"${Thing}"`},
		{nil, `{"Fn::GetAtt": ["Thing", "Arn"]}`, `"${Thing.Arn}"`},
		{nil, `{"Fn::GetAtt": "Thing.Some.Arn"}`, `"${Thing.Some.Arn}"`},
		{nil, `{"Fn::Sub": "${Minutes}m of ${Thing} at ${Thing.Arn}, ${!Kept}"}`, `"1m of ${Thing} at ${Thing.Arn}, ${Kept}"`},
		{nil, `{"Fn::Sub": ["${Own} ${Minutes}", {"Own": {"Fn::Join": ["-", ["a", 2]]}}]}`, `"a-2 1"`},
		{nil, `{"Fn::FindInMap": ["ByMinutes", {"Ref": "Minutes"}, "Timeout"]}`, `55`},
		{nil, `{"Fn::Select": [1, {"Fn::FindInMap": ["ByMinutes", "1", "Words"]}]}`, `"b"`},
		{nil, `{"Fn::Split": ["/", "a/b"]}`, `["a", "b"]`},
		{map[string]string{"Subnets": "one, two"}, `{"Ref": "Subnets"}`, `["one", "two"]`},
		{nil, `{"Ref": "Subnets"}`, `[""]`},
		{nil, `{"Fn::If": ["Mails", "yes", "no"]}`, `"no"`},
		{map[string]string{"Mail": "a@b"}, `{"Fn::If": ["Mails", "yes", {"Ref": "Nothing"}]}`, `"yes"`},
		{nil, `{"a": {"Fn::If": ["Mails", 1, {"Ref": "AWS::NoValue"}]}, "b": [{"Ref": "AWS::NoValue"}, 2]}`, `{"b": [2]}`},
		{nil, `{"Ref": "AWS::NoValue"}`, `null`},
		{nil, `{"Condition": {"Bool": {"x": "y"}}}`, `{"Condition": {"Bool": {"x": "y"}}}`}, // as in a policy
	} {
		v, err := p.With(c.given)
		if err != nil {
			t.Fatal(err)
		}
		var of, want any
		must(t, json.Unmarshal([]byte(c.of), &of))
		must(t, json.Unmarshal([]byte(c.want), &want))
		if got, err := v.Of(of); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v %s: %#v, %v, want %s", c.given, c.of, got, err, c.want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestConditionsAreCloudFormations(t *testing.T) {
	p := parseTemplate(t, []byte(sample))
	for _, c := range []struct {
		given map[string]string
		want  string // that hold
	}{
		{nil, "Often Either FromS3"},
		{map[string]string{"Mail": "a@b"}, "Mails Often Both Either FromS3"},
		{map[string]string{"Mail": "a@b", "Minutes": "5"}, "Mails Either FromS3"},
		{map[string]string{"Minutes": "5", "Source": "ssm:/x"}, ""},
	} {
		v, err := p.With(c.given)
		must(t, err)
		var got []string
		for _, name := range []string{"Mails", "Often", "Both", "Either", "FromS3"} {
			holds, err := v.Holds(name)
			must(t, err)
			if holds {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: %v hold, want %s", c.given, got, c.want)
		}
	}
}

func TestWhatCloudFormationWouldRefuse(t *testing.T) {
	p := parseTemplate(t, []byte(sample))
	for _, c := range []struct{ name, value, want string }{
		{"Minute", "1", "no parameter Minute, want one of Mail, Memory, Minutes, Source, Subnets"},
		{"Minutes", "2", `parameter Minutes: "2", want one of [1 5]`},
		{"Memory", "64", "parameter Memory: 64, want at least 128"},
		{"Memory", "2048", "parameter Memory: 2048, want at most 1024"},
		{"Memory", "much", `parameter Memory: "much", want a number`},
		{"Mail", "nobody", `parameter Mail: "nobody", want it to match ^$|^[^@]+@[^@]+$`},
	} {
		if _, err := p.With(map[string]string{c.name: c.value}); err == nil || err.Error() != c.want {
			t.Errorf("%s=%s: %v, want %s", c.name, c.value, err, c.want)
		}
	}
	v, err := p.With(nil)
	must(t, err)
	for of, want := range map[string]string{
		`{"Ref": "Ting"}`:                                    `Ref: no parameter and no resource "Ting"`,
		`{"a": {"Fn::Sub": "${Ting}"}}`:                      `a: Fn::Sub: no parameter and no resource "Ting"`,
		`{"Fn::FindInMap": ["ByMinutes", "5", "Words"]}`:     "Fn::FindInMap: mapping ByMinutes has nothing under 5, Words",
		`{"Fn::If": ["Mail", 1, 2]}`:                         "Fn::If: no condition Mail",
		`{"Fn::Select": [2, ["a", "b"]]}`:                    "Fn::Select: 2 of [a b], want an index and its list",
		`{"Fn::ImportValue": "x"}`:                           "Fn::ImportValue: x: not a function, or not the arguments, that are known here",
		`{"Fn::Sub": "${Subnets}"}`:                          "Fn::Sub: ${Subnets} is no text",
		`{"Fn::Equals": [{"Fn::Split": [":", "a:b"]}, "a"]}`: "Fn::Equals: [a b] and a, want texts to compare",
	} {
		var value any
		must(t, json.Unmarshal([]byte(of), &value))
		if _, err := v.Of(value); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", of, err, want)
		}
	}
}
