package e2e

import (
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollcall/internal/awslocal"
)

// fault injects one before a round, and lifts it before another.
func fault(from, to int, what func(w *world) awslocal.Fault) map[int]func(*world) {
	var in *awslocal.Injected
	return map[int]func(*world){
		from: func(w *world) { in = w.inject(what(w)) },
		to:   func(*world) { in.Lift() },
	}
}

// ofTopic is what SNS answers in place of taking a message.
func ofTopic(times, status int, code string) func(*world) awslocal.Fault {
	return func(*world) awslocal.Fault {
		return awslocal.Fault{Service: "sns", Times: times, Do: awslocal.Answer(status, code)}
	}
}

// ofState is a fault of requests for the state.
func ofState(method string, times int, do awslocal.Deed) func(*world) awslocal.Fault {
	return func(w *world) awslocal.Fault {
		return awslocal.Fault{Service: "s3", Method: method, Path: "/" + w.bucket() + "/state/", Times: times, Do: do}
	}
}

// each is the same ending of every round from one to another, both among them.
func each(from, to int, e ending) map[int]ending {
	all := map[int]ending{}
	for k := from; k <= to; k++ {
		all[k] = e
	}
	return all
}

// weather is AWS out of order.
func weather() []story {
	return append(topicWeather(), storeWeather()...)
}

func topicWeather() []story {
	down := fault(15, 18, ofTopic(0, http.StatusInternalServerError, "InternalError"))
	down[19] = (*world).inOrder
	depths := map[int]int{}
	for k := 67; k <= 129; k++ {
		switch {
		case k < 76:
			depths[k] = 1
		case k < 91:
			depths[k] = 2
		case k < 128:
			depths[k] = 3
		default:
			depths[k] = 1 // what has lain for more than an hour becomes one message
		}
	}
	return []story{{
		// Both messages are told as soon as SNS takes them, in their order, once.
		name: "SNS is out of order for three rounds",
		from: 14, to: 19,
		troubles: []trouble{{who: "web-3", from: 14, to: 16, how: fails}},
		acts:     down,
		ends:     each(15, 17, untold),
		outbox:   map[int]int{15: 1, 16: 2, 17: 2},
		owes:     []owed{late(15, 18, "opened web-3"), late(16, 18, "recovered web-3")},
	}, {
		name: "SNS is throttled once",
		from: 19, to: 22,
		troubles: []trouble{{who: "web-4", from: 19, to: 22, how: fails}},
		acts:     fault(20, 22, ofTopic(1, http.StatusTooManyRequests, "Throttled")),
		ends:     each(20, 20, untold),
		outbox:   map[int]int{20: 1},
		owes:     []owed{late(20, 21, "opened web-4"), on(22, "recovered web-4")},
	}, {
		// The oldest message is of round 67: in 128 it has lain for more than an hour.
		name: "the topic refuses us for more than an hour",
		from: 66, to: 141,
		troubles: []trouble{{who: "web-8", from: 66, to: 76, how: fails}, {who: "api", from: 90, to: 141, how: fails}},
		acts:     fault(67, 130, ofTopic(0, http.StatusForbidden, "AuthorizationError")),
		ends:     each(67, 129, untold),
		outbox:   depths,
		owes: []owed{late(128, 130, "catchup"), late(128, 130, "opened api"), late(128, 130, "recovered web-8"),
			late(128, 130, "open api"), late(128, 130, "open legacy"), on(141, "recovered api")},
	}, {
		name: "SNS refuses a message for its content, in both its forms",
		from: 209, to: 212,
		troubles: []trouble{{who: "web-1", from: 209, to: 212, how: fails}},
		acts: fault(210, 212, func(w *world) awslocal.Fault {
			return awslocal.Fault{Service: "sns", Body: url.QueryEscape(w.id(w.now)), Times: 2, Do: awslocal.Answer(http.StatusBadRequest, "InvalidParameter")}
		}),
		ends:   each(210, 210, untold),
		outbox: map[int]int{210: 1},
		owes: []owed{late(210, 211, "opened web-1"), on(211, "opened checker delivery"),
			on(212, "recovered checker delivery"), on(212, "recovered web-1")},
	}}
}

// inOrder holds what was told last to the order in which it happened.
func (w *world) inOrder() {
	w.t.Helper()
	if n := len(w.heard); n < 2 || w.heard[n-2].round >= w.heard[n-1].round {
		w.t.Errorf("round %d: of the messages told late the younger came first", w.now)
	}
}

func storeWeather() []story {
	return []story{{
		// Its rounds are measured, and nobody concludes anything from them.
		name: "S3 does not give the state out for three rounds",
		from: 38, to: 44,
		troubles: []trouble{{who: "basket", from: 38, to: 44, how: fails}},
		acts:     fault(38, 41, ofState(http.MethodGet, 0, awslocal.Answer(http.StatusInternalServerError, "InternalError"))),
		ends:     each(38, 40, unjudged),
		owes:     []owed{on(42, "opened basket"), on(44, "recovered basket")},
	}, {
		name: "S3 does not take the state for a round",
		from: 45, to: 49,
		troubles: []trouble{{who: "web-5", from: 45, to: 49, how: fails}},
		acts:     fault(46, 47, ofState(http.MethodPut, 0, awslocal.Answer(http.StatusServiceUnavailable, "SlowDown"))),
		ends:     each(46, 46, uncommitted),
		owes:     []owed{on(47, "opened web-5"), on(49, "recovered web-5")},
	}, {
		name: "S3 takes the state, and its answer is lost",
		from: 50, to: 52,
		troubles: []trouble{{who: "web-6", from: 50, to: 52, how: fails}},
		acts:     fault(51, 52, ofState(http.MethodPut, 1, awslocal.LoseAnswer())),
		owes:     []owed{on(51, "opened web-6"), on(52, "recovered web-6")},
	}, {
		// The rounds go on with the last good copy.
		name: "S3 does not give the targets file out for a round",
		from: 23, to: 24,
		acts: fault(23, 24, func(w *world) awslocal.Fault {
			return awslocal.Fault{Service: "s3", Path: "/" + w.lists + "/", Do: awslocal.Answer(http.StatusInternalServerError, "InternalError")}
		}),
		owes: []owed{on(23, "opened checker config"), on(24, "recovered checker config")},
	}, {
		// Nobody knows whom to ask, and nobody is told anything: the dead-man alarm counts the round.
		name: "all of S3 is out of order for a round",
		from: 222, to: 223,
		acts: fault(222, 223, func(*world) awslocal.Fault {
			return awslocal.Fault{Service: "s3", Do: awslocal.Answer(http.StatusInternalServerError, "InternalError")}
		}),
		ends: each(222, 222, ending{error: "last good copy"}),
	}, {
		name: "somebody deletes the state",
		from: 215, to: 216,
		acts: map[int]func(*world){215: func(w *world) {
			_, err := s3.NewFromConfig(w.cloud).DeleteObject(w.t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(w.bucket()), Key: aws.String(stateKey)})
			must(w.t, err)
			w.happened()
		}},
		owes: []owed{on(215, "first"), on(215, "opened checker history"), on(216, "recovered checker history")},
	}}
}
