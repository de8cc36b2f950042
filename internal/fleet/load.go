package fleet

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// load reads the one YAML document that a targets file is, or says where it is none.
func load(t text) (*yaml.Node, place, flaw) {
	if strings.HasPrefix(strings.TrimLeft(t.data, " \t\r\n"), "<") && !strings.HasPrefix(t.data, "<<") {
		return nil, place{1, 1}, flaw{"the file is HTML or XML", "see where it was loaded from: a targets file is YAML"}
	}
	loader, err := yaml.NewLoader(strings.NewReader(t.data), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		return nil, place{1, 1}, flaw{"the YAML library refuses its options: " + err.Error(), "report it: no file can cause this"}
	}
	var document, second yaml.Node
	err = loader.Load(&document)
	if errors.Is(err, io.EOF) || err == nil && empty(&document) {
		return nil, place{1, 1}, flaw{"the file is empty", "write fleet: and targets:"}
	}
	if err == nil {
		err = loader.Load(&second)
		if err == nil {
			return nil, place{second.Line, second.Column}, flaw{"a second document begins here, and a targets file is one", `remove the "---" and what is written twice`}
		}
		if errors.Is(err, io.EOF) {
			return document.Content[0], place{}, flaw{}
		}
	}
	var broken *yaml.LoadError
	if !errors.As(err, &broken) {
		return nil, place{1, 1}, flaw{"the file is not YAML", "compare it with the example in the README"}
	}
	at, f := explain(t, broken)
	return nil, t.inside(at), f
}

// empty reports whether a document holds nothing, as a file of comments does.
func empty(document *yaml.Node) bool {
	return len(document.Content) == 0 || document.Content[0].Kind == yaml.ScalarNode && document.Content[0].Value == ""
}

// quotes is the remedy for most of YAML's surprises.
const quotes = "put the whole value in single quotes"

// explain says what an error of the YAML library comes from, and what to do about it. It
// never shows what the file holds there: that may be a password.
func explain(t text, e *yaml.LoadError) (place, flaw) {
	at, opened := place{e.Mark.Line, e.Mark.Column}, place{e.ContextMark.Line, e.ContextMark.Column}
	rest := t.data[t.offset(at):]
	switch message := e.Message; {
	case strings.Contains(message, "did not find expected") && e.Mark.Line == 0, message == "did not find expected node content" && strings.TrimSpace(rest) == "":
		return t.place(len(strings.TrimRight(t.data, " \t\r\n"))), flaw{"the file ends in the middle of a value", "write the rest of it"}
	case strings.Contains(message, "tab character"), strings.Contains(message, "cannot start any token") && strings.HasPrefix(rest, "\t"):
		return at, flaw{"a tab stands where YAML indents by spaces", "replace it by spaces"}
	case strings.Contains(message, "cannot start any token"), message == "did not find expected node content":
		return at, cannotBegin(rest)
	case strings.Contains(e.ContextMsg, "scanning an alias"), strings.Contains(e.ContextMsg, "scanning an anchor"),
		strings.Contains(e.ContextMsg, "parsing a tag"), strings.Contains(e.ContextMsg, "scanning a tag"),
		strings.Contains(e.ContextMsg, "scanning a block scalar") && !strings.Contains(message, "tab"),
		strings.Contains(e.ContextMsg, "parsing a node"):
		return opened, cannotBegin(t.data[t.offset(opened):])
	case strings.Contains(message, "unknown anchor"):
		return at, flaw{"no anchor of this name stands above", "define it with &, or, if it is no alias, " + quotes}
	case message == "mapping values are not allowed in this context":
		return mappingValue(t, at)
	case message == "did not find expected key":
		return at, strayText(t, at)
	case message == "did not find expected '-' indicator":
		return at, flaw{"this line ends a list in the middle of it", `begin it with "- ", or indent it as what it belongs to`}
	case message == "block sequence entries are not allowed in this context":
		return at, flaw{`a list cannot begin behind its key on the same line`, "write it on the lines below, or as [a, b]"}
	case message == "could not find expected ':'":
		return opened, flaw{`this line has no ": "`, `write "key: value", or begin it with "- "`}
	case strings.Contains(e.ContextMsg, "quoted scalar") && strings.HasPrefix(message, "found unexpected"):
		return opened, flaw{"the quote that opens here is never closed", "close it, or write it twice within single quotes"}
	case strings.Contains(e.ContextMsg, "quoted scalar"):
		return at, flaw{"a backslash in double quotes begins an escape, and this is none", "use single quotes, or write the backslash twice"}
	case strings.Contains(e.ContextMsg, "parsing a flow"):
		from, to := t.offset(opened), len(t.data)-len(rest)
		if i := strings.Index(t.data[from:max(from, min(to+1, len(t.data)))], "${"); i >= 0 {
			return t.place(from + i), flaw{`within brackets a "${" needs quotes: YAML reads its brace`, quotes}
		}
		return opened, flaw{"the bracket that opens here is not closed as it should be", "close it, or, if it is text, " + quotes}
	case strings.Contains(message, "max depth"):
		return at, flaw{fmt.Sprintf("this is nested more than %d deep", maxDepth), "a targets file needs no more than ten"}
	case strings.Contains(message, "comment without preceding"):
		return at, flaw{`a "#" here is neither text nor a comment`, "put a space before a comment; if it is text, " + quotes}
	case message == "did not find expected <document start>":
		return at, flaw{"text follows where the file should have ended", "indent it as what it belongs to, or remove it"}
	case e.Stage == yaml.ScannerStage && strings.HasPrefix(rest, "%"), strings.Contains(e.ContextMsg, "directive"):
		return at, flaw{`a line that begins with "%" is a directive of YAML`, "remove it, or, if it is text, " + quotes}
	default:
		return at, flaw{"this is not YAML: " + e.Message, "compare it with the line above, or " + quotes}
	}
}

