package awslocal

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Has reports whether a resource is in the stack.
func (s *Stack) Has(id string) bool {
	s.t.Helper()
	r, is := s.p.Resources[id]
	if !is {
		return false
	}
	holds, err := s.values.Holds(r.Condition)
	s.must(err)
	return holds
}

// need ends the test if a resource is not in the stack.
func (s *Stack) need(id string) {
	s.t.Helper()
	if !s.Has(id) {
		s.t.Fatalf("%s: no resource %s with these parameters", s.name, id)
	}
}

// Ref is a bucket's name, a topic's ARN, a queue's URL, a function's name; of all else a name.
func (s *Stack) Ref(id string) string { s.t.Helper(); return s.Attribute(id, "") }

// Attribute is an attribute of a resource, as Fn::GetAtt has it.
func (s *Stack) Attribute(id, name string) string {
	s.t.Helper()
	s.need(id)
	value, err := s.attribute(id, name)
	s.must(err)
	return value
}

// Properties are a resource's, evaluated.
func (s *Stack) Properties(id string) map[string]any {
	s.t.Helper()
	s.need(id)
	value, err := s.values.Of(s.p.Resources[id].Properties)
	s.must(err)
	of, _ := value.(map[string]any)
	return of
}

// Output is an output of the stack.
func (s *Stack) Output(name string) string {
	s.t.Helper()
	o, is := s.p.Outputs[name]
	holds, err := s.values.Holds(o.Condition)
	s.must(err)
	if !is || !holds {
		s.t.Fatalf("%s: no output %s with these parameters", s.name, name)
	}
	value, err := s.values.Of(o.Value)
	s.must(err)
	said, _ := text(value)
	return said
}

// Subscriptions are all there are, in the order of their ids.
func (s *Stack) Subscriptions() []Subscription { return slices.Clone(s.listen) }

// Env is the environment that the template gives a function.
func (s *Stack) Env(id string) map[string]string {
	s.t.Helper()
	variables, _ := walk(s.Properties(id), "Environment", "Variables").(map[string]any)
	return attributesOf(variables)
}

// whole is a property that is a whole number; less where there is none.
func (s *Stack) whole(id string, of map[string]any, name string, less int) int {
	s.t.Helper()
	said, is := text(of[name])
	if !is {
		return less
	}
	n, err := strconv.Atoi(said)
	if err != nil {
		s.t.Fatalf("%s: resource %s: %s is %q, want a whole number", s.name, id, name, said)
	}
	return n
}

// Timeout is a function's; Lambda's own is 3 s.
func (s *Stack) Timeout(id string) time.Duration {
	s.t.Helper()
	return time.Duration(s.whole(id, s.Properties(id), "Timeout", 3)) * time.Second
}

// Memory is a function's, in MB; Lambda's own is 128.
func (s *Stack) Memory(id string) int {
	s.t.Helper()
	return s.whole(id, s.Properties(id), "MemorySize", 128)
}

// Function is a function of the stack, built in dir.
func (s *Stack) Function(id, dir string) Function {
	s.t.Helper()
	return Function{Dir: dir, Env: s.Env(id), Memory: s.Memory(id), Name: s.Ref(id)}
}

// Async is what becomes of a function's asynchronous events; where the template does not
// say, they are tried twice more, for 6 hours.
func (s *Stack) Async(id string) AsyncConfig {
	s.t.Helper()
	c := AsyncConfig{Retries: 2, Timeout: s.Timeout(id)}
	for _, config := range s.ofType("AWS::Lambda::EventInvokeConfig") {
		if of := s.Properties(config); of["FunctionName"] == s.Ref(id) {
			c.Retries = s.whole(config, of, "MaximumRetryAttempts", 2)
			c.MaxAge = time.Duration(s.whole(config, of, "MaximumEventAgeInSeconds", 0)) * time.Second
		}
	}
	return c
}

// Schedule is what EventBridge Scheduler does with a function.
type Schedule struct {
	Expression string // cron(...) or rate(...), in UTC where no zone is named
	Input      string
	Retries    int // of the delivery to Lambda's queue
	MaxAge     time.Duration
}

// Event is the schedule's event of a time, which is whole minutes.
func (s Schedule) Event(at time.Time) []byte {
	return []byte(strings.ReplaceAll(s.Input, "<aws.scheduler.scheduled-time>", at.UTC().Format(time.RFC3339)))
}

// Schedule is the one schedule of a function; the scheduler's own retries are 185 in 24 hours.
func (s *Stack) Schedule(id string) Schedule {
	s.t.Helper()
	var found []Schedule
	for _, schedule := range s.ofType("AWS::Scheduler::Schedule") {
		of := s.Properties(schedule)
		target, _ := of["Target"].(map[string]any)
		if target["Arn"] != s.Attribute(id, "Arn") || of["State"] == "DISABLED" {
			continue
		}
		expression, _ := of["ScheduleExpression"].(string)
		input, _ := target["Input"].(string)
		retry, _ := target["RetryPolicy"].(map[string]any)
		found = append(found, Schedule{expression, input, s.whole(schedule, retry, "MaximumRetryAttempts", 185),
			time.Duration(s.whole(schedule, retry, "MaximumEventAgeInSeconds", 86400)) * time.Second})
	}
	if len(found) != 1 {
		s.t.Fatalf("%s: %d schedules of %s, want one", s.name, len(found), id)
	}
	return found[0]
}

// EventSource brings r, which is the function, what is in the queue that the template gives
// it, one message at a time.
func (s *Stack) EventSource(id string, r *Runtime) *EventSource {
	s.t.Helper()
	for _, source := range s.ofType("AWS::Lambda::EventSourceMapping") {
		of := s.Properties(source)
		if of["FunctionName"] != s.Ref(id) {
			continue
		}
		if batch := s.whole(source, of, "BatchSize", 10); batch != 1 {
			s.t.Fatalf("%s: resource %s: batches of %d, and only those of one are played here", s.name, source, batch)
		}
		for _, queue := range s.ofType("AWS::SQS::Queue") {
			if s.Attribute(queue, "Arn") != of["EventSourceArn"] {
				continue
			}
			events := NewEventSource(s.t, s.m, s.Ref(queue), r, s.Timeout(id))
			types, _ := of["FunctionResponseTypes"].([]any)
			events.partial = slices.Contains(types, any("ReportBatchItemFailures"))
			return events
		}
	}
	s.t.Fatalf("%s: no queue brings %s its events", s.name, id)
	return nil
}
