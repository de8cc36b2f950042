package awslocal

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Stack is what a deployment of a template makes: in moto the buckets, topics, queues and the
// queues' subscriptions. All else has a name and is only spoken of. Parameters of SSM, and
// what is in a bucket, are for the test to make. Its methods end the test where the template,
// with these parameters, has nothing of the kind.
type Stack struct {
	t      testing.TB
	m      *Moto
	p      *Template
	values *Values
	name   string
	made   map[string]made // by logical id; empty while it is being made
	listen []Subscription
}

// made is one resource.
type made struct {
	ref        string
	attributes map[string]string
}

// Subscription is who hears of a topic. Only those of queues are made: nobody is mailed.
type Subscription struct{ ID, Topic, Protocol, Endpoint string }

// NewStack deploys the repository's template.yaml to m. No two stacks share anything.
func NewStack(t testing.TB, m *Moto, parameters map[string]string) *Stack {
	t.Helper()
	return ReadTemplate(t, filepath.Join(repository(t), "template.yaml")).Stack(t, m, parameters)
}

// Stack deploys the template to m.
func (p *Template) Stack(t testing.TB, m *Moto, parameters map[string]string) *Stack {
	t.Helper()
	values, err := p.With(parameters)
	if err != nil {
		t.Fatal(err)
	}
	s := &Stack{t: t, m: m, p: p, values: values, name: fmt.Sprintf("stack-%d", m.stacks.Add(1)), made: map[string]made{}}
	values.stack, values.attribute = s.name, s.attribute
	for _, id := range slices.Sorted(maps.Keys(p.Resources)) {
		if s.Has(id) {
			_, err := s.make(id)
			s.must(err)
		}
	}
	for _, id := range s.ofType("AWS::SNS::Subscription") {
		s.must(s.subscribe(id))
	}
	return s
}

func (s *Stack) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", s.name, err)
	}
}

// ofType are the resources of a type, in the order of their ids.
func (s *Stack) ofType(kind string) []string {
	s.t.Helper()
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.p.Resources)) {
		if s.p.Resources[id].Type == kind && s.Has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// attribute is an attribute of a resource, Ref the empty one.
func (s *Stack) attribute(id, name string) (string, error) {
	m, err := s.make(id)
	if err != nil || name == "" {
		return m.ref, err
	}
	value, is := m.attributes[name]
	if !is {
		return "", fmt.Errorf("resource %s, a %s: the attribute %s is not known here", id, s.p.Resources[id].Type, name)
	}
	return value, nil
}

// make makes a resource if it is not made yet: what depends on another finds it.
func (s *Stack) make(id string) (made, error) {
	m, is := s.made[id]
	if is && m.ref == "" {
		return m, fmt.Errorf("resource %s depends on itself", id)
	}
	if is {
		return m, nil
	}
	r := s.p.Resources[id]
	build := map[string]func(string, map[string]any) (made, error){
		"AWS::S3::Bucket": s.bucket, "AWS::SNS::Topic": s.topic, "AWS::SQS::Queue": s.queue,
	}[r.Type]
	if build == nil {
		s.made[id] = s.spoken(id, r.Type)
		return s.made[id], nil
	}
	s.made[id] = made{}
	properties, err := s.values.Of(r.Properties)
	if err == nil {
		of, _ := properties.(map[string]any)
		m, err = build(s.name+"-"+id, of)
	}
	if err != nil {
		return made{}, fmt.Errorf("resource %s: %w", id, err)
	}
	s.made[id] = m
	return m, nil
}

// spoken is a resource that is not made. What Ref gives of it is a name here; that some have
// an ARN there matters to nobody who has none of it.
func (s *Stack) spoken(id, kind string) made {
	name := s.name + "-" + id
	service := strings.ToLower(strings.Split(kind+"::", "::")[1])
	arn := strings.Join([]string{"arn:aws", service, Region, Account, name}, ":")
	if kind == "AWS::Lambda::Function" {
		arn = Function{Name: name}.arn()
	}
	return made{name, map[string]string{"Arn": arn}}
}

func (s *Stack) bucket(_ string, of map[string]any) (made, error) {
	name := s.m.Bucket(s.t)
	if status, is := walk(of, "VersioningConfiguration", "Status").(string); is {
		_, err := s3.NewFromConfig(s.m.Config()).PutBucketVersioning(s.t.Context(), &s3.PutBucketVersioningInput{Bucket: &name,
			VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatus(status)}})
		if err != nil {
			return made{}, err
		}
	}
	return made{name, map[string]string{"Arn": "arn:aws:s3:::" + name}}, nil
}

func (s *Stack) topic(name string, of map[string]any) (made, error) {
	if of["Subscription"] != nil {
		return made{}, errors.New("a Subscription of its own is not known here; write an AWS::SNS::Subscription")
	}
	got, err := sns.NewFromConfig(s.m.Config()).CreateTopic(s.t.Context(), &sns.CreateTopicInput{
		Name: &name, Attributes: attributesOf(of, "TopicName", "Tags")})
	if err != nil {
		return made{}, err
	}
	return made{*got.TopicArn, map[string]string{"TopicArn": *got.TopicArn, "TopicName": name}}, nil
}

func (s *Stack) queue(name string, of map[string]any) (made, error) {
	got, err := sqs.NewFromConfig(s.m.Config()).CreateQueue(s.t.Context(), &sqs.CreateQueueInput{
		QueueName: &name, Attributes: attributesOf(of, "QueueName", "Tags")})
	if err != nil {
		return made{}, err
	}
	return made{*got.QueueUrl, map[string]string{
		"Arn": "arn:aws:sqs:" + Region + ":" + Account + ":" + name, "QueueName": name, "QueueUrl": *got.QueueUrl}}, nil
}

func (s *Stack) subscribe(id string) error {
	of := s.Properties(id)
	topic, _ := of["TopicArn"].(string)
	protocol, _ := of["Protocol"].(string)
	endpoint, _ := of["Endpoint"].(string)
	s.listen = append(s.listen, Subscription{id, topic, protocol, endpoint})
	if protocol != "sqs" {
		return nil
	}
	_, err := sns.NewFromConfig(s.m.Config()).Subscribe(s.t.Context(), &sns.SubscribeInput{
		TopicArn: &topic, Protocol: &protocol, Endpoint: aws.String(endpoint),
		Attributes: attributesOf(of, "TopicArn", "Protocol", "Endpoint", "Region")})
	if err != nil {
		return fmt.Errorf("resource %s: %w", id, err)
	}
	return nil
}

// attributesOf are properties as SNS and SQS take them: each is a text, by the same name.
func attributesOf(of map[string]any, but ...string) map[string]string {
	all := map[string]string{}
	for name, value := range of {
		if slices.Contains(but, name) {
			continue
		}
		said, is := text(value)
		if !is {
			data, _ := json.Marshal(value) // it was read from JSON
			said = string(data)
		}
		all[name] = said
	}
	return all
}

// walk goes down maps by their keys; nil where there is nothing.
func walk(v any, path ...string) any {
	for _, step := range path {
		m, _ := v.(map[string]any)
		v = m[step]
	}
	return v
}
