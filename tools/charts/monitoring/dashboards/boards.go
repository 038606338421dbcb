package main

func overview() dashboard {
	return board("overview", "overview", "Traffic, errors, latency and saturation of every service and operation.",
		row{"Services", []panel{
			draw("Pods that are ready", "none", "As /readyz last answered. BitacoraAway fires when a service has none.", `sum by (job) (bitacora_readyALL)`, "{{job}}"),
			draw("Pods that answer Prometheus", "none", "More than are ready: some run and are sent nothing.", `sum by (job) (upALL)`, "{{job}}"),
			draw("Requests", "reqps", "", `sum by (service) (rate(bitacora_http_requests_totalALL[$__rate_interval]))`, "{{service}}"),
			draw("Failed requests", "percentunit", "Answers 5xx, but for what a client waits for (min_as_of) and has not come. BitacoraErrors fires above 1 %.",
				`sum by (service) (rate(bitacora_http_requests_total{ONLY,outcome="failed"}[$__rate_interval])) / sum by (service) (rate(bitacora_http_requests_totalALL[$__rate_interval]))`, "{{service}}"),
			quantiles("Time of a request", "BitacoraSlow fires above a second.", `bitacora_http_request_duration_seconds_bucketALL`, "service", "{{service}}"),
		}},
		row{"Operations", []panel{
			draw("Requests by operation", "reqps", "", `sum by (service, operation) (rate(bitacora_http_requests_totalALL[$__rate_interval]))`, "{{operation}}"),
			draw("Failed and refused by operation", "reqps", "failed: the service could not; refused: it would not; awaited: what was to be seen has not come.",
				`sum by (service, operation, outcome, status) (rate(bitacora_http_requests_total{ONLY,outcome!="done"}[$__rate_interval]))`, "{{operation}} {{outcome}} {{status}}"),
			draw("Time of the slowest of a hundred, by operation", "s", "",
				`histogram_quantile(0.99, sum by (service, operation, le) (rate(bitacora_http_request_duration_seconds_bucketALL[$__rate_interval])))`, "{{operation}}"),
		}},
		row{"Saturation", []panel{
			draw("Requests under way, of those allowed", "percentunit", "Above 100 % requests are answered 503. BitacoraSaturated fires above 80 %.",
				`bitacora_http_requests_in_flightALL / bitacora_http_requests_in_flight_limitALL`, "{{service}} {{pod}}"),
			draw("Requests that wait", "none", "For their body, for a reference or for min_as_of. They hold no place of those under way; four times as many as those may be there in all.",
				`bitacora_http_requests_waitingALL`, "{{service}} {{pod}}"),
			draw("CPU", "none", "Cores in use.", `rate(process_cpu_seconds_totalALL[$__rate_interval])`, "{{pod}}"),
			draw("Memory", "bytes", "", `process_resident_memory_bytesALL`, "{{pod}}"),
			draw("Goroutines", "none", "", `go_goroutinesALL`, "{{pod}}"),
		}},
		row{"Who asks", []panel{
			draw("Tokens", "reqps", "BitacoraTokensRefused fires when more than 20 % are invalid or cannot be verified.", `sum by (job, outcome) (rate(bitacora_auth_tokens_totalALL[$__rate_interval]))`, "{{job}} {{outcome}}"),
			draw("Grants that cannot be read", "reqps", "In tokens that are believed: a mapper of the provider writes what is no grant.", `sum by (job) (rate(bitacora_auth_grants_ignored_totalALL[$__rate_interval]))`, "{{job}}"),
		}},
		row{"Console", []panel{
			draw("Sessions", "none", "In the store, counted up to 10,000, once a minute.", `max by (job) (bitacora_console_sessionsALL)`, "{{job}}"),
			draw("Sign-ins by how they end", "reqps", "denied is whoever was to sign in; BitacoraSignInsFail fires when more than 20 % are refused, lost or unavailable.",
				`sum by (outcome) (rate(bitacora_console_sign_ins_totalALL[$__rate_interval]))`, "{{outcome}}"),
			draw("Renewals of tokens by how they end", "reqps", "unavailable: the provider does not answer; sessions go on while the last token is in force.",
				`sum by (outcome) (rate(bitacora_console_renewals_totalALL[$__rate_interval]))`, "{{outcome}}"),
			draw("Requests to services that bring nothing", "reqps", "failed: the service answered 5xx; unreachable: it did not answer.",
				`sum by (to, outcome) (rate(bitacora_console_service_requests_total{ONLY,outcome=~"failed|unreachable"}[$__rate_interval]))`, "{{to}} {{outcome}}"),
		}},
	)
}

