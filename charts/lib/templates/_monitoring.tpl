{{- define "lib.monitored" -}}
{{- $labels := .Values.global.monitoring.labels -}}
name: {{ include "lib.name" . }}
namespace: {{ .Release.Namespace | quote }}
labels: {{- include "lib.labelsBeside" (list . $labels) | nindent 2 }}
{{- end }}

{{- define "lib.servicemonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{- include "lib.monitored" . | nindent 2 }}
spec:
  selector:
    matchLabels: {{- include "lib.selector" . | nindent 6 }}
  endpoints:
    # The label `service` is the program's own.
    - {port: http, path: /metrics, interval: {{ .Values.global.monitoring.interval }}, honorLabels: true}
{{- end }}

{{/* What fires, each with its runbook in deploy/runbooks and its test in tools/charts/monitoring. ALL stands for the selector of the
     release's own series, ONLY for its inside where more is to be asked. */}}
{{- define "lib.prometheusrule" -}}
{{- $kind := include "lib.kind" . -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {{- include "lib.monitored" . | nindent 2 }}
spec:
  groups:
    - name: {{ include "lib.name" . }}
      rules:
        {{- include "lib.alert" (list . "BitacoraAway" "critical" "5m" "absent(bitacora_readyALL == 1)"
              "no pod is ready") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraErrors" "critical" "5m" "sum by (service) (rate(bitacora_http_requests_total{ONLY,outcome=\"failed\"}[5m])) / sum by (service) (rate(bitacora_http_requests_totalALL[5m])) > 0.01"
              "more than 1 % of the requests fail") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraSlow" "warning" "10m" "histogram_quantile(0.99, sum by (service, le) (rate(bitacora_http_request_duration_seconds_bucket{ONLY,operation!~\"(unit|asset)[.]import\"}[5m]))) > 1"
              "one request of a hundred takes more than a second") | nindent 8 }}
        {{- if ne $kind "console" }}
        {{- include "lib.alert" (list . "BitacoraSaturated" "warning" "5m" "max by (service) (bitacora_http_requests_in_flightALL / bitacora_http_requests_in_flight_limitALL) > 0.8"
              "a pod is near the number of requests that it takes at once") | nindent 8 }}
        {{- end }}
        {{- include "lib.alert" (list . "BitacoraStoreFails" "critical" "5m" "sum by (service) (rate(bitacora_store_call_failures_total{ONLY,outcome=~\"unavailable|failed\"}[5m])) / sum by (service) (rate(bitacora_store_call_duration_seconds_countALL[5m])) > 0.05"
              "more than 5 % of the calls to the store fail") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraStoreSlow" "warning" "10m" "histogram_quantile(0.99, sum by (service, le) (rate(bitacora_store_call_duration_seconds_bucket{ONLY,call!=\"stream\"}[5m]))) > 0.5"
              "one call to the store of a hundred takes more than half a second") | nindent 8 }}
        {{- if ne $kind "console" }}
        {{- include "lib.alert" (list . "BitacoraBrokerAway" "critical" "2m" "max by (consumer) (bitacora_consumer_alive_age_secondsALL) > 180"
              "the broker has not answered a consumer for three minutes") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraConsumerLate" "warning" "10m" "max by (consumer) (bitacora_consumer_lag_secondsALL) > 300"
              "a consumer is more than five minutes behind") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraDeadLetters" "warning" "5m" "max by (consumer) (bitacora_dead_lettersALL) > 0"
              "events have been set aside") | nindent 8 }}
        {{- end }}
        {{- if not (has .Chart.Name (list "status" "people" "console")) }}
        {{- include "lib.alert" (list . "BitacoraOutboxLate" "critical" "5m" "max by (service) (bitacora_outbox_oldest_secondsALL) > 300"
              "events have waited for five minutes to be published") | nindent 8 }}
        {{- end }}
        {{- if has .Chart.Name (list "status" "single") }}
        {{- include "lib.alert" (list . "BitacoraFiguresLate" "warning" "10m" "max by (projection) (bitacora_figures_late_secondsALL) > 300"
              "figures lack what was recorded more than five minutes ago") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraFiguresMended" "warning" "1m" "sum by (service) (increase(bitacora_figures_mended_totalALL[1h])) > 0"
              "figures of a unit were wrong, and have been counted anew") | nindent 8 }}
        {{- end }}
        {{- include "lib.alert" (list . "BitacoraTokensRefused" "warning" "15m" "sum(rate(bitacora_auth_tokens_total{ONLY,outcome=~\"invalid|unavailable\"}[10m])) / sum(rate(bitacora_auth_tokens_totalALL[10m])) > 0.2"
              "more than 20 % of the tokens are not believed") | nindent 8 }}
        {{- if or (eq $kind "console") (and (eq $kind "single") .Values.global.console.url) }}
        {{- include "lib.alert" (list . "BitacoraSignInsFail" "critical" "15m" "sum(rate(bitacora_console_sign_ins_total{ONLY,outcome=~\"refused|lost|unavailable\"}[10m])) / sum(rate(bitacora_console_sign_ins_totalALL[10m])) > 0.2"
              "more than 20 % of those who want to sign in cannot") | nindent 8 }}
        {{- end }}
        {{- if and .Values.autoscaling .Values.autoscaling.enabled }}
        {{- $hpa := printf "{namespace=%q,horizontalpodautoscaler=%q}" .Release.Namespace (include "lib.name" .) }}
        {{- include "lib.alert" (list . "BitacoraAtMost" "warning" "30m" (printf "kube_horizontalpodautoscaler_status_current_replicas%s >= kube_horizontalpodautoscaler_spec_max_replicas%s" $hpa $hpa)
              "there have been as many pods as there may be for half an hour") | nindent 8 }}
        {{- end }}
{{- end }}

{{/* lib.alert: (list $ name severity for expression summary) */}}
{{- define "lib.alert" -}}
{{- $ := index . 0 }}
{{- $only := printf "namespace=%q,job=%q" $.Release.Namespace (include "lib.name" $) -}}
- alert: {{ index . 1 }}
  for: {{ index . 3 }}
  expr: {{ index . 4 | replace "ALL" (printf "{%s}" $only) | replace "ONLY" $only | squote }}
  labels: {severity: {{ index . 2 }}, app: {{ $.Chart.Name }}, namespace: {{ $.Release.Namespace | quote }}}
  annotations:
    summary: {{ printf "%s: %s" (include "lib.name" $) (index . 5) | quote }}
    runbook_url: {{ printf "%s/%s.md" (trimSuffix "/" $.Values.global.monitoring.runbooks) (index . 1) | quote }}
{{- end }}

{{/* lib.dashboards: the files of dashboards/ as ConfigMaps that Grafana's sidecar finds. */}}
{{- define "lib.dashboards" -}}
{{- range $path, $content := .Files.Glob "dashboards/*.json" }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ printf "%s-%s-dashboard" $.Release.Name (trimSuffix ".json" (base $path)) }}
  namespace: {{ $.Release.Namespace | quote }}
  labels:
    {{- include "lib.labelsBeside" (list $ $.Values.global.monitoring.dashboardLabels) | nindent 4 }}
data:
  {{ base $path }}: |
    {{ $content | toString | fromJson | toJson }}
{{- end }}
{{- end }}