// cannotBegin says that a plain value cannot begin with the first character of rest.
func cannotBegin(rest string) flaw {
	for _, c := range rest {
		return flaw{fmt.Sprintf("a value without quotes cannot begin with %q", string(c)), quotes}
	}
	return flaw{"the file ends in the middle of a value", "write the rest of it"} // not reached: something was refused
}

// mappingValue explains a ": " that YAML did not expect: the second of its line, or the
// first of a line that YAML takes for the continuation of the text above.
func mappingValue(t text, at place) (place, flaw) {
	line := t.line(at.line)
	before := line[:min(len(line), t.offset(at)-t.offset(place{at.line, 1}))]
	if strings.Contains(before, ": ") {
		return at, flaw{`a value without quotes cannot hold ": "`, quotes}
	}
	above := at.line - 1
	for above > 0 && blank(t.line(above)) {
		above--
	}
	over := strings.TrimLeft(t.line(above), " -")
	switch {
	case above < 1:
	case !strings.Contains(over, ":"):
		return place{above, 1 + len(t.line(above)) - len(over)}, flaw{`this line has no ": "`, `write "key: value"`}
	case !strings.Contains(over+" ", ": "):
		return place{above, 1 + len(t.line(above)) - len(over)}, flaw{`this line has a ":" without a space behind it`, `write "key: value"`}
	}
	column := 1 + len(line) - len(strings.TrimLeft(line, " -"))
	return place{at.line, column}, flaw{
		"this line is indented further than the one above allows, which has a value already",
		"begin it in the column of the key it stands beside",
	}
}

// strayText explains text where YAML wants the next key of a mapping.
func strayText(t text, at place) flaw {
	line := t.line(at.line)
	before := line[:min(len(line), t.offset(at)-t.offset(place{at.line, 1}))]
	switch {
	case strings.TrimLeft(before, " ") != "":
		return flaw{"text follows behind a closed quote or bracket", "put the whole value in quotes; within single quotes write a quote twice"}
	case strings.HasPrefix(line[len(before):], "- "):
		return flaw{`"- " begins a list where a key is wanted`, "indent it as the list it belongs to"}
	default:
		return flaw{"no line above begins in this column", "indent this line as the keys it stands beside"}
	}
}

// blank reports whether a line holds nothing, or only a comment.
func blank(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return line == "" || strings.HasPrefix(line, "#")
}