func events() dashboard {
	return board("events", "events", "What was committed on its way to the topics, to other services and into the figures.",
		row{"Outbox and relay", []panel{
			draw("Documents with unpublished events", "none", "", `max by (service) (bitacora_outbox_documentsALL)`, "{{service}}"),
			draw("Age of the oldest unpublished event", "s", "BitacoraOutboxLate fires above five minutes.", `max by (service) (bitacora_outbox_oldest_secondsALL)`, "{{service}}"),
			draw("Events published and set aside", "cps", "", `sum by (topic, outcome) (rate(bitacora_relay_events_totalALL[$__rate_interval]))`, "{{topic}} {{outcome}}"),
			draw("Rounds that met an unavailable store or broker", "cps", "", `sum by (service) (rate(bitacora_relay_unavailable_totalALL[$__rate_interval]))`, "{{service}}"),
		}},
		row{"Broker", []panel{
			draw("Records acknowledged", "cps", "", `sum by (topic) (rate(bitacora_bus_published_totalALL[$__rate_interval]))`, "{{topic}}"),
			draw("Records not acknowledged", "cps", "", `sum by (topic, outcome) (rate(bitacora_bus_publish_errors_totalALL[$__rate_interval]))`, "{{topic}} {{outcome}}"),
			draw("Records fetched", "cps", "Repeats included.", `sum by (group) (rate(bitacora_bus_fetched_totalALL[$__rate_interval]))`, "{{group}}"),
			draw("Time since the broker answered", "s", "BitacoraBrokerAway fires above three minutes.", `max by (consumer) (bitacora_consumer_alive_age_secondsALL)`, "{{consumer}}"),
		}},
		row{"Consumers", []panel{
			draw("Records not yet handled", "none", "", `max by (consumer, topic) (bitacora_consumer_lag_recordsALL)`, "{{consumer}} {{topic}}"),
			draw("How far behind", "s", "BitacoraConsumerLate fires above five minutes.", `max by (consumer) (bitacora_consumer_lag_secondsALL)`, "{{consumer}}"),
			draw("Events by outcome", "cps", "", `sum by (consumer, outcome) (rate(bitacora_consumer_events_totalALL[$__rate_interval]))`, "{{consumer}} {{outcome}}"),
			draw("Tries that met an unavailable store or broker", "cps", "", `sum by (consumer) (rate(bitacora_consumer_unavailable_totalALL[$__rate_interval]))`, "{{consumer}}"),
		}},
		row{"What is left", []panel{
			draw("Dead letters", "none", "Counted up to 1,000. BitacoraDeadLetters fires above 0.", `max by (consumer) (bitacora_dead_lettersALL)`, "{{consumer}}"),
			draw("Figures: age of the oldest change not included", "s", "BitacoraFiguresLate fires above five minutes.", `max by (projection) (bitacora_figures_late_secondsALL)`, "{{projection}}"),
			draw("Figures: age of as_of", "s", "Grows while nothing happens, which is no fault.", `time() - max by (projection) (bitacora_figures_as_of_timestamp_secondsALL)`, "{{projection}}"),
			draw("Figures: units that a check had to put right", "none", "Anything above 0 is a defect, to be reported. BitacoraFiguresMended fires when it grows.", `sum by (service) (bitacora_figures_mended_totalALL)`, "{{service}}"),
		}},
	)
}

func store() dashboard {
	return board("store", "store", "The calls to MongoDB or SQLite as the services see them.",
		row{"Calls", []panel{
			draw("Calls", "ops", "", `sum by (service, call) (rate(bitacora_store_call_duration_seconds_countALL[$__rate_interval]))`, "{{service}} {{call}}"),
			quantiles("Time of a call", "Streams, which go through whole collections, left out. BitacoraStoreSlow fires above half a second.",
				`bitacora_store_call_duration_seconds_bucket{ONLY,call!="stream"}`, "service", "{{service}}"),
			draw("Calls that fail", "percentunit", "BitacoraStoreFails fires above 5 %.",
				`sum by (service) (rate(bitacora_store_call_failures_total{ONLY,outcome=~"unavailable|failed"}[$__rate_interval])) / sum by (service) (rate(bitacora_store_call_duration_seconds_countALL[$__rate_interval]))`, "{{service}}"),
			draw("Calls under way", "none", "", `sum by (service) (bitacora_store_calls_in_flightALL)`, "{{service}}"),
		}},
		row{"By kind and collection", []panel{
			draw("Slowest of a hundred, by kind of call", "s", "", `histogram_quantile(0.99, sum by (service, call, le) (rate(bitacora_store_call_duration_seconds_bucketALL[$__rate_interval])))`, "{{service}} {{call}}"),
			draw("Slowest of a hundred, by collection", "s", "", `histogram_quantile(0.99, sum by (service, collection, le) (rate(bitacora_store_call_duration_seconds_bucket{ONLY,call!="stream"}[$__rate_interval])))`, "{{service}} {{collection}}"),
			draw("What does not go well, by outcome", "ops", "Refused: a condition did not hold, such as a version that has moved on; that is how conflicts show.",
				`sum by (service, collection, outcome) (rate(bitacora_store_call_failures_totalALL[$__rate_interval]))`, "{{service}} {{collection}} {{outcome}}"),
			draw("MongoDB: transactions run again", "ops", "After a conflict or a lost primary.", `sum by (job) (rate(bitacora_mongodb_transactions_retried_totalALL[$__rate_interval]))`, "{{job}}"),
		}},
	)
}
