{{/* Everything of a service on MongoDB and Kafka, and of the console. */}}
{{- define "lib.service" -}}
{{ include "lib.migrate" . }}
---
{{ include "lib.migrateEnd" . }}
---
{{ include "lib.serviceaccount" . }}
---
{{ include "lib.configmap" . }}
---
{{ include "lib.deployment" . }}
---
{{ include "lib.k8sservice" . }}
{{- if .Values.autoscaling.enabled }}
---
{{ include "lib.hpa" . }}
{{- end }}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) }}
---
{{ include "lib.pdb" . }}
{{- end }}
{{- if .Values.global.networkPolicy.enabled }}
---
{{ include "lib.migratepolicy" . }}
{{- end }}
{{- include "lib.edge" . }}
{{- end }}

{{/* Everything of the single binary. */}}
{{- define "lib.single" -}}
{{ include "lib.serviceaccount" . }}
---
{{ include "lib.configmap" . }}
---
{{ include "lib.statefulset" . }}
---
{{ include "lib.k8sservice" . }}
{{- include "lib.edge" . }}
{{- end }}

{{/* How it is reached and watched, where that is wanted. */}}
{{- define "lib.edge" -}}
{{- if .Values.global.networkPolicy.enabled }}
---
{{ include "lib.networkpolicy" . }}
{{- end }}
{{- if .Values.global.ingress.enabled }}
---
{{ include "lib.ingress" . }}
{{- end }}
{{- if .Values.global.httpRoute.enabled }}
---
{{ include "lib.httproute" . }}
{{- end }}
{{- if .Values.global.monitoring.serviceMonitor }}
---
{{ include "lib.servicemonitor" . }}
{{- end }}
{{- if .Values.global.monitoring.rules }}
---
{{ include "lib.prometheusrule" . }}
{{- end }}
{{- end }}
