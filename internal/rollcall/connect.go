package rollcall

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"rollcall/internal/store"
	"rollcall/internal/topic"
)

// Calls to AWS: the SDK's own defaults would wait without end for an answer, and up to 20 s
// between tries.
const (
	awsTries   = 3
	awsTry     = 2 * time.Second
	awsBackoff = 300 * time.Millisecond
	// A function is frozen between its rounds, and what its connections lead to is gone by
	// the next. By the wall clock, which goes on, they are too old then to be used again.
	awsIdle = 10 * time.Second
)

// connect opens the store and the topic, and knows AWS only where one of them is there.
func (r *Rollcall) connect(ctx context.Context) error {
	bucket, inS3 := strings.CutPrefix(r.settings.Store, "s3://")
	if inS3 && (bucket == "" || strings.Contains(bucket, "/")) {
		return fmt.Errorf("store %q: want s3://BUCKET and nothing behind it", r.settings.Store)
	}
	speaks := r.settings.Topic != "" && r.voice == nil
	var cloud aws.Config
	if inS3 || speaks {
		var err error
		if cloud, err = r.aws(ctx); err != nil {
			return err
		}
	}
	switch {
	case inS3:
		r.objects = inBucket(cloud, bucket)
	case r.settings.Store != "":
		dir, err := store.NewDir(r.settings.Store)
		if err != nil {
			return err
		}
		r.objects = dir
	default:
		r.objects = store.NewMemory()
	}
	if speaks {
		r.voice = topic.New(sns.NewFromConfig(cloud), r.settings.Topic)
	}
	return nil
}

// aws is where AWS is and who we are there, read once, when it is first needed.
func (r *Rollcall) aws(ctx context.Context) (aws.Config, error) {
	if r.cloud == nil {
		cloud, err := awsConfig(ctx)
		if err != nil {
			return aws.Config{}, &AccessError{Deed: "use", Place: "AWS", What: err.Error(), Remedy: "see AWS_PROFILE, and what aws configure list says", round: ofRole, err: err}
		}
		r.cloud = &cloud
	}
	return *r.cloud, nil
}

func inBucket(cloud aws.Config, bucket string) *store.S3 { return store.NewS3(ofS3(cloud), bucket) }

func ofS3(cloud aws.Config) *s3.Client {
	return s3.NewFromConfig(cloud, func(o *s3.Options) {
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired // else a line on stderr for each object without one
	})
}

func awsConfig(ctx context.Context) (aws.Config, error) {
	c, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(awsTry).WithTransportOptions(func(t *http.Transport) {
			t.IdleConnTimeout = awsIdle
		})),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = awsTries, awsBackoff
			})
		}),
	)
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return c, nil
}
