// Command podsecurity holds the pods of rendered objects against the Pod Security Standard "restricted", with the API server's own
// rules.
//
//	helm template … | go run ./podsecurity
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	n, err := check(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "podsecurity:", err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stdout, "%d kinds of pods, all restricted\n", n)
}

func check(r io.Reader) (pods int, err error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return 0, err
	}
	documents := yaml.NewYAMLReader(bufio.NewReader(r))
	var wrong []error
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return pods, errors.Join(wrong...)
		}
		if err != nil {
			return pods, err
		}
		name, spec, err := podOf(document)
		if err != nil {
			return pods, err
		}
		if spec == nil {
			continue
		}
		pods++
		results := evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &metav1.ObjectMeta{}, spec)
		if sum := policy.AggregateCheckResults(results); !sum.Allowed {
			wrong = append(wrong, fmt.Errorf("%s: %s", name, sum.ForbiddenDetail()))
		}
	}
}

// podOf is the pod that an object makes, nil where it makes none.
func podOf(document []byte) (name string, spec *corev1.PodSpec, err error) {
	var kind struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return "", nil, err
	}
	name = kind.Kind + " " + kind.Metadata.Name
	decode := func(into any, found *corev1.PodSpec) (string, *corev1.PodSpec, error) {
		return name, found, yaml.NewYAMLOrJSONDecoder(bytes.NewReader(document), len(document)).Decode(into)
	}
	switch kind.Kind {
	case "Pod":
		var o corev1.Pod
		return decode(&o, &o.Spec)
	case "Deployment":
		var o appsv1.Deployment
		return decode(&o, &o.Spec.Template.Spec)
	case "StatefulSet":
		var o appsv1.StatefulSet
		return decode(&o, &o.Spec.Template.Spec)
	case "Job":
		var o batchv1.Job
		return decode(&o, &o.Spec.Template.Spec)
	}
	return name, nil, nil
}
