package main

import (
	"os"
	"time"

	"rollcall/internal/rollcall"
	"rollcall/internal/round"
)

// environment is everything the function reads from outside its events: what the template
// sets, and what Lambda sets.
type environment struct {
	Config  string `env:"ROLLCALL_CONFIG" envDefault:"file:targets.yaml"`
	Fleet   string `env:"ROLLCALL_FLEET,required,notEmpty"` // the one the alarms watch
	Bucket  string `env:"ROLLCALL_BUCKET,required,notEmpty"`
	Topic   string `env:"ROLLCALL_TOPIC,required,notEmpty"`
	Workers int    `env:"ROLLCALL_WORKERS" envDefault:"0"` // 0: as many as fit

	Interval time.Duration `env:"ROLLCALL_INTERVAL" envDefault:"1m"` // of the schedule

	MemoryMiB  int64  `env:"AWS_LAMBDA_FUNCTION_MEMORY_SIZE,required"`
	RuntimeAPI string `env:"AWS_LAMBDA_RUNTIME_API"`
	XRay       string `env:"AWS_XRAY_DAEMON_ADDRESS"`
}

// readEnvironment reads it, or names everything that is missing at once.
func readEnvironment() (environment, error) { return rollcall.FromEnvironment[environment]() }

func (e environment) memory() int64 { return e.MemoryMiB << 20 }

// collectAt is the memory, in bytes, at which the collector works harder: later, and Lambda
// would kill the function before it has.
func (e environment) collectAt() int64 { return e.memory() * 80 / 100 }

func (e environment) settings() rollcall.Settings {
	return rollcall.Settings{
		Version: rollcall.Version(),
		Config:  e.Config,
		Fleet:   e.Fleet,
		Store:   "s3://" + e.Bucket,
		Topic:   e.Topic,
		Memory:  e.memory(),
		Workers: e.Workers,

		Interval:   e.Interval,
		Processors: round.ProcessorsOf(e.MemoryMiB), // Lambda shows two, whatever the share
		RuntimeAPI: e.RuntimeAPI,
		XRay:       e.XRay,
		Metrics:    os.Stdout, // CloudWatch Logs, which reads the metrics off the lines
	}
}
