{{- define "lib.monitored" -}}
{{- include "lib.meta" . }}
{{- with .Values.global.monitoring.labels }}
  {{- toYaml . | nindent 2 }}
{{- end }}
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

{{- define "lib.prometheusrule" -}}
{{- $of := printf `{namespace="%s",job="%s"}` .Release.Namespace (include "lib.name" .) -}}
{{- $failed := printf `{namespace="%s",job="%s",status=~"5.."}` .Release.Namespace (include "lib.name" .) -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {{- include "lib.monitored" . | nindent 2 }}
spec:
  groups:
    - name: {{ include "lib.name" . }}
      rules:
        {{- include "lib.alert" (list . "BitacoraAway" "critical" "5m" (printf "absent(up%s == 1)" $of) "no pod answers") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraErrors" "critical" "5m" (printf "sum(rate(bitacora_http_requests_total%s[5m])) / sum(rate(bitacora_http_requests_total%s[5m])) > 0.01" $failed $of) "more than 1 % of the requests fail") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraSlow" "warning" "10m" (printf "histogram_quantile(0.99, sum by (le) (rate(bitacora_http_request_duration_seconds_bucket%s[5m]))) > 1" $of) "one request of a hundred takes more than a second") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraDeadLetters" "warning" "5m" (printf "max by (consumer) (bitacora_consumer_dead_letters%s) > 0" $of) "a consumer has set events aside") | nindent 8 }}
        {{- include "lib.alert" (list . "BitacoraConsumerLate" "warning" "10m" (printf "max by (consumer) (bitacora_consumer_lag_seconds%s) > 300" $of) "a consumer is more than five minutes behind") | nindent 8 }}
        {{- if ne .Chart.Name "status" }}
        {{- include "lib.alert" (list . "BitacoraOutboxLate" "critical" "5m" (printf "max(bitacora_outbox_oldest_seconds%s) > 300" $of) "events have waited for five minutes to be published") | nindent 8 }}
        {{- end }}
{{- end }}

{{/* lib.alert: (list $ name severity for expression summary) */}}
{{- define "lib.alert" -}}
{{- $ := index . 0 }}
- alert: {{ index . 1 }}
  for: {{ index . 3 }}
  expr: {{ index . 4 | quote }}
  labels: {severity: {{ index . 2 }}, app: {{ $.Chart.Name }}}
  annotations:
    summary: {{ printf "%s: %s" (include "lib.name" $) (index . 5) | quote }}
    runbook_url: {{ printf "%s/%s.md" (trimSuffix "/" $.Values.global.monitoring.runbooks) (index . 1) | quote }}
{{- end }}
