// Package otlp sends log records to a collector, by OTLP over HTTP in its JSON encoding
// (https://opentelemetry.io/docs/specs/otlp/, "OTLP/HTTP" and "JSON Protobuf Encoding").
//
// Start with [Encode], which gives the body of one request, and [Client.Send], which sends it. What is to be done then
// the error says: a [*RetryError] that it may be sent again, and when; [ErrTooLarge] that it may be sent in parts; any
// other that it must not be sent again as it is. The specification has these rules.
//
// The package knows nothing of journals. It is written by hand because it is short: OpenTelemetry's own library brings
// gRPC and protocol buffers into a program that every push starts. A module of its own, in oracle, decodes what is
// written here with their types.
package otlp

import (
	"encoding/json"
	"strconv"
	"time"
)

// Severity is a severity number of OpenTelemetry's data model of logs.
type Severity int

// The severities that are used here.
const (
	Info  Severity = 9
	Warn  Severity = 13
	Error Severity = 17
)

// Record is one log record.
type Record struct {
	Time       time.Time
	Severity   Severity
	Text       string // of the severity, as the source has it
	Event      string // which kind of event it is
	Body       string
	Attributes []Attribute
}

// Attribute is a name with a value: a string, an int64, or a list of strings.
type Attribute struct {
	Key   string
	Value any
}

// Source is what all records of a request come from.
type Source struct {
	Attributes     []Attribute // of the resource
	Scope, Version string      // of the program
}

// The messages of the protocol, with the names and the forms that its JSON encoding has: 64-bit numbers are texts, and
// enums are numbers.
type (
	exportRequest struct {
		ResourceLogs []resourceLogs `json:"resourceLogs"`
	}
	resourceLogs struct {
		Resource  resource    `json:"resource"`
		ScopeLogs []scopeLogs `json:"scopeLogs"`
	}
	resource struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeLogs struct {
		Scope      scope       `json:"scope"`
		LogRecords []logRecord `json:"logRecords"`
	}
	scope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	logRecord struct {
		TimeUnixNano   string     `json:"timeUnixNano"`
		SeverityNumber Severity   `json:"severityNumber"`
		SeverityText   string     `json:"severityText,omitempty"`
		EventName      string     `json:"eventName,omitempty"`
		Body           anyValue   `json:"body"`
		Attributes     []keyValue `json:"attributes"`
	}
	keyValue struct {
		Key   string   `json:"key"`
		Value anyValue `json:"value"`
	}
	anyValue struct {
		StringValue *string     `json:"stringValue,omitempty"`
		IntValue    *string     `json:"intValue,omitempty"`
		ArrayValue  *arrayValue `json:"arrayValue,omitempty"`
	}
	arrayValue struct {
		Values []anyValue `json:"values"`
	}
)

// Encode gives the body of a request with these records.
func Encode(from Source, records []Record) ([]byte, error) {
	logs := make([]logRecord, len(records))
	for i, r := range records {
		logs[i] = logRecord{
			nanoseconds(r.Time), r.Severity, r.Text, r.Event, text(r.Body), attributes(r.Attributes),
		}
	}
	return json.Marshal(exportRequest{[]resourceLogs{{
		resource{attributes(from.Attributes)},
		[]scopeLogs{{scope{from.Scope, from.Version}, logs}},
	}}})
}

// nanoseconds gives a time as the protocol has it: since 1970, and 0 for one that isn't known or can't be told so.
func nanoseconds(t time.Time) string {
	if t.Year() < 1970 || t.Year() > 2261 {
		return "0"
	}
	return strconv.FormatInt(t.UnixNano(), 10)
}

func attributes(list []Attribute) []keyValue {
	all := make([]keyValue, len(list))
	for i, a := range list {
		all[i].Key = a.Key
		switch v := a.Value.(type) {
		case string:
			all[i].Value = text(v)
		case int64:
			n := strconv.FormatInt(v, 10)
			all[i].Value = anyValue{IntValue: &n}
		case []string:
			values := make([]anyValue, len(v))
			for j, s := range v {
				values[j] = text(s)
			}
			all[i].Value = anyValue{ArrayValue: &arrayValue{values}}
		}
	}
	return all
}

func text(s string) anyValue { return anyValue{StringValue: &s} }
