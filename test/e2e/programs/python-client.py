"""What people do with the official Python client, as one program: prints a line for each step, for a test to compare.

    python-client.py KUBECONFIG NAMESPACE
"""

import sys

from kubernetes import client, config, watch
from kubernetes.dynamic import DynamicClient

config.load_kube_config(sys.argv[1])
namespace = sys.argv[2]
core = client.CoreV1Api()
apps = client.AppsV1Api()

# Typed objects, there and back.
settings = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="settings", labels={"app": "web"}), data={"a": "1"})
core.create_namespaced_config_map(namespace, settings)
listed = core.list_namespaced_config_map(namespace, label_selector="app=web")
print("listed", [item.metadata.name for item in listed.items], listed.items[0].metadata.creation_timestamp.utcoffset())

# A patch, seen by a watch that began before it.
core.patch_namespaced_config_map("settings", namespace, {"data": {"b": "2"}})
revision = listed.metadata.resource_version
stream = watch.Watch()
for event in stream.stream(
    core.list_namespaced_config_map,
    namespace,
    label_selector="app=web",
    resource_version=revision,
    timeout_seconds=10,
):
    print("watched", event["type"], sorted(event["object"].data.items()))
    stream.stop()

# A workload with nested types, its scale, and its status.
container = client.V1Container(name="main", image="test.local/web:1", ports=[client.V1ContainerPort(container_port=80)])
template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels={"app": "web"}), spec=client.V1PodSpec(containers=[container])
)
spec = client.V1DeploymentSpec(
    replicas=1, selector=client.V1LabelSelector(match_labels={"app": "web"}), template=template
)
apps.create_namespaced_deployment(
    namespace, client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec)
)
apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 3}})
scale = apps.read_namespaced_deployment_scale("web", namespace)
print("scaled", scale.spec.replicas, scale.status.selector)

# Without generated types: by discovery.
dynamic = DynamicClient(client.ApiClient())
deployments = dynamic.resources.get(api_version="apps/v1", kind="Deployment")
found = deployments.get(name="web", namespace=namespace)
print("discovered", found.spec.template.spec.containers[0].image, found.spec.strategy.type)

# Refusals come as exceptions with a Status.
try:
    core.create_namespaced_config_map(namespace, settings)
except client.ApiException as refused:
    print("refused", refused.status, refused.reason)

core.delete_collection_namespaced_config_map(namespace, label_selector="app=web")
print("left", [item.metadata.name for item in core.list_namespaced_config_map(namespace, label_selector="app=web").items])
