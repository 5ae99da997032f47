module countersign/journal/otlp/oracle

go 1.26.0

replace countersign => ../../..

require (
	countersign v0.0.0
	go.opentelemetry.io/proto/otlp v1.11.1
	google.golang.org/protobuf v1.36.12
)
