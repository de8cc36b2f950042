package e2e

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollcall/internal/awslocal"
)

// emptying is what README says to do with the bucket after `sam delete`, which leaves it. A
// thousand versions at a time are as many as S3 deletes at once; 400 fit a command line.
func emptying(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	must(t, err)
	_, leaving, _ := strings.Cut(string(readme), "\n## Leaving\n")
	_, commands, _ := strings.Cut(leaving, "- **The bucket**")
	_, commands, _ = strings.Cut(commands, "```sh\n")
	commands, _, found := strings.Cut(commands, "```")
	if !found || !strings.Contains(commands, "aws s3api delete-bucket") {
		t.Fatalf("README's words on leaving are no commands that empty the bucket: %q", commands)
	}
	return commands
}

// leaves follows README's words on leaving. What belongs to the deployment is gone; what the
// operator has made stays, and is named.
func (w *world) leaves(t *testing.T) {
	if out, err := exec.Command("aws", "--version").CombinedOutput(); err != nil {
		awslocal.LeftOut(t, "the command aws, with which the bucket is emptied: "+strings.TrimSpace(string(out))+" "+err.Error())
	}
	run := exec.Command("sh", "-c", emptying(t))
	run.Env = append(w.credentials(), "BUCKET="+w.bucket(), "AWS_ENDPOINT_URL="+w.moto.URL())
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("emptying the bucket: %v\n%s", err, out)
	}
	buckets, err := s3.NewFromConfig(w.cloud).ListBuckets(t.Context(), nil)
	must(t, err)
	var stays []string
	for _, b := range buckets.Buckets {
		if stays = append(stays, *b.Name); *b.Name == w.bucket() {
			t.Errorf("the bucket %s is still there", *b.Name)
		}
	}
	if !slices.Contains(stays, w.lists) {
		t.Errorf("the bucket of the targets file, %s, is gone too", w.lists)
	}
	t.Logf("the bucket is gone; what the operator made stays: the bucket of the targets file (%s) and the parameter %s", strings.Join(stays, ", "), w.webhook)
}
