package main

import "rollcall/internal/rollcall"

// environment is everything the function reads from outside its events.
type environment struct {
	Bucket  string `env:"ROLLCALL_BUCKET,required,notEmpty"`
	Queue   string `env:"ROLLCALL_QUEUE,required,notEmpty"`         // its URL
	Webhook string `env:"ROLLCALL_SLACK_WEBHOOK,required,notEmpty"` // the name of a SecureString, never the address itself
}

// readEnvironment reads it, or names everything that is missing at once.
func readEnvironment() (environment, error) { return rollcall.FromEnvironment[environment]() }

func (e environment) settings() rollcall.SlackSettings {
	return rollcall.SlackSettings{Version: rollcall.Version(), Bucket: e.Bucket, Queue: e.Queue, Webhook: e.Webhook}
}
